# SPDX-License-Identifier: Apache-2.0
"""A provider's list of models read again, its credential replaced, its address changed: while
calls run, and never a worse one in the place of a good one."""
from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from test_browser import run_in_browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Answer, Tollgate, secret, wait_for
from upstreams import CREDENTIAL, Aimock, Upstream, free_port

OTHER_CREDENTIAL = secret("sk-upstream-8c41e6b7d2f94a03a9be")


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    provider = Upstream(["gpt-4.1-mini", "gpt-4.1", "gpt-4o-mini"])
    yield provider
    provider.stop()


@pytest.fixture
def server(upstream: Upstream) -> Iterator[Tollgate]:
    with Tollgate("providers-update") as running:
        running.init().start()
        running.add_provider("listed", upstream.url, CREDENTIAL)
        yield running


def update(server: Tollgate, *flags: str, credential: str = "") -> Any:
    """What the command says, or what is wrong, as JSON."""
    environment = {"UPSTREAM_CREDENTIAL": credential} if credential else {}
    named = ("--credential-env", "UPSTREAM_CREDENTIAL") if credential else ()
    done = server.run("providers", "update", "listed", *flags, *named, "--json",
                      environment=environment)
    assert (done.returncode == 0) == bool(done.stdout), done
    return json.loads(done.stdout or done.stderr)


def sent_credentials(upstream: Upstream) -> list[str]:
    return [call["headers"]["Authorization"].removeprefix("Bearer ") for call in upstream.calls]


def test_a_new_model_is_served_once_the_list_is_read_again(server: Tollgate,
                                                           upstream: Upstream) -> None:
    key = server.create_key()["key"]

    def served() -> str:
        return server.chat(key, "plain", model="gpt-4.1-nano").json["model"]
    assert served() == "gpt-4.1-mini", "its successor"
    upstream.models = [*upstream.models, "gpt-4.1-nano"]
    updated = update(server)
    assert updated["listed_models"] == 4 and "gpt-4.1-nano" in updated["models"]
    assert served() == "gpt-4.1-nano"
    upstream.models = ["gpt-4.1-nano"]
    assert update(server)["models"] == ["gpt-4.1-nano"]
    [entry, _] = [each for each in server.json("audit", "list", "--limit", "20")["data"]
                  if each["type"] == "tollgate.provider.updated"]
    assert entry["tollgate.provider.updated"]["changes_requested"] == {"listed_models": 1}


def test_another_credential_is_sent_from_then_on_while_calls_go_on(server: Tollgate,
                                                                   upstream: Upstream) -> None:
    key = server.create_key()["key"]
    answers: list[Answer] = []
    held = threading.Thread(target=lambda: answers.append(server.chat(key, "hold")))
    held.start()
    wait_for(lambda: len(upstream.calls) == 1, 10, "the call at the provider")
    assert update(server, credential=OTHER_CREDENTIAL)["has_credential"] is True
    assert server.chat(key, "plain").status == 200
    upstream.release.set()
    held.join()
    assert answers[0].status == 200
    assert sent_credentials(upstream) == [CREDENTIAL, OTHER_CREDENTIAL]
    told = server.run("audit", "list", "--limit", "20", "--json").stdout
    assert '"replaced"' in told and OTHER_CREDENTIAL not in told
    assert OTHER_CREDENTIAL not in server.run("providers", "list", "--json").stdout


def test_it_holds_after_a_restart(server: Tollgate, upstream: Upstream) -> None:
    key = server.create_key()["key"]
    update(server, credential=OTHER_CREDENTIAL)
    assert server.stop() == 0
    server.start()
    assert server.chat(key, "plain").status == 200
    assert sent_credentials(upstream) == [OTHER_CREDENTIAL]


def test_a_credential_that_is_refused_changes_nothing() -> None:
    provider = Aimock()
    try:
        with Tollgate("providers-refused") as server:
            server.init().start()
            server.add_provider("listed", provider.url, CREDENTIAL)
            wrong = update(server, credential=OTHER_CREDENTIAL)["error"]
            assert wrong["param"] == "credential" and "Nothing was changed" in wrong["message"]
            assert "refused the credential" in wrong["message"]
            assert server.chat(server.create_key()["key"], "Hello").status == 200
    finally:
        provider.stop()


def test_who_cannot_be_reached_is_changed_only_unasked(server: Tollgate,
                                                       upstream: Upstream) -> None:
    elsewhere = f"http://127.0.0.1:{free_port()}/v1"
    wrong = update(server, "--base-url", elsewhere, credential=OTHER_CREDENTIAL)["error"]
    assert "could not be reached" in wrong["message"] and "--no-fetch" in wrong["message"]
    assert server.json("providers", "list")["data"][-1]["base_url"] == upstream.url
    moved = update(server, "--base-url", elsewhere, "--no-fetch", credential=OTHER_CREDENTIAL)
    assert (moved["base_url"], moved["listed_models"]) == (elsewhere, 3)


def test_a_credential_is_not_sent_to_an_address_that_it_was_not_given_for(
        server: Tollgate, upstream: Upstream) -> None:
    other = Upstream()
    try:
        wrong = update(server, "--base-url", other.url)["error"]
        assert "another address" in wrong["message"]
        assert other.requests == []
        assert update(server, "--base-url", upstream.url)["base_url"] == upstream.url
        moved = update(server, "--base-url", other.url, credential=OTHER_CREDENTIAL)
        assert moved["base_url"] == other.url
        assert CREDENTIAL not in json.dumps([each["headers"] for each in other.requests])
    finally:
        other.stop()


@pytest.mark.parametrize("flags, credential, what", [
    (("--base-url", "ftp://elsewhere"), OTHER_CREDENTIAL, "http or https"),
    ((), "sk-...abcd", "masked"), ((), "sk-tg-mine", "Tollgate's own")])
def test_what_cannot_be_meant_is_refused(server: Tollgate, flags: tuple[str, ...], credential: str,
                                         what: str) -> None:
    assert what in update(server, *flags, credential=credential)["error"]["message"]


def test_whom_nobody_knows_cannot_be_updated(server: Tollgate) -> None:
    done = server.run("providers", "update", "nobody")
    assert done.returncode == 1 and "'nobody'" in done.stderr
    unset = server.run("providers", "update", "listed", "--credential-env", "NOT_SET")
    assert unset.returncode == 2 and "NOT_SET" in unset.stderr
    readable = server.run("providers", "update", "listed")
    assert readable.returncode == 0 and readable.stdout.startswith("Updated listed (http://")


def test_in_a_browser(server: Tollgate, upstream: Upstream) -> None:
    upstream.models = [*upstream.models, "gpt-4.1-nano"]
    run_in_browser(server, "providers.test.mjs", {
        "TOLLGATE_EMAIL": OWNER_EMAIL, "TOLLGATE_PASSWORD": OWNER_PASSWORD,
        "TOLLGATE_ELSEWHERE": f"http://127.0.0.1:{free_port()}/v1",
        "TOLLGATE_CREDENTIAL": OTHER_CREDENTIAL}, answers_least=10)
    assert server.chat(server.create_key()["key"], "plain").status == 200
    assert sent_credentials(upstream) == [OTHER_CREDENTIAL]
