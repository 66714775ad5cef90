# SPDX-License-Identifier: Apache-2.0
"""Servers and upstreams that tests share. The search for secrets runs after all other tests."""
import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tollgate
from exact_clients import ExactUpstream, start_metered
from tollgate import Tollgate, secret
from upstreams import CREDENTIAL, Aimock, Upstream


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: runs after every other test")
    shutil.rmtree(tollgate.RUN_FOLDER, ignore_errors=True)
    tollgate.RUN_FOLDER.mkdir(parents=True)
    tollgate.MORE_SECRETS.unlink(missing_ok=True)
    if not tollgate.BINARY.exists():
        sys.exit(f"There is no {tollgate.BINARY}: run ./test, or ./dev build test first.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def aimock() -> Iterator[Aimock]:
    server = Aimock()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def server(aimock: Aimock) -> Iterator[Tollgate]:
    """Two workers, aimock as its provider."""
    with Tollgate("aimock") as tollgate_server:
        tollgate_server.init()
        tollgate_server.start()
        tollgate_server.added = tollgate_server.add_provider("upstream", aimock.url, CREDENTIAL)
        yield tollgate_server


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    misbehaving = Upstream()
    yield misbehaving
    misbehaving.stop()


@pytest.fixture(scope="module")
def rough(upstream: Upstream) -> Iterator[Tollgate]:
    """Two workers, the misbehaving upstream as its provider, and little patience."""
    flags = ("--upstream-timeout-ms", "2000", "--upstream-connect-timeout-ms", "1000",
             "--body-bytes-max", "100000")
    with Tollgate("rough", flags=flags) as tollgate_server:
        tollgate_server.init()
        tollgate_server.start()
        tollgate_server.add_provider("upstream", upstream.url, CREDENTIAL)
        yield tollgate_server


def name_of(request: pytest.FixtureRequest) -> str:
    return request.module.__name__.removeprefix("test_")


@pytest.fixture(scope="module")
def running(upstream: Upstream, request: pytest.FixtureRequest) -> Iterator[Tollgate]:
    """A server as `init` and `serve` make it, the misbehaving upstream as its provider."""
    with Tollgate(f"{name_of(request)}-running") as tollgate_server:
        tollgate_server.init().start()
        tollgate_server.add_provider("upstream", upstream.url, CREDENTIAL)
        yield tollgate_server


@pytest.fixture
def stopped(request: pytest.FixtureRequest) -> Tollgate:
    """A data folder on which no server runs, another one for each test."""
    return Tollgate(f"{name_of(request)}-stopped").init()


@pytest.fixture(params=["running", "stopped", "elsewhere"])
def run(request: pytest.FixtureRequest, running: Tollgate) -> Callable[..., Any]:
    """A command's answer: on a running server's folder, on one without a server, and from afar."""
    if request.param != "elsewhere":
        return request.getfixturevalue(request.param).json
    afar = {"TOLLGATE_URL": running.url,
            "TOLLGATE_ADMIN_KEY": running.create_key("from afar", "admin")["key"]}
    return functools.partial(running.json_afar, afar)


@pytest.fixture(scope="session")
def exact() -> Iterator[ExactUpstream]:
    with ExactUpstream() as process:
        yield process


@pytest.fixture(scope="module")
def metered(exact: ExactUpstream, request: pytest.FixtureRequest) -> Iterator[Tollgate]:
    """Two workers, and the upstream whose every token is known; its books must agree at the end."""
    with Tollgate(name_of(request)) as tollgate_server:
        yield start_metered(tollgate_server, exact)
        tollgate_server.verify()


@pytest.fixture
def project_key(server: Tollgate, request: pytest.FixtureRequest) -> dict[str, str]:
    return server.create_key(request.node.name[:60])


@pytest.fixture(scope="session")
def test_key(server: Tollgate) -> dict[str, str]:
    return server.create_key("the sandbox", "test")


@pytest.fixture(params=["upstream", "sandbox"])
def any_key(request: pytest.FixtureRequest, server: Tollgate) -> str:
    """A project key, whose calls reach aimock, and a test key, whose calls reach the sandbox."""
    kind = "project" if request.param == "upstream" else "test"
    return server.create_key(request.node.name[:60], kind)["key"]


# What pytest itself would show of a failure must not hold a real machine's credentials either.
for name in ("OPENAI_API_KEY", "OPENAI_API_BASE", "OPENAI_BASE_URL"):
    if name in os.environ:
        secret(os.environ.pop(name))
