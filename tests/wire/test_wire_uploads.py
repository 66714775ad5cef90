# SPDX-License-Identifier: Apache-2.0
"""Forms with files: held until they can be admitted, in little memory, and readable to nobody.

TOLLGATE_UPLOAD_MB says how large the large one is (./test: 100; 1,000 by hand).
"""
from __future__ import annotations

import hashlib
import os
import pathlib
import re
import socket
import subprocess
from collections.abc import Iterator

import pytest

from faults import SMALL_JOURNAL
from raw import PATIENCE_S, RawUpstream, Script, connect, gateway_of, plain_answer, read_to_end
from test_disk import small_disk
from tollgate import NODE, ROOT, Tollgate, wait_for
from upstreams import CREDENTIAL

MEGABYTES = int(os.environ.get("TOLLGATE_UPLOAD_MB", "100"))
MODELS = ["whisper-1", "gpt-4.1-mini"]
TEXT = plain_answer(b'{"text":"hello","duration":2}')
MODEL_PART = (b'--b0\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
              b"--b0--\r\n")
MARK = b"what-nobody-may-read-"
REFUSAL = b'{"error":{"message":"far too much sound","type":"t","param":null,"code":null}}'
EARLY = (b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
         b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(REFUSAL), REFUSAL))


@pytest.fixture
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream(MODELS)
    yield upstream
    upstream.stop()


@pytest.fixture
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    with gateway_of("uploads", raw) as server:
        yield server


def form_around(size: int) -> tuple[bytes, bytes]:
    """What stands before and behind a file of that size; the model comes last, as Node sends it."""
    before = (b'--b0\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
              b"Content-Type: application/octet-stream\r\n\r\n")
    return before, b"\r\n" + MODEL_PART


def head(key: str, length: int | None, more: bytes = b"") -> bytes:
    framing = b"Transfer-Encoding: chunked" if length is None else b"Content-Length: %d" % length
    return (b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: multipart/form-data; boundary=b0\r\n%s\r\n%s\r\n"
            % (key.encode(), framing, more))


def megabyte(number: int) -> bytes:
    line = MARK + b"%012d\n" % number
    return (line * (2**20 // len(line) + 1))[:2**20]


def resident_mb(server: Tollgate) -> float:
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def spilled(server: Tollgate) -> list[pathlib.Path]:
    """The files without a name that the server has open in its data folder."""
    found = []
    for file in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            target = os.readlink(file)
        except OSError:
            continue
        if "/spill/" in target and target.endswith("(deleted)"):
            found.append(file)
    return found


def send_form(connection: socket.socket, key: str, megabytes: int, more: bytes = b"") -> None:
    before, behind = form_around(megabytes)
    connection.sendall(head(key, len(before) + megabytes * 2**20 + len(behind), more) + before)
    for number in range(megabytes):
        connection.sendall(megabyte(number))
    connection.sendall(behind)


def begin_form(connection: socket.socket, key: str, megabytes: int) -> None:
    """All but the form's end."""
    before, behind = form_around(megabytes)
    connection.sendall(head(key, len(before) + megabytes * 2**20 + len(behind)) + before)
    for number in range(megabytes):
        connection.sendall(megabyte(number))


def test_a_large_form_needs_little_memory_and_arrives_as_it_was(
        gateway: Tollgate, raw: RawUpstream) -> None:
    key = gateway.create_key()
    raw.scripts.append(Script(TEXT))
    before, behind = form_around(MEGABYTES)
    with connect(gateway) as connection:
        connection.settimeout(60)
        connection.sendall(
            head(key["key"], len(before) + MEGABYTES * 2**20 + len(behind)) + before)
        at_start = resident_mb(gateway)
        most = at_start
        for number in range(MEGABYTES):
            connection.sendall(megabyte(number))
            most = max(most, resident_mb(gateway))
        connection.sendall(behind)
        wait_for(lambda: raw.requests, 60)
        most = max(most, resident_mb(gateway))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert most - at_start < 12, f"{at_start} MB, then {most} MB"
    sent = hashlib.sha256(before)
    for number in range(MEGABYTES):
        sent.update(megabyte(number))
    sent.update(behind)
    body = raw.requests[0].partition(b"\r\n\r\n")[2]
    assert hashlib.sha256(body).digest() == sent.digest()
    assert gateway.wait_for_calls(key["id"], 1)["calls"] == 1


def test_what_waits_on_disk_can_be_read_by_nobody(gateway: Tollgate, raw: RawUpstream) -> None:
    key = gateway.create_key()
    with connect(gateway) as connection:
        begin_form(connection, key["key"], 8)
        wait_for(lambda: sum(file.stat().st_size for file in spilled(gateway)) > 6 * 2**20, 10)
        for file in spilled(gateway):
            assert MARK not in file.read_bytes()
        for file in gateway.data.rglob("*"):
            assert not file.is_file() or MARK not in file.read_bytes()
        assert not list((gateway.data / "spill").iterdir())
    wait_for(lambda: not spilled(gateway), 5, "the client left, and so does its file")
    assert not raw.requests


def test_kill9_leaves_nothing_of_an_upload(raw: RawUpstream) -> None:
    with gateway_of("upload-kill9", raw) as server:
        key = server.create_key()
        with connect(server) as connection:
            begin_form(connection, key["key"], 4)
            wait_for(lambda: spilled(server), 10)
            server.kill()
            for file in server.data.rglob("*"):
                assert not file.is_file() or MARK not in file.read_bytes()
            assert not list((server.data / "spill").iterdir())
        server.start()
        assert server.usage()["totals"]["calls"] == 0


def test_chunked_form_goes_up_with_its_length(gateway: Tollgate, raw: RawUpstream) -> None:
    key = gateway.create_key()
    raw.scripts.append(Script(TEXT))
    before, behind = form_around(3)
    with connect(gateway) as connection:
        connection.sendall(head(key["key"], None))
        for piece in (before, *(megabyte(number) for number in range(3)), behind, b""):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert b"Content-Length: %d\r\n" % (len(before) + 3 * 2**20 + len(behind)) in raw.requests[0]


def test_a_full_disk_refuses_the_upload_and_admits_nothing(raw: RawUpstream) -> None:
    with Tollgate("upload-disk", workers=1, flags=SMALL_JOURNAL) as server, small_disk(server, 64):
        server.init().start()
        server.add_provider("raw", raw.url, CREDENTIAL)
        key = server.create_key()
        with connect(server) as connection:
            try:
                begin_form(connection, key["key"], 8)
            except ConnectionError:
                pass  # it did not wait for the rest
            answer = read_to_end(connection)
        assert answer.startswith(b"HTTP/1.1 503 "), answer[:500]
        assert b'"code":"server_is_overloaded"' in answer and b"to hold an upload" in answer
        assert not raw.requests
        raw.scripts.append(Script(TEXT))
        with connect(server) as connection:
            connection.sendall(head(key["key"], len(MODEL_PART)) + MODEL_PART)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 "), "what fits goes on"
        assert server.wait_for_calls(key["id"], 1)["calls"] == 1


def test_all_uploads_together_are_bounded(raw: RawUpstream) -> None:
    with gateway_of("upload-bound", raw, ("--upload-disk-bytes-max", "4000000")) as server:
        key = server.create_key()
        with connect(server) as waiting, connect(server) as refused:
            begin_form(waiting, key["key"], 3)
            wait_for(lambda: sum(file.stat().st_size for file in spilled(server)) > 2 * 2**20, 10)
            try:
                begin_form(refused, key["key"], 3)
            except ConnectionError:
                pass
            assert read_to_end(refused).startswith(b"HTTP/1.1 503 ")
        wait_for(lambda: not spilled(server), 5)
        raw.scripts.append(Script(TEXT))
        with connect(server) as again:
            send_form(again, key["key"], 3)
            assert again.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_an_upstream_that_answers_early_is_relayed(gateway: Tollgate, raw: RawUpstream) -> None:
    key = gateway.create_key()
    raw.early = EARLY
    with connect(gateway) as connection:
        send_form(connection, key["key"], 20)
        connection.settimeout(PATIENCE_S)
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413 ") and b"far too much sound" in answer
        # The form was here whole, so the connection goes on.
        raw.scripts.append(Script(TEXT))
        send_form(connection, key["key"], 2)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_the_client_is_told_to_go_on_once_its_key_is_known(
        gateway: Tollgate, raw: RawUpstream) -> None:
    expect = b"Expect: 100-continue\r\n"
    with connect(gateway) as connection:
        connection.sendall(head("sk-tg-proj-wrong", 1000, expect))
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
    key = gateway.create_key()
    before, behind = form_around(2)
    raw.scripts.append(Script(TEXT))
    with connect(gateway) as connection:
        connection.sendall(head(key["key"], len(before) + 2**21 + len(behind), expect))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(before + megabyte(0) + megabyte(1) + behind)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_form_that_is_too_large_is_refused_before_it_is_read(raw: RawUpstream) -> None:
    with gateway_of("upload-max", raw, ("--upload-bytes-max", "2000000")) as server:
        key = server.create_key()
        with connect(server) as connection:
            connection.sendall(head(key["key"], 2_000_001, b"Expect: 100-continue\r\n"))
            assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        with connect(server) as connection:
            try:
                connection.sendall(head(key["key"], None) + b"200000\r\n" + form_around(0)[0])
                connection.sendall(megabyte(0) + megabyte(1))
            except ConnectionError:
                pass
            assert read_to_end(connection).startswith(b"HTTP/1.1 413 ")
        assert not raw.requests


def test_nodes_library_sends_a_large_file_before_its_model(
        gateway: Tollgate, raw: RawUpstream) -> None:
    key = gateway.create_key()
    raw.scripts.append(Script(TEXT))
    program = """
      import OpenAI, { toFile } from "openai";
      const client = new OpenAI({ maxRetries: 0 });
      const file = await toFile(Buffer.alloc(20 * 2 ** 20, "sound"), "speech.wav");
      const answer = await client.audio.transcriptions.create({ file, model: "whisper-1" });
      if (answer.text !== "hello") process.exit(1);
    """
    done = subprocess.run([NODE, "--input-type=module", "-e", program], cwd=ROOT / "tests/node",
                          capture_output=True, text=True, timeout=60,
                          env={**os.environ, "OPENAI_API_KEY": key["key"],
                               "OPENAI_BASE_URL": gateway.url})
    assert done.returncode == 0, done.stderr[-2000:]
    body = raw.requests[0].partition(b"\r\n\r\n")[2]
    assert body.index(b"soundsound") < body.index(b'name="model"')
    assert len(body) > 20 * 2**20
