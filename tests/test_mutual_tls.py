# SPDX-License-Identifier: Apache-2.0
"""Mutual TLS: calls with keys of a project, or an organization, that has an active certificate are
taken only from clients whose own certificate leads to it, over real TLS."""
from __future__ import annotations

import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import openai
import pytest

from call_log import line_about
from certificates import Client, Signer, make_certificate, openssl
from people import Person, organization_of
from tollgate import (NODE, ROOT, Answer, Tollgate, chat_body, exchange, secret, send,
                      wait_for)
from upstreams import CREDENTIAL, Upstream

CHAT = "/v1/chat/completions"
REFUSED = (401, "certificate_required")
METRICS = secret("metrics-token-mutual-tls-5b1c")
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


class Place(NamedTuple):
    """A project of its own, with a key."""

    id: str
    key: str


class World:
    """A server of two workers that speaks TLS, and two authorities of an organization's."""

    def __init__(self, folder: pathlib.Path, upstream: Upstream) -> None:
        self.upstream, self.folder = upstream, folder
        self.certificate, key = make_certificate(folder, "IP:127.0.0.1,DNS:localhost", "server")
        self.root, self.other = Signer(folder, "root"), Signer(folder, "other")
        self.middle = Signer(folder, "middle", self.root)
        self.client = self.root.client("client")
        self.below = self.middle.client("below")
        self.stranger = self.other.client("stranger")
        self.server = Tollgate("mutual-tls", flags=(
            "--tls-certificate-file", str(self.certificate), "--tls-key-file", str(key)))
        self.server.tls = self.trusting()
        self.server.init().start()
        self.server.add_provider("upstream", upstream.url, CREDENTIAL)
        self.admin_key = self.server.create_key("admin", "admin")["key"]
        self.uploaded = {signer.name: self.organization.certificates.create(
            certificate=signer.pem, name=signer.name).id for signer in (self.root, self.other)}

    def trusting(self, client: Client | None = None,
                 version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        if client is not None:
            return client.context(self.certificate, version)
        context = ssl.create_default_context(cafile=str(self.certificate))
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context

    @property
    def organization(self) -> Any:
        client = openai.OpenAI(admin_api_key=self.admin_key, base_url=self.server.url,
                               max_retries=0, http_client=httpx2.Client(verify=self.trusting()))
        return client.admin.organization

    def place(self, name: str) -> Place:
        project = self.organization.projects.create(name=name).id
        accounts = self.organization.projects.service_accounts
        return Place(project, accounts.create(project, name="robot").api_key.value)

    def activate(self, place: Place, *names: str) -> None:
        self.organization.projects.certificates.activate(
            place.id, certificate_ids=[self.uploaded[name] for name in names])

    def deactivate(self, place: Place, *names: str) -> None:
        self.organization.projects.certificates.deactivate(
            place.id, certificate_ids=[self.uploaded[name] for name in names])

    def connect(self, client: Client | None = None, version: ssl.TLSVersion | None = None
                ) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=10,
                                           context=self.trusting(client, version))

    def call(self, place: Place, client: Client | None = None, path: str = CHAT,
             body: Any = chat_body("plain")) -> Answer:
        connection = self.connect(client)
        try:
            return exchange(connection, "POST" if body else "GET", path, body, place.key)
        finally:
            connection.close()


def outcome(answer: Answer) -> tuple[int, str | None]:
    return answer.status, None if answer.status == 200 else answer.error["code"]


def ask(connection: http.client.HTTPConnection, place: Place) -> tuple[int, str | None]:
    return outcome(exchange(connection, "POST", CHAT, chat_body("plain"), place.key))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("mutual-tls"), upstream)
    with made.server:
        yield made


@pytest.fixture
def place(world: World, request: pytest.FixtureRequest) -> Place:
    return world.place(request.node.name[:60])


def test_calls_need_a_certificate_from_activation_to_deactivation(
        world: World, place: Place) -> None:
    elsewhere = world.place("elsewhere")
    with_one, without = world.connect(world.client), world.connect()
    assert ask(with_one, place) == ask(without, place) == (200, None)
    used = wait_for(lambda: usage_of(world, place) == 2 and 2, what="both calls in the usage")
    world.activate(place, "root")
    passed = len(world.upstream.calls)
    # Also those that are kept alive, one of which is told why and ended.
    refused = exchange(without, "POST", CHAT, chat_body("plain"), place.key)
    assert outcome(refused) == REFUSED and "this connection presented none" in refused.body.decode()
    assert refused.headers["Connection"] == "close"
    assert len(world.upstream.calls) == passed, "a body went upstream"
    assert ask(with_one, place) == (200, None)
    assert outcome(world.call(place, world.client)) == (200, None)
    assert outcome(world.call(place)) == REFUSED
    assert outcome(world.call(place, world.stranger)) == REFUSED
    assert outcome(world.call(elsewhere)) == (200, None), "another project needs none"
    world.deactivate(place, "root")
    assert outcome(world.call(place)) == (200, None)
    wait_for(lambda: usage_of(world, place) == used + 3, what="three calls more, no refused one")
    world.server.verify()


def usage_of(world: World, place: Place) -> int:
    groups = world.server.json("usage", "--by", "project", "--project", place.id)["groups"]
    return groups[0]["totals"]["calls"] if groups else 0


def test_an_organizations_certificate_holds_in_all_projects(world: World, place: Place) -> None:
    elsewhere = world.place("inherits")
    world.activate(place, "other")
    world.organization.certificates.activate(certificate_ids=[world.uploaded["root"]])
    try:
        new = world.place("made after it")
        for each in (place, elsewhere, new):
            assert outcome(world.call(each)) == REFUSED
            assert outcome(world.call(each, world.client)) == (200, None)
        assert outcome(world.call(place, world.stranger)) == (200, None), "either will do"
        assert outcome(world.call(elsewhere, world.stranger)) == REFUSED
        # Only calls: who manages the organization could lock themselves out else.
        assert world.server.get("/v1/organization/certificates", world.admin_key).status == 200
        assert Person.of_owner(world.server).sign_in().ask(
            "GET", "/v1/organization/projects", None).status == 200
    finally:
        world.organization.certificates.deactivate(certificate_ids=[world.uploaded["root"]])
    assert outcome(world.call(elsewhere)) == (200, None)
    assert outcome(world.call(place, world.client)) == REFUSED, "its own holds on"
    world.deactivate(place, "other")


def test_every_worker_and_connection_hears_of_it_at_once(world: World, place: Place) -> None:
    connections = [world.connect(world.client) for _ in range(24)]
    for expected in ((200, None), REFUSED, (200, None)):
        if expected == REFUSED:
            world.activate(place, "other")
        elif expected == (200, None):
            world.deactivate(place, "other")
        assert {ask(each, place) for each in connections} == {expected}


@pytest.mark.parametrize("version", VERSIONS)
def test_chains_are_what_the_client_sends(world: World, place: Place, version: ssl.TLSVersion
                                          ) -> None:
    world.activate(place, "root")
    for client, expected in (
            (world.below, (200, None)), (world.middle.client("expired", days=-1), REFUSED),
            (world.root.client("serves", "extendedKeyUsage=serverAuth\n"), REFUSED),
            (world.root.client("unnamed", "basicConstraints=CA:FALSE\n"), REFUSED),
            (world.stranger, REFUSED)):
        connection = world.connect(client, version)
        assert ask(connection, place) == expected, client.chain
    refused = world.call(place, world.middle.client("lonely", sends=False))
    assert outcome(refused) == REFUSED and "what stands between" in refused.error["message"]


def test_all_that_a_key_of_the_project_opens_needs_it(world: World, place: Place) -> None:
    world.activate(place, "root")
    passed = len(world.upstream.requests)
    requests: list[tuple[str, Any]] = [
        (CHAT, chat_body("plain")), (CHAT, chat_body("trickle", stream=True)),
        ("/v1/responses", {"model": "gpt-4.1-mini", "input": "plain"}), ("/v1/models", None),
        ("/v1/models/gpt-4.1-mini", None), ("/v1/files", None), ("/v1/batches", None),
        ("/v1/realtime/sessions", {"model": "x"}), ("/v1/tollgate/key", None),
        ("/v1/tollgate/key/children", {"name": "child"})]
    for path, body in requests:
        assert outcome(world.call(place, None, path, body)) == REFUSED, path
    assert len(world.upstream.requests) == passed
    for path in ("/v1/models", "/v1/tollgate/key"):
        assert world.call(place, world.client, path, None).status == 200, path
    # Which key is wrong is told before: nobody learns what a project needs without one of its.
    assert world.call(Place(place.id, "sk-tg-proj-wrong"), None).error["code"] == "invalid_api_key"


def test_a_body_that_comes_while_it_is_activated_goes_nowhere(world: World, place: Place) -> None:
    passed = len(world.upstream.calls)
    body = json.dumps(chat_body("plain")).encode()
    with world.trusting().wrap_socket(socket.create_connection(
            ("127.0.0.1", world.server.port), 10), server_hostname="127.0.0.1") as slow:
        slow.sendall(b"POST %s HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer %s\r\n"
                     b"Content-Type: application/json\r\nContent-Length: %d\r\n"
                     b"Expect: 100-continue\r\n\r\n"
                     % (CHAT.encode(), place.key.encode(), len(body)))
        assert slow.recv(4096).startswith(b"HTTP/1.1 100"), "it was let in so far"
        world.activate(place, "root")
        slow.sendall(body)
        assert slow.recv(4096).startswith(b"HTTP/1.1 %d" % REFUSED[0])
    assert len(world.upstream.calls) == passed


def test_a_stream_that_runs_goes_on(world: World, place: Place) -> None:
    connection = world.connect()
    send(connection, "POST", CHAT, chat_body("trickle", stream=True), place.key)
    stream = connection.getresponse()
    assert stream.readline()
    world.activate(place, "root")
    assert all(stream.readline() for _ in range(6)), "it was admitted before"
    connection.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_neither_lose_nor_lend_a_certificate(
        world: World, place: Place, version: ssl.TLSVersion) -> None:
    """Tickets are good on both workers: sixteen connections meet both."""
    world.activate(place, "root")

    def talk(context: ssl.SSLContext, session: ssl.SSLSession | None
             ) -> tuple[bytes, bool, ssl.SSLSession | None]:
        raw = socket.create_connection(("127.0.0.1", world.server.port), 10)
        with context.wrap_socket(raw, server_hostname="127.0.0.1", session=session) as connection:
            connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer "
                               b"%s\r\n\r\n" % place.key.encode())
            return connection.recv(65536)[:12], connection.session_reused, connection.session

    owner = world.trusting(world.client, version)
    _, _, session = talk(owner, None)
    for _ in range(16):
        answer, resumed, _ = talk(owner, session)
        assert (answer, resumed) == (b"HTTP/1.1 200", False)
    nobody = world.trusting(None, version)
    _, _, session = talk(nobody, None)
    for _ in range(16):
        answer, resumed, _ = talk(nobody, session)
        assert (answer, resumed) == (b"HTTP/1.1 %d" % REFUSED[0], True)


def test_reload_keeps_asking(world: World, place: Place) -> None:
    world.activate(place, "root")
    kept = world.connect(world.client)
    assert ask(kept, place) == (200, None)
    world.server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: line_about(world.server, message="certificate read again"), what="the reload")
    assert ask(kept, place) == (200, None)
    for _ in range(8):
        assert outcome(world.call(place, world.client)) == (200, None)
        assert outcome(world.call(place)) == REFUSED


def test_a_certificate_that_ends_is_refused_on_connections_that_stay(
        world: World, place: Place) -> None:
    world.activate(place, "root")
    connection = world.connect(world.root.brief_client("brief", seconds=4))
    assert ask(connection, place) == (200, None)
    wait_for(lambda: ask(connection, place) == REFUSED, 10, "the end of its certificate")


def test_huge_chains_end_the_handshake_and_nothing_else(world: World, place: Place) -> None:
    names = ",".join(f"DNS:host-{number}.example.org" for number in range(1500))
    huge = world.root.client("huge", f"extendedKeyUsage=clientAuth\nsubjectAltName={names}\n")
    world.activate(place, "root")
    with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
        world.call(place, huge)
    assert outcome(world.call(place, world.client)) == (200, None)


def test_both_official_sdks_call_with_a_certificate(world: World, place: Place) -> None:
    world.activate(place, "root")
    for client, expected in ((world.client, (200, None)), (None, REFUSED)):
        with httpx2.Client(verify=world.trusting(client)) as transport:
            python = openai.OpenAI(api_key=place.key, base_url=world.server.url, max_retries=0,
                                   http_client=transport)
            try:
                python.chat.completions.create(
                    model="gpt-4.1-mini", messages=[{"role": "user", "content": "plain"}])
                told: tuple[int, str | None] = (200, None)
            except openai.APIStatusError as error:
                told = (error.status_code, error.code)
        assert told == expected
        files = [] if client is None else [client.chain, client.key]
        done = subprocess.run(
            [NODE, ROOT / "tests/programs/mutual_tls.mjs", world.certificate, *files],
            capture_output=True, text=True, timeout=60,
            env={**os.environ, "OPENAI_API_KEY": place.key, "OPENAI_BASE_URL": world.server.url})
        assert done.returncode == 0, done.stderr[-2000:]
        node = json.loads(done.stdout)
        assert (node["status"], node["code"]) == expected


def test_curl_calls_with_a_certificate(world: World, place: Place) -> None:
    """As docs/mutual-tls.md says."""
    world.activate(place, "root")
    ask_models = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert",
                  world.certificate, "-H", f"Authorization: Bearer {place.key}",
                  f"{world.server.url}/models"]
    with_one = ["--cert", world.client.chain, "--key", world.client.key]
    assert subprocess.run([*ask_models, *with_one], capture_output=True).stdout == b"200"
    assert subprocess.run(ask_models, capture_output=True).stdout == b"%d" % REFUSED[0]


def asks_for_certificates(server: Tollgate) -> bool:
    address = f"127.0.0.1:{server.port}"
    said = subprocess.run(["openssl", "s_client", "-connect", address, "-tls1_2"],
                          input=b"", capture_output=True, timeout=10).stdout
    assert b"Cipher is" in said
    return b"Client Certificate Types" in said


def test_clients_are_asked_while_there_is_a_certificate_and_a_start_enforces(
        world: World, upstream: Upstream) -> None:
    flags = ("--tls-certificate-file", str(world.certificate),
             "--tls-key-file", str(world.folder / "server-key.pem"))
    with Tollgate("mutual-tls-starts", flags=flags) as server:
        server.tls = world.trusting()
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        admin, key = server.create_key("admin", "admin")["key"], server.create_key()["key"]
        assert not asks_for_certificates(server)
        path = "/v1/organization/certificates"
        made = server.post(path, {"certificate": world.root.pem}, admin).json["id"]
        wait_for(lambda: asks_for_certificates(server), what="the next connection to be asked")
        ids = {"certificate_ids": [made]}
        assert server.post(f"{path}/activate", ids, admin).status == 200
        server.kill()
        server.start()
        assert asks_for_certificates(server)
        assert outcome(server.chat(key, "plain")) == REFUSED
        server.tls = world.trusting(world.client)
        assert server.chat(key, "plain").status == 200
        server.tls = world.trusting()
        assert server.post(f"{path}/deactivate", ids, admin).status == 200
        assert server.chat(key, "plain").status == 200
        assert server.request("DELETE", f"{path}/{made}", None, admin).status == 200
        wait_for(lambda: not asks_for_certificates(server), what="nobody to be asked")


def test_without_tls_nobody_is_let_in(running: Tollgate, world: World) -> None:
    """Behind a proxy that ends TLS, too: headers that tell of a certificate prove nothing."""
    admin, key = running.create_key("admin", "admin")["key"], running.create_key()["key"]
    certificates = organization_of(running, admin).certificates
    made = certificates.create(certificate=world.root.pem).id
    certificates.activate(certificate_ids=[made])
    headers = {"X-Client-Cert": world.client.pem.replace("\n", "%0A"),
               "X-SSL-Client-Verify": "SUCCESS", "X-Forwarded-Proto": "https"}
    refused = running.post(CHAT, chat_body("plain"), key, headers=headers)
    assert outcome(refused) == REFUSED and "without TLS" in refused.error["message"]
    running.stop()
    running.start()
    line_about(running, message="certificates are active and there is no TLS; their calls are "
                                "refused")
    assert outcome(running.chat(key, "plain")) == REFUSED
    organization_of(running, admin).certificates.deactivate(certificate_ids=[made])
    assert running.chat(key, "plain").status == 200


def test_calls_that_wait_for_a_limit_are_looked_at_again(world: World, upstream: Upstream) -> None:
    """One that stands in line when a certificate is activated is refused as it comes out of it."""
    with Tollgate("mutual-tls-waits", 1, {"TOLLGATE_METRICS_TOKEN": METRICS},
                  ("--limit-wait-ms", "20000")) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        admin, key = server.create_key("admin", "admin")["key"], server.create_key()
        certificates = organization_of(server, admin).certificates
        made = certificates.create(certificate=world.root.pem).id
        server.limit("key", key["id"], concurrency=1)
        holding = server.open_stream(key["key"], "trickle")
        connection = server.connect(30)
        send(connection, "POST", CHAT, chat_body("plain"), key["key"])
        wait_for(lambda: waiting_calls(server) == 1, what="the call to wait")
        certificates.activate(certificate_ids=[made])
        assert json.loads(connection.getresponse().read())["error"]["code"] == REFUSED[1]
        holding.close()


def waiting_calls(server: Tollgate) -> int:
    page = server.get("/metrics", METRICS).body.decode()
    return int(page.partition('tollgate_waiting_calls{worker="0"} ')[2].split()[0])


def test_an_example_of_the_documentation_works(world: World, tmp_path: pathlib.Path) -> None:
    """Each openssl command of docs/mutual-tls.md, as it stands there."""
    text = (ROOT / "docs/mutual-tls.md").read_text()
    commands = text.split("```sh\n")[1].split("```")[0]
    assert "openssl" in commands
    subprocess.run(["bash", "-e", "-c", commands], cwd=tmp_path, check=True, capture_output=True)
    openssl("verify", "-purpose", "sslclient", "-CAfile", tmp_path / "ca.pem",
            tmp_path / "client.pem")
    server = world.server
    made = server.post("/v1/organization/certificates",
                       {"certificate": (tmp_path / "ca.pem").read_text()}, world.admin_key)
    assert made.status == 200, made
    place = world.place("documented")
    world.uploaded["documented"] = made.json["id"]
    world.activate(place, "documented")
    context = world.trusting()
    context.load_cert_chain(tmp_path / "client.pem", tmp_path / "client.key")
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=context)
    assert ask(connection, place) == (200, None)
