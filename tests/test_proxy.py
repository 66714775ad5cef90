# SPDX-License-Identifier: Apache-2.0
"""Providers behind a proxy: by CONNECT, verified through the tunnel, as curl's environment says."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from certificates import make_certificate
from connect_proxy import ConnectProxy
from test_tls import serve
from tollgate import Tollgate, chat_body, new_folder, secret
from upstreams import Upstream

NAME = "provider.example"  # which no resolver knows
PASSWORD = secret("p%40ss-5c1b7e")
DECODED = secret("p@ss-5c1b7e")


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[pathlib.Path, int]]:
    """Its certificate's file and its port."""
    certificate, key = make_certificate(new_folder("proxied-upstream"), f"DNS:{NAME},DNS:localhost")
    server = serve(certificate, key)
    yield certificate, server.server_address[1]
    server.shutdown()


def call(provider: tuple[pathlib.Path, int], environment: dict[str, str] = {},
         flags: tuple[str, ...] = (), host: str = NAME, patience_ms: int = 5000) -> tuple[int, str]:
    certificate, port = provider
    flags = ("--upstream-ca-file", str(certificate), "--upstream-connect-timeout-ms",
             str(patience_ms), *flags)
    server = Tollgate("proxied", environment=environment, flags=flags)
    inherited = [name for name in server.environment if name.lower().endswith("_proxy")]
    for name in inherited:
        if name not in environment:
            del server.environment[name]
    with server.init().start():
        server.add_provider("proxied", f"https://{host}:{port}/v1",
                            "sk-upstream-proxied")
        answer = server.post("/v1/chat/completions", chat_body("hello"), server.create_key()["key"])
        return answer.status, answer.body.decode()


def asked(port: int, host: str = NAME) -> str:
    return f"{host}:{port}"


@pytest.mark.parametrize("how", ["setting", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_provider_is_reached_through_the_proxy(
        provider: tuple[pathlib.Path, int], how: str) -> None:
    with ConnectProxy() as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        variable = "TOLLGATE_UPSTREAM_PROXY" if how == "setting" else how
        status, body = call(provider, {variable: url})
        assert status == 200 and "over TLS" in body
        # Once for its models, whose list is asked for with the system's roots; then for the call.
        assert proxy.asked == [asked(provider[1])] * 2


def test_its_certificate_is_verified_through_the_tunnel(
        provider: tuple[pathlib.Path, int]) -> None:
    with ConnectProxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        status, _ = call(provider, environment, host="another.example")
        assert status == 502, "a certificate for another host was trusted"
        assert asked(provider[1], "another.example") in proxy.asked


def test_the_proxy_may_want_a_password(provider: tuple[pathlib.Path, int]) -> None:
    with ConnectProxy(credentials=f"me:{DECODED}") as proxy:
        at = f"127.0.0.1:{proxy.port}"
        assert call(provider, {"HTTPS_PROXY": f"http://me:{PASSWORD}@{at}"})[0] == 200
        for wrong in (f"http://{at}", f"http://me:other@{at}"):
            assert call(provider, {"HTTPS_PROXY": wrong})[0] == 502


def test_no_proxy_names_who_is_reached_without_it(provider: tuple[pathlib.Path, int]) -> None:
    with ConnectProxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        for value in ("localhost", "*", "other, .localhost"):
            assert call(provider, {**environment, "NO_PROXY": value}, host="localhost")[0] == 200
        assert call(provider, environment, ("--upstream-proxy", "direct"), "localhost")[0] == 200
        assert proxy.asked == []
        environment["NO_PROXY"] = "host,127.0.0.1"
        assert call(provider, environment, host="localhost")[0] == 200
        assert proxy.asked == [asked(provider[1], "localhost")] * 2


@pytest.mark.parametrize("says", [
    b"HTTP/1.1 403 Forbidden\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"SSH-2.0-x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n", b"x" * 20_000])
def test_what_the_proxy_does_not_connect_is_not_reached(
        provider: tuple[pathlib.Path, int], says: bytes) -> None:
    with ConnectProxy(says=says) as proxy:
        assert call(provider, {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})[0] == 502
        assert len(proxy.asked) == 2


def test_a_silent_proxy_is_waited_for_no_longer_than_a_provider(
        provider: tuple[pathlib.Path, int]) -> None:
    with ConnectProxy() as proxy:
        proxy.silent = True
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        assert call(provider, environment, patience_ms=300)[0] in (502, 504)


def test_no_address_is_reached_through_it_that_no_provider_may_have(
        provider: tuple[pathlib.Path, int]) -> None:
    with ConnectProxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        assert call(provider, environment, host="169.254.169.254")[0] == 502
        assert proxy.asked == []


def test_plain_http_is_reached_without_it(upstream: Upstream) -> None:
    with ConnectProxy() as proxy:
        environment = {name: f"http://127.0.0.1:{proxy.port}"
                       for name in ("HTTPS_PROXY", "http_proxy", "ALL_PROXY")}
        with Tollgate("plain-upstream", environment=environment) as server:
            server.init().start()
            server.add_provider("upstream", upstream.url)
            assert server.chat(server.create_key()["key"], "plain").status == 200
        assert proxy.asked == []


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "http://a b:1"])
def test_a_proxy_that_cannot_be_used_is_refused_at_start(url: str) -> None:
    server = Tollgate("proxy-refused")
    for environment in ({"HTTPS_PROXY": url}, {"TOLLGATE_UPSTREAM_PROXY": url}):
        done = server.run("config", environment=environment)
        assert done.returncode != 0 and "upstream_proxy" in done.stderr, done


def test_the_password_is_never_told(provider: tuple[pathlib.Path, int]) -> None:
    server = Tollgate("proxy-told")
    own = f"http://me:{PASSWORD}@127.0.0.1:1"
    shown = server.run("config", environment={"TOLLGATE_UPSTREAM_PROXY": own})
    assert shown.returncode == 0 and "(secret)" in shown.stdout and PASSWORD not in shown.stdout
    refused = server.run("config", environment={"TOLLGATE_UPSTREAM_PROXY": own + "x"})
    assert refused.returncode != 0 and PASSWORD not in refused.stderr
