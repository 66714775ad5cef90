# SPDX-License-Identifier: Apache-2.0
"""TLS for listening: what is spoken, tickets, reload by SIGHUP, and what is refused at start."""
from __future__ import annotations

import json
import pathlib
import signal
import socket
import ssl
from collections.abc import Iterator

import httpx2
import openai
import pytest

from call_log import line_about
from certificates import NEW_KEY, openssl
from tollgate import (
    OWNER_EMAIL, OWNER_PASSWORD, Tollgate, chat_body, events, exchange, secret, wait_for)
from upstreams import CREDENTIAL, Upstream

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "hello"}]


class Authority:
    """A certificate authority of the tests' own, with as many server certificates as are asked."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder  # outside of what is searched for secrets: keys lie in it
        self.certificate = self.folder / "ca.pem"
        openssl("req", "-x509", *NEW_KEY, "-days", 2, "-subj", "/CN=tests",
                "-keyout", self.folder / "ca.key", "-out", self.certificate)

    def issue(self, name: str, days: int = 2) -> tuple[pathlib.Path, pathlib.Path]:
        """Chain and key for 127.0.0.1; expired with negative days."""
        request, chain, key = (self.folder / f"{name}.{end}" for end in ("csr", "pem", "key"))
        names = self.folder / "names.conf"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        openssl("req", "-new", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
                self.folder / "ca.key", "-CAcreateserial", "-days", days, "-extfile", names,
                "-out", chain)
        for line in key.read_text().splitlines():
            if not line.startswith("-----"):
                secret(line)
        return chain, key

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def tls_flags(chain: pathlib.Path, key: pathlib.Path) -> tuple[str, ...]:
    return ("--tls-certificate-file", str(chain), "--tls-key-file", str(key))


@pytest.fixture(scope="module")
def secure(authority: Authority, upstream: Upstream) -> Iterator[Tollgate]:
    """Two workers that speak TLS, and little patience."""
    # Read at each reload, so each test that swaps them works on files of its own.
    chain, key = authority.issue("first")
    running = pathlib.Path(authority.folder / "running")
    running.mkdir()
    for source, name in ((chain, "chain.pem"), (key, "key.pem")):
        (running / name).write_bytes(source.read_bytes())
    flags = (*tls_flags(running / "chain.pem", running / "key.pem"), "--head-timeout-ms", "1000")
    with Tollgate("tls-listen", flags=flags) as server:
        server.tls = authority.client()
        server.running = running
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        server.test_key = server.create_key("sandbox", "test")["key"]
        yield server


def connect(server: Tollgate, context: ssl.SSLContext,
            session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", server.port), 5)
    return context.wrap_socket(raw, server_hostname="127.0.0.1", session=session)


def ask_ready(connection: ssl.SSLSocket) -> bytes:
    connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: t\r\n\r\n")
    return connection.recv(65536)


def subject(server: Tollgate, context: ssl.SSLContext) -> str:
    with connect(server, context) as connection:
        certificate = connection.getpeercert()
    return dict(part[0] for part in certificate["subject"])["commonName"]


def reload(server: Tollgate, message: str) -> dict:
    """Sends SIGHUP and gives the log line that answers it."""
    seen = server.stderr_path.stat().st_size
    server.process.send_signal(signal.SIGHUP)

    def line() -> dict | None:
        for text in server.stderr_path.read_bytes()[seen:].decode().splitlines():
            if message in text:
                return json.loads(text)
        return None
    return wait_for(line, what=message)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_new_tls_is_spoken_with_http11_by_alpn(
        secure: Tollgate, authority: Authority, version: ssl.TLSVersion) -> None:
    context = authority.client()
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connect(secure, context) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert "GCM" in connection.cipher()[0] or "CHACHA20" in connection.cipher()[0]
        assert connection.compression() is None
        assert ask_ready(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_and_other_protocols_are_refused(secure: Tollgate, authority: Authority) -> None:
    old = authority.client()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    # Words of the server's alert: a client that gave up by itself would prove nothing.
    with pytest.raises(ssl.SSLError, match="(?i)alert.protocol.version"):
        connect(secure, old)
    weak = authority.client()
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA")
    with pytest.raises(ssl.SSLError, match="(?i)alert.handshake.failure"):
        connect(secure, weak)
    other = authority.client()
    other.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        connect(secure, other)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tickets_are_good_on_every_worker(
        secure: Tollgate, authority: Authority, version: ssl.TLSVersion) -> None:
    context = authority.client()
    context.minimum_version = context.maximum_version = version
    with connect(secure, context) as connection:
        ask_ready(connection)  # TLS 1.3's ticket comes with the first answer
        session = connection.session
        assert not connection.session_reused and session.has_ticket
    # The kernel spreads them over two workers: all on one is as likely as 16 coins on one side.
    for _ in range(16):
        with connect(secure, context, session) as connection:
            assert ask_ready(connection).startswith(b"HTTP/1.1 200")
            assert connection.session_reused


def test_answers_end_with_close_notify(secure: Tollgate, authority: Authority) -> None:
    raw = socket.create_connection(("127.0.0.1", secure.port), 5)
    # An end that was not said is an SSLEOFError here, as a cut-off answer would be.
    with authority.client().wrap_socket(raw, server_hostname="127.0.0.1",
                                        suppress_ragged_eofs=False) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200")


def test_clients_may_leave_without_close_notify(
        secure: Tollgate, authority: Authority, upstream: Upstream) -> None:
    connection = connect(secure, authority.client())
    body = json.dumps(chat_body("trickle", stream=True)).encode()
    connection.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
        % (secure.create_key()["key"].encode(), len(body), body))
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    wait_for(lambda: upstream.open_streams == 1, what="the stream upstream")
    socket.close(connection.detach())
    wait_for(lambda: upstream.open_streams == 0, what="the end of the stream upstream")


def test_large_bodies_pass(secure: Tollgate, upstream: Upstream) -> None:
    """Some hundred records: more than the kernel takes at once."""
    text = "plain " + "x" * 3_000_000
    answer = secure.chat(secure.create_key()["key"], text)
    assert answer.status == 200, answer
    assert json.loads(upstream.calls[-1]["body"])["messages"][0]["content"] == text


@pytest.mark.parametrize("request_bytes", [
    b"GET /v1/models HTTP/1.1\r\nHost: t\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
])
def test_plain_http_is_told_to_speak_tls(secure: Tollgate, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), 5) as plain:
        plain.sendall(request_bytes)
        answer = b""
        while piece := plain.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400") and b"https://" in answer


@pytest.mark.parametrize("bytes_sent", [
    b"",
    b"\x16",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a ClientHello that never goes on
    b"SSH-2.0-OpenSSH\r\n",
])
def test_half_a_handshake_is_closed_in_time(secure: Tollgate, bytes_sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), 5) as silent:
        silent.sendall(bytes_sent)
        try:
            while silent.recv(4096):
                pass
        except ConnectionResetError:
            pass


def test_the_official_sdk_calls_and_streams(secure: Tollgate, authority: Authority) -> None:
    with httpx2.Client(verify=authority.client()) as trusting:
        client = openai.OpenAI(api_key=secure.test_key, base_url=secure.url, max_retries=0,
                               http_client=trusting)
        whole = client.chat.completions.create(model="gpt-4.1-mini", messages=HELLO)
        assert whole.choices[0].message.content
        stream = client.chat.completions.create(model="gpt-4.1-mini", messages=HELLO, stream=True)
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        assert "".join(pieces) == whole.choices[0].message.content
    stranger = openai.OpenAI(api_key=secure.test_key, base_url=secure.url, max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        stranger.models.list()


def test_addresses_and_cookies_follow(secure: Tollgate) -> None:
    printed = json.loads(secure.stdout_path.read_text().splitlines()[0])
    assert printed["address"] == f"https://127.0.0.1:{secure.port}"
    answer = secure.post("/v1/tollgate/session",
                         {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}, None,
                         headers={"Origin": printed["address"]})
    assert answer.status == 200, answer
    cookie = answer.headers["Set-Cookie"]
    secret(cookie.split("=", 1)[1].split(";")[0])
    assert cookie.startswith("__Host-tollgate=") and "; Secure" in cookie
    assert answer.headers["Strict-Transport-Security"]


def test_commands_reach_it_through_an_authority_of_ones_own(
        secure: Tollgate, authority: Authority) -> None:
    environment = {"TOLLGATE_URL": secure.url,
                   "TOLLGATE_ADMIN_KEY": secure.create_key("remote", "admin")["key"]}
    refused = secure.run("projects", "list", environment=environment, data=False)
    assert refused.returncode == 1 and "SSL_CERT_FILE" in refused.stderr
    trusted = secure.run("projects", "list", data=False, environment={
        **environment, "SSL_CERT_FILE": str(authority.certificate)})
    assert trusted.returncode == 0, trusted.stderr


def install(server: Tollgate, chain: pathlib.Path | None, key: pathlib.Path | None) -> None:
    for source, name in ((chain, "chain.pem"), (key, "key.pem")):
        if source is not None:
            (server.running / name).write_bytes(source.read_bytes())


def test_sighup_swaps_the_certificate_while_a_stream_runs(
        secure: Tollgate, authority: Authority) -> None:
    key = secure.create_key()["key"]
    before = subject(secure, authority.client())
    stream = secure.open_stream(key, "trickle")
    words = events(stream)
    assert next(words)
    install(secure, *authority.issue("renewed"))
    line = reload(secure, "certificate read again")
    assert line["file"].endswith("chain.pem") and line["good_until"].endswith("Z")
    names = {subject(secure, authority.client()) for _ in range(8)}
    assert before != "renewed" and names == {"renewed"}
    assert all(next(words) for _ in range(3)), "the running stream was cut"
    stream.close()


def test_a_bad_pair_keeps_the_old_one(secure: Tollgate, authority: Authority) -> None:
    before = subject(secure, authority.client())
    good = [(secure.running / name).read_bytes() for name in ("chain.pem", "key.pem")]
    chain, _ = authority.issue("half")
    install(secure, chain, None)
    line = reload(secure, "certificate not read again")
    assert line["level"] == "error" and "key.pem is not that of" in line["why"]
    (secure.running / "chain.pem").unlink()
    line = reload(secure, "certificate not read again")
    assert "chain.pem cannot be read: No such file" in line["why"]
    assert subject(secure, authority.client()) == before
    for name, content in zip(("chain.pem", "key.pem"), good):
        (secure.running / name).write_bytes(content)


def test_without_tls_sighup_says_what_it_did() -> None:
    with Tollgate("sighup-plain") as server:
        settings = server.folder / "tollgate.toml"
        settings.write_text("drain_ms = 5000\n")
        server.init().start()
        reload(server, "there is no certificate to read")
        settings.write_text("drain_ms = 6000\nidle_timeout_ms = 500\ndurability = 'process'\n")
        line = reload(server, "wait for a restart")
        assert line["settings"] == "durability"
        line = line_about(server, message="settings taken up")
        assert line["settings"] == "idle_timeout_ms, drain_ms"
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as idle:
            assert idle.recv(1) == b"", "closed within half a second, not 75"
        settings.write_text("no_such = 1\n")
        assert "no_such" in reload(server, "settings not read again")["why"]
        assert server.get("/readyz", key=None).status == 200
        assert server.stop() == 0


def test_limits_are_taken_up_by_connections_that_are_open(upstream: Upstream) -> None:
    with Tollgate("sighup-limits", workers=1) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        key = server.create_key()["key"]
        connection = server.connect()
        body = chat_body("plain " + "x" * 2000)
        assert exchange(connection, "POST", CHAT, body, key).status == 200
        (server.folder / "tollgate.toml").write_text("body_bytes_max = 1024\n")
        assert reload(server, "settings taken up")["settings"] == "body_bytes_max"
        assert exchange(connection, "POST", CHAT, body, key).status == 413
        (server.folder / "tollgate.toml").write_text("")
        reload(server, "settings taken up")
        assert server.post(CHAT, body, key).status == 200


def test_no_setting_is_taken_up_where_the_certificate_is_not(
        secure: Tollgate, authority: Authority, upstream: Upstream) -> None:
    settings = secure.folder / "tollgate.toml"
    good = [(secure.running / name).read_bytes() for name in ("chain.pem", "key.pem")]
    settings.write_text("body_bytes_max = 1024\nlog_level = 'error'\n")
    install(secure, authority.issue("half")[0], None)
    reload(secure, "certificate not read again")
    body = chat_body("plain " + "x" * 2000)
    key = secure.create_key()["key"]
    assert secure.post(CHAT, body, key).status == 200
    for name, content in zip(("chain.pem", "key.pem"), good):
        (secure.running / name).write_bytes(content)
    settings.unlink()
    reload(secure, "certificate read again")


def refused_at_start(chain: pathlib.Path, key: pathlib.Path | None) -> str:
    server = Tollgate("tls-refused")
    flags = ["--tls-certificate-file", str(chain)]
    if key is not None:
        flags += ["--tls-key-file", str(key)]
    done = server.run("serve", "--listen", "127.0.0.1:0", *flags)
    assert done.returncode == 2, done
    assert not server.data.exists(), "a data folder was made by a start that failed"
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_unusable_files_end_the_start_with_a_sentence(authority: Authority) -> None:
    chain, key = authority.issue("usable")
    _, other_key = authority.issue("other")
    expired, expired_key = authority.issue("expired", days=-1)
    folder = authority.folder
    encrypted, absent, garbage = (folder / name for name in ("enc.key", "absent", "garbage"))
    openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", encrypted)
    garbage.write_text("nothing in PEM")
    for files, expected in {
        (chain, None): "'tls_key_file' is missing",
        (chain, other_key): f"{other_key} is not that of the first certificate in {chain}",
        (expired, expired_key): f"certificate in {expired} expired at 20",
        (chain, encrypted): f"key in {encrypted} is encrypted. Decrypt it",
        (absent, key): f"certificate file {absent} cannot be read: No such file",
        (chain, absent): f"key file {absent} cannot be read: No such file",
        (garbage, key): f"certificate file {garbage} holds no certificate",
        (chain, garbage): f"key file {garbage} holds no private key",
    }.items():
        assert expected in refused_at_start(*files)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "169.254.169.254", "0.0.0.0"])
def test_no_upstream_address_is_reached_that_the_operator_did_not_name(
        host: str, upstream: Upstream) -> None:
    """127.1 and 2130706433 are what a public name is that leads to loopback."""
    seen = len(upstream.requests)
    with Tollgate("addresses") as server:
        server.init().start()
        added = server.add_provider("odd", f"http://{host}:{upstream.port}/v1", CREDENTIAL)
        assert "could not be reached" in added["warning"]
        answer = server.chat(server.create_key()["key"], "plain")
        assert answer.status == 502, answer
        assert "provider's address refused" in server.stderr_path.read_text()
    assert len(upstream.requests) == seen, "the upstream was reached"
