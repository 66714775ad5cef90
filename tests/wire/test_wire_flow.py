# SPDX-License-Identifier: Apache-2.0
"""What flows through: nothing waits for more than it needs, and nothing piles up in between."""
from __future__ import annotations

import http.client
import queue
import re
import socket
import time
from collections.abc import Iterator

import pytest

from raw import (ANSWER, CANARY, RawUpstream, Script, connect, gateway_of, plain_answer,
                 read_to_end, statuses_of)
from tollgate import Tollgate, send, wait_for

EVENTS = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
          b"\r\n")


def event(text: str) -> bytes:
    return (b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini",'
            b'"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n'
            % text.encode())


END = (b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini",'
       b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
       b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini",'
       b'"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14}}\n\n'
       b"data: [DONE]\n\n")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream(["gpt-4.1-mini", "tts-1"])
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    flags = ("--head-timeout-ms", "1000", "--body-timeout-ms", "1000")
    with gateway_of("wire-flow", raw, flags) as server:
        yield server


@pytest.fixture(scope="module")
def key(gateway: Tollgate) -> str:
    return gateway.create_key("flow")["key"]


def test_an_event_leaves_before_the_next_one_comes(
        gateway: Tollgate, raw: RawUpstream, key: str) -> None:
    """In lock-step: the upstream says the next word only when the client has heard the last."""
    heard: queue.Queue[None] = queue.Queue()
    words = [f"word-{number}" for number in range(50)]

    def speak(connection: socket.socket) -> None:
        for word in words:
            connection.sendall(chunk(event(word)))
            heard.get(timeout=10)
        connection.sendall(chunk(END) + b"0\r\n\r\n")
    raw.scripts.append(Script(EVENTS, act=speak))
    stream = gateway.open_stream(key, "in lock-step")
    for word in words:
        while word.encode() not in stream.readline():
            pass
        heard.put(None)
    rest = stream.read()
    assert rest.endswith(b"data: [DONE]\n\n") and b"usage" not in rest


def test_an_event_in_pieces_leaves_whole(gateway: Tollgate, raw: RawUpstream, key: str) -> None:
    whole = event("one") + b": a comment\n\n" + event("zwölf").replace(b"\n", b"\r\n") + END
    expected = whole.replace(END, re.sub(rb"data: [^\n]*usage[^\n]*\n\n", b"", END))
    answers = [EVENTS + b"".join(chunk(whole[at:at + size]) for at in range(0, len(whole), size)) +
               b"0\r\n\r\n" for size in (1, 7, 100, len(whole))]
    for answer in answers:
        raw.scripts.append(Script(answer))
        assert gateway.open_stream(key, "in pieces").read() == expected


def test_a_client_that_does_not_read_holds_its_upstream_back(
        gateway: Tollgate, raw: RawUpstream, key: str) -> None:
    """64 MB of sound: what the client has not taken stays with the upstream."""
    megabytes = 64
    piece = bytes(range(256)) * 4096
    sent: queue.Queue[int] = queue.Queue()

    def pour(connection: socket.socket) -> None:
        connection.settimeout(0.5)  # that long, nobody took anything
        at = 0
        blocked = False
        total = piece * megabytes
        while at < len(total):
            try:
                at += connection.send(total[at:at + 65536])
            except TimeoutError:
                if not blocked:
                    sent.put(at)
                    blocked = True
                    connection.settimeout(30)
        if not blocked:
            sent.put(at)
    raw.scripts.append(Script(
        b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: %d\r\n\r\n"
        % (len(piece) * megabytes), act=pour))
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    connection.connect()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    send(connection, "POST", "/v1/audio/speech",
         {"model": "tts-1", "input": "pour", "voice": "alloy"}, key)
    response = connection.getresponse()
    assert response.status == 200
    resident_before = gateway.resident_bytes()
    taken = sent.get(timeout=30)
    # Socket buffers of both connections; nothing of it is the gateway's.
    assert taken < 24_000_000, f"{taken} bytes left the upstream and reached nobody"
    assert gateway.resident_bytes() - resident_before < 4_096_000
    body = response.read()
    assert len(body) == len(piece) * megabytes and body == piece * megabytes
    assert gateway.resident_bytes() - resident_before < 4_096_000, "it piled up after all"


def test_slow_clients_take_nothing_from_others_and_are_told(
        gateway: Tollgate, raw: RawUpstream, key: str) -> None:
    """300 heads that come a byte at a time (slowloris): each ends within its head's time."""
    slow = [connect(gateway) for _ in range(300)]
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nX-Long: {'x' * 10_000}".encode()
    for connection in slow:
        connection.sendall(head[:20])
    ended = [b""] * len(slow)

    def drip() -> bool:
        for number, connection in enumerate(slow):
            connection.setblocking(False)
            try:
                connection.send(b"x")
                ended[number] += connection.recv(4096)
            except BlockingIOError:
                pass
            except OSError:
                pass
        return all(statuses_of(answer) == [408] for answer in ended)
    assert gateway.chat(key, "meanwhile").status == 200
    wait_for(drip, 15, "a 408 for each of 300 slow clients")
    assert gateway.chat(key, "afterwards").status == 200
    for connection in slow:
        connection.close()


def test_connection_above_the_most_is_closed_and_those_that_are_there_go_on(
        raw: RawUpstream) -> None:
    with gateway_of("wire-full", raw, ("--connections-max", "20")) as server:
        own = server.create_key()["key"]
        there = [server.connect() for _ in range(20)]
        for connection in there:
            connection.request("GET", "/readyz")
            assert connection.getresponse().read() == b"ok\n"
        with connect(server) as refused:
            assert read_to_end(refused) == b""
        send(there[0], "POST", "/v1/chat/completions",
             {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "x"}]}, own)
        assert there[0].getresponse().status == 200
        there.pop().close()

        def let_in() -> bool:
            with connect(server) as connection:
                try:
                    connection.sendall(CANARY)
                    return statuses_of(read_to_end(connection)) == [404]
                except ConnectionError:
                    return False
        wait_for(let_in, what="room for another connection")


def test_text_that_comes_with_its_end_is_held_before_it_is_settled(
        gateway: Tollgate, raw: RawUpstream) -> None:
    """More than the first instalment in one piece: the provider has kept its word all the same."""
    tokens = 1500
    raw.scripts.append(Script(EVENTS + chunk(
        event("word " * tokens) + END.replace(b"completion_tokens\":9", b"completion_tokens\":1500")
        .replace(b"total_tokens\":14", b"total_tokens\":1505")) + b"0\r\n\r\n"))
    key = gateway.create_key("with-its-end")
    stream = gateway.open_stream(key["key"], "hello")
    assert stream.read().endswith(b"[DONE]\n\n")
    gateway.wait_for_calls(key["id"], 1)
    [call] = gateway.ledger("SELECT flags, output_text_tokens FROM usage_events WHERE key_id = ?",
                            key["id"])
    assert (call["flags"], call["output_text_tokens"]) == (0, tokens)


KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_S = 0.1


@pytest.fixture(scope="module")
def patient(raw: RawUpstream) -> Iterator[Tollgate]:
    flags = ("--stream-keep-alive-ms", str(int(KEEP_ALIVE_S * 1000)))
    with gateway_of("wire-keep-alive", raw, flags) as server:
        yield server


def read_until(stream: http.client.HTTPResponse, end: bytes, times: int = 1) -> bytes:
    received = b""
    while received.count(end) < times:
        line = stream.readline()
        assert line, received
        received += line
    return received + stream.readline()  # the blank one


def test_a_silent_stream_gets_comments_between_its_events(
        patient: Tollgate, raw: RawUpstream) -> None:
    """After the head alone, after an event, and in the middle of one, which still comes whole."""
    heard: queue.Queue[None] = queue.Queue()
    split = event("two")

    def think(connection: socket.socket) -> None:
        for said in (chunk(event("one")), chunk(split[:20]), chunk(split[20:]),
                     chunk(END) + b"0\r\n\r\n"):
            heard.get(timeout=10)
            connection.sendall(said)
    raw.scripts.append(Script(EVENTS, act=think))
    stream = patient.open_stream(patient.create_key("silent")["key"], "think")
    assert stream.status == 200
    comment = KEEP_ALIVE.strip()
    assert read_until(stream, comment, 2) == KEEP_ALIVE * 2
    heard.put(None)
    assert read_until(stream, comment, 2) == event("one") + KEEP_ALIVE * 2
    heard.put(None)
    assert read_until(stream, comment, 2) == KEEP_ALIVE * 2
    heard.put(None)
    assert read_until(stream, comment) == split + KEEP_ALIVE
    heard.put(None)
    rest = stream.read()
    assert rest.replace(KEEP_ALIVE, b"").startswith(b"data: ") and rest.endswith(b"[DONE]\n\n")


def wait_for_silence(_: socket.socket) -> None:
    end = time.monotonic() + 3 * KEEP_ALIVE_S
    wait_for(lambda: time.monotonic() >= end, what="some silence")


def test_nothing_goes_out_before_the_upstream_has_begun(
        patient: Tollgate, raw: RawUpstream) -> None:
    def refuse(connection: socket.socket) -> None:
        wait_for_silence(connection)
        connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    raw.scripts.append(Script(act=refuse))
    assert patient.open_stream(patient.create_key("late")["key"], "think").status == 503


def test_what_does_not_stream_gets_no_comment(patient: Tollgate, raw: RawUpstream) -> None:
    answer = plain_answer()

    def finish(connection: socket.socket) -> None:
        wait_for_silence(connection)
        connection.sendall(answer[-20:])
    raw.scripts.append(Script(answer[:-20], act=finish))
    assert patient.chat(patient.create_key("whole")["key"], "think").body == ANSWER


def test_a_silent_stream_that_breaks_ends_with_an_error(
        patient: Tollgate, raw: RawUpstream) -> None:
    heard: queue.Queue[None] = queue.Queue()
    raw.scripts.append(Script(EVENTS, act=lambda _: heard.get(timeout=10), then_close=True))
    stream = patient.open_stream(patient.create_key("breaks")["key"], "think")
    assert read_until(stream, KEEP_ALIVE.strip(), 2) == KEEP_ALIVE * 2
    heard.put(None)
    rest = stream.read()
    assert b'data: {"error":' in rest and b"[DONE]" not in rest
