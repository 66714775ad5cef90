# SPDX-License-Identifier: Apache-2.0
"""The wire towards upstreams: an answer that could be read in two ways is a 502 and ends its
connection; what is merely unusual passes; and whatever came, the next call is answered as if it had
been the first.
"""
from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from raw import ANSWER, RawUpstream, Script, gateway_of, plain_answer
from tollgate import Tollgate, events

UPSTREAM_TRUNCATED = 3  # ledger::Outcome

JSON = b"Content-Type: application/json\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + JSON
LENGTH = b"Content-Length: %d\r\n" % len(ANSWER)
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(ANSWER), ANSWER)
CODING = b"Transfer-Encoding: chunked\r\n"

# Each ends the connection by our doing: the upstream would go on.
AMBIGUOUS = {
    "two different lengths": OK + LENGTH + b"Content-Length: 5\r\n\r\n" + ANSWER,
    "two equal lengths": OK + LENGTH + LENGTH + b"\r\n" + ANSWER,
    "length and chunked": OK + LENGTH + CODING + b"\r\n" + CHUNKED,
    "list of lengths": OK + b"Content-Length: 5, 5\r\n\r\nhello",
    "signed length": OK + b"Content-Length: +5\r\n\r\nhello",
    "no length in Content-Length": OK + b"Content-Length: \r\n\r\nhello",
    "length of 2^64+5": OK + b"Content-Length: 18446744073709551621\r\n\r\nhello",
    "gzip and chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKED,
    "chunked twice": OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED,
    "unknown coding": OK + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "space before the colon": OK + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED,
    "folded line": OK + b"X: a\r\n b\r\n" + LENGTH + b"\r\n" + ANSWER,
    "bare line feeds": (OK + LENGTH + b"\r\n").replace(b"\r\n", b"\n") + ANSWER,
    "bare carriage return": OK + b"X: a\rY: b\r\n" + LENGTH + b"\r\n" + ANSWER,
    "zero byte in a value": OK + b"X: a\x00b\r\n" + LENGTH + b"\r\n" + ANSWER,
    "carriage return in the status line": b"HTTP/1.1 200 O\rK\r\n" + JSON + LENGTH + b"\r\n" +
    ANSWER,
    "HTTP/0.9": ANSWER,
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\n" + JSON + LENGTH + b"\r\n" + ANSWER,
    "status of 2 digits": b"HTTP/1.1 20 OK\r\n" + LENGTH + b"\r\n" + ANSWER,
    "status of 4 digits": b"HTTP/1.1 2000 OK\r\n" + LENGTH + b"\r\n" + ANSWER,
    "status 600": b"HTTP/1.1 600 Odd\r\n" + LENGTH + b"\r\n" + ANSWER,
    "an upgrade that nobody asked for": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + JSON + CODING + b"\r\n" + CHUNKED,
    "20 interim answers": b"HTTP/1.1 103 Early\r\n\r\n" * 20 + plain_answer(),
    "head of 100 KB": OK + b"X: " + b"x" * 100_000 + b"\r\n" + LENGTH + b"\r\n" + ANSWER,
    "101 fields": OK + b"X: a\r\n" * 101 + LENGTH + b"\r\n" + ANSWER,
    "chunk size that is none": OK + CODING + b"\r\nG\r\nhello\r\n0\r\n\r\n",
    "chunk longer than its size": OK + CODING + b"\r\n5\r\nhelloXX\r\n0\r\n\r\n",
    "chunk size of 17 digits": OK + CODING + b"\r\nFFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n",
    "chunk ends in a line feed": OK + CODING + b"\r\n5\nhello\n0\n\n",
}

# The upstream closes where it should not have.
TRUNCATED = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 2",
    "half a head": OK + LENGTH[:10],
    "half a body": OK + LENGTH + b"\r\n" + ANSWER[:20],
    "half a chunk": OK + CODING + b"\r\n" + CHUNKED[:20],
    "no last chunk": OK + CODING + b"\r\n" + CHUNKED.removesuffix(b"0\r\n\r\n"),
    "half a last chunk": OK + CODING + b"\r\n" + CHUNKED[:-2],
    "an interim answer alone": b"HTTP/1.1 100 Continue\r\n\r\n",
    "half of what is JSON, until the end": OK + b"\r\n" + ANSWER[:20],
}

# name: the answer, and whether its connection may be used again
UNUSUAL = {
    "plain": (plain_answer(), True),
    "chunked": (OK + CODING + b"\r\n" + CHUNKED, True),
    "chunks of one byte": (OK + CODING + b"\r\n" + b"".join(
        b"1\r\n%c\r\n" % byte for byte in ANSWER) + b"0\r\n\r\n", True),
    "chunk extensions and trailers": (
        OK + CODING + b"\r\n" + b"%x;a=b\r\n%s\r\n0\r\nX-Sum: 1\r\nContent-Length: 5\r\n\r\n" % (
            len(ANSWER), ANSWER), True),
    "no reason": (plain_answer().replace(b"200 OK", b"200", 1), True),
    "small letters": (OK.lower().replace(b"http", b"HTTP") + LENGTH.lower() + b"\r\n" + ANSWER,
                      True),
    "interim answers": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" +
                        plain_answer(), True),
    "close": (plain_answer(more=b"Connection: close\r\n"), False),
    "HTTP/1.0": (plain_answer().replace(b"HTTP/1.1", b"HTTP/1.0", 1), False),
    "HTTP/1.0, kept": (plain_answer(more=b"Connection: keep-alive\r\n")
                       .replace(b"HTTP/1.1", b"HTTP/1.0", 1), True),
    "another answer behind it": (plain_answer() + plain_answer(b'{"smuggled":1}'), False),
    "more than its length": (plain_answer() + b"\r\n", False),
}


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    with gateway_of("wire-answers", raw) as server:
        yield server


@pytest.fixture(scope="module")
def key(gateway: Tollgate) -> str:
    return gateway.create_key("wire")["key"]


def assert_fresh(gateway: Tollgate, raw: RawUpstream, key: str, connections: int) -> None:
    """The next call is whole, and came over this many new connections."""
    before = raw.connections
    answer = gateway.chat(key, "after it")
    assert answer.status == 200 and answer.body == ANSWER, answer
    assert raw.connections - before == connections


def cuts_of(answer: bytes) -> list[list[int]]:
    return [[], [len(answer) // 2]] + ([list(range(1, len(answer)))] if len(answer) < 2000 else [])


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_answer_is_a_502_and_ends_its_connection(
        gateway: Tollgate, raw: RawUpstream, key: str, name: str) -> None:
    for cuts in cuts_of(AMBIGUOUS[name]):
        raw.scripts.append(Script(AMBIGUOUS[name], cuts))
        before = len(raw.requests)
        answer = gateway.chat(key, "ambiguous")
        assert answer.status == 502 and answer.error["code"], (cuts[:2], answer)
        assert len(raw.requests) == before + 1, "an answer that came is not asked for again"
        assert_fresh(gateway, raw, key, connections=1)


@pytest.mark.parametrize("name", TRUNCATED)
def test_truncated_answer_is_a_502(
        gateway: Tollgate, raw: RawUpstream, key: str, name: str) -> None:
    assert gateway.chat(key, "so that the connection is a kept one").status == 200
    # The first attempt finds a connection that was kept, the second a fresh one.
    retried = name == "nothing"
    raw.scripts += [Script(TRUNCATED[name], then_close=True)] * (2 if retried else 1)
    before = len(raw.requests)
    answer = gateway.chat(key, "truncated")
    assert answer.status == 502, answer
    assert len(raw.requests) == before + (2 if retried else 1)
    assert not raw.scripts
    assert_fresh(gateway, raw, key, connections=1)


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_answer_passes(
        gateway: Tollgate, raw: RawUpstream, key: str, name: str) -> None:
    bytes_, kept = UNUSUAL[name]
    for cuts in cuts_of(bytes_):
        raw.scripts.append(Script(bytes_, cuts))
        answer = gateway.chat(key, "unusual")
        assert answer.status == 200 and answer.body == ANSWER, (cuts[:2], answer)
        assert "x-sum" not in {field.lower() for field in answer.headers}
        assert_fresh(gateway, raw, key, connections=0 if kept else 1)


def test_idle_connection_that_the_upstream_closed_costs_no_call(
        gateway: Tollgate, raw: RawUpstream, key: str) -> None:
    """Ten times: the close may come before the next call or meet it on its way."""
    for _ in range(10):
        raw.scripts.append(Script(plain_answer(), then_close=True))
        assert gateway.chat(key, "and then closes").status == 200
        assert gateway.chat(key, "next").status == 200


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429, 500, 503])
def test_error_passes_in_openais_form(
        gateway: Tollgate, raw: RawUpstream, key: str, status: int) -> None:
    error = {"message": "no", "type": "t", "param": None, "code": "c"}
    body = json.dumps({"error": error}).encode()
    raw.scripts.append(Script(b"HTTP/1.1 %d X\r\n" % status + JSON +
                              b"Retry-After: 7\r\nContent-Length: %d\r\n\r\n" % len(body) + body))
    answer = gateway.chat(key, "error")
    assert answer.status == status and answer.error["code"] == "c"
    assert answer.headers["retry-after"] == "7"
    assert_fresh(gateway, raw, key, connections=0)


@pytest.mark.parametrize("status", [204, 304, 301, 302, 307])
def test_status_that_no_client_should_see_is_a_502(
        gateway: Tollgate, raw: RawUpstream, key: str, status: int) -> None:
    raw.scripts.append(Script(b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1:1/\r\n"
                              b"Content-Length: 0\r\n\r\n" % status))
    answer = gateway.chat(key, "odd status")
    assert answer.status == 502 and answer.error["message"], answer
    assert "location" not in {field.lower() for field in answer.headers}
    assert gateway.chat(key, "after it").body == ANSWER


def test_early_answer_is_relayed(gateway: Tollgate, raw: RawUpstream, key: str) -> None:
    """The upstream refuses before it has read a large body, and closes."""
    body = json.dumps({"error": {"message": "too large", "type": "t", "param": None,
                                 "code": "c"}}).encode()
    raw.early = (b"HTTP/1.1 413 X\r\n" + JSON + b"Connection: close\r\nContent-Length: %d\r\n\r\n"
                 % len(body) + body)
    answer = gateway.chat(key, "x" * 8_000_000)
    assert answer.status == 413 and answer.error["message"] == "too large", answer
    assert gateway.chat(key, "after it").body == ANSWER


STREAM = (b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini",'
          b'"choices":[{"index":0,"delta":{"content":"one"},"finish_reason":null}]}\n\n')


@pytest.mark.parametrize("ending", ["close", "last chunk", "garbage"])
def test_stream_without_its_end_never_looks_whole(
        gateway: Tollgate, raw: RawUpstream, key: str, ending: str) -> None:
    tail = {"close": b"", "last chunk": b"0\r\n\r\n", "garbage": b"zzz\r\n"}[ending]
    raw.scripts.append(Script(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + CODING +
        b"\r\n%x\r\n%s\r\n" % (len(STREAM), STREAM) + tail, then_close=True))
    stream = gateway.open_stream(key, "breaks off")
    call = stream.headers["x-request-id"]
    seen = [data for data in events(stream)]
    assert len(seen) == 2 and "one" in seen[0], seen
    assert json.loads(seen[1])["error"]["message"]
    assert "[DONE]" not in seen
    assert gateway.event(call)["outcome"] == UPSTREAM_TRUNCATED
    assert gateway.chat(key, "after it").body == ANSWER
