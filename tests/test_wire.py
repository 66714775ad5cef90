# SPDX-License-Identifier: Apache-2.0
"""Request smuggling: each shape is sent with a canary behind it, in one write, in two, and byte by
byte. What is refused closes the connection, reaches no upstream, and its canary is never answered.
"""
import re
import socket

import pytest

from tollgate import Tollgate
from upstreams import Upstream

BODY = b'{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"plain"}]}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
CANARY = b"GET /healthz-canary HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

# name: (statuses, what stands between the request line with Host and the canary)
REFUSED = {
    "length and chunked": ({400}, LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED),
    "chunked and length": ({400}, b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED),
    "two different lengths": ({400}, LENGTH + b"Content-Length: 6\r\n\r\n" + BODY),
    "two equal lengths": ({400}, LENGTH + LENGTH + b"\r\n" + BODY),
    "list of lengths": ({400}, b"Content-Length: 5, 5\r\n\r\nhello"),
    "signed length": ({400}, b"Content-Length: +5\r\n\r\nhello"),
    "hexadecimal length": ({400}, b"Content-Length: 0x5\r\n\r\nhello"),
    "empty length": ({400}, b"Content-Length:\r\n\r\n"),
    "length of 2^64+5": ({400, 413}, b"Content-Length: 18446744073709551621\r\n\r\nhello"),
    "space before the colon": ({400}, b"Content-Length : 5\r\n\r\nhello"),
    "tab before chunked's colon": ({400}, b"Transfer-Encoding\t: chunked\r\n\r\n" + CHUNKED),
    "folded line": ({400}, b"X: a\r\n Transfer-Encoding: chunked\r\n\r\n" + CHUNKED),
    "unknown coding": ({400, 501}, b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED),
    "chunked is not last": ({400, 501}, b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED),
    "gzip and chunked": ({400, 501}, b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKED),
    "chunked twice": ({400, 501}, b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED),
    "vertical tab before chunked": ({400, 501},
                                    b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKED),
    "bare carriage return": ({400}, b"X: a\rTransfer-Encoding: chunked\r\n" + LENGTH + b"\r\n"
                             + BODY),
    "bare line feed": ({400}, b"X: a\nTransfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + BODY),
    "name that is no token": ({400}, b"Transfer-Encod\xc4\xb1ng: chunked\r\n\r\n" + CHUNKED),
    "zero byte in a value": ({400}, b"X: a\x00b\r\n" + LENGTH + b"\r\n" + BODY),
    "empty chunk size": ({400}, b"Transfer-Encoding: chunked\r\n\r\n\r\n\r\n"),
    "signed chunk size": ({400}, b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"),
    "chunk size of 17 digits": ({400, 413}, b"Transfer-Encoding: chunked\r\n\r\n"
                                b"FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n"),
    "chunk longer than its size": ({400}, b"Transfer-Encoding: chunked\r\n\r\n"
                                   b"5\r\nhelloXX\r\n0\r\n\r\n"),
    "chunk ends in a line feed": ({400}, b"Transfer-Encoding: chunked\r\n\r\n"
                                  b"5\r\nhello\n0\r\n\r\n"),
    "second Host": ({400}, b"Host: other\r\n" + LENGTH + b"\r\n" + BODY),
    "unknown expectation": ({417}, b"Expect: x\r\n" + LENGTH + b"\r\n" + BODY),
}

ACCEPTED = {
    "length": LENGTH + b"\r\n" + BODY,
    "length among spaces": b"Content-Length:\t%d \r\n\r\n" % len(BODY) + BODY,
    "chunked": b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "chunked in capitals": b"Transfer-Encoding: CHUNKED\r\n\r\n" + CHUNKED,
    "chunk extension": b"Transfer-Encoding: chunked\r\n\r\n%x;a=\"b;c\"\r\n%s\r\n0\r\n\r\n" % (
        len(BODY), BODY),
}

REFUSED_HEADS = {
    "no Host": ({400}, b"GET /readyz HTTP/1.1\r\n\r\n"),
    "two spaces": ({400}, b"GET  /readyz HTTP/1.1\r\nHost: h\r\n\r\n"),
    "version in small letters": ({400, 505}, b"GET /readyz http/1.1\r\nHost: h\r\n\r\n"),
    "HTTP/2 preface": ({400, 505}, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "zero byte in the target": ({400}, b"GET /ready\x00z HTTP/1.1\r\nHost: h\r\n\r\n"),
    "chunked in HTTP/1.0": ({400}, b"POST /v1/models HTTP/1.0\r\nHost: h\r\n"
                            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "head too large": ({400, 431}, b"GET /readyz HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 100_000
                       + b"\r\n\r\n"),
}


def answers(server: Tollgate, data: bytes, cuts: list[int]) -> list[int]:
    """The statuses that come back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        try:
            for begin, end in zip([0, *cuts], [*cuts, len(data)]):
                connection.sendall(data[begin:end])
        except ConnectionError:
            pass  # refused before all was sent
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
    # A body may end without a line break: the next status line then follows it at once.
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


def splits(data: bytes, name: str) -> list[list[int]]:
    """In one write, in two at each side of the middle, and byte by byte where that is quick."""
    middle = len(data) // 2
    return [[], [middle], [middle + 1]] + ([list(range(1, len(data)))] if len(data) < 2000 else [])


@pytest.fixture(scope="module")
def head(rough: Tollgate) -> bytes:
    key = rough.create_key("wire")["key"]
    return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\n").encode()


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_framing_is_refused(
        rough: Tollgate, upstream: Upstream, head: bytes, name: str) -> None:
    statuses, shape = REFUSED[name]
    before = len(upstream.calls)
    data = head + shape + CANARY
    for cuts in splits(data, name):
        got = answers(rough, data, cuts)
        assert len(got) == 1 and got[0] in statuses, f"{len(cuts)} cuts: {got}"
    assert len(upstream.calls) == before, "a refused request reached the upstream"


@pytest.mark.parametrize("name", REFUSED_HEADS)
def test_malformed_head_is_refused(rough: Tollgate, name: str) -> None:
    statuses, shape = REFUSED_HEADS[name]
    data = shape + CANARY
    for cuts in splits(data, name):
        got = answers(rough, data, cuts)
        assert len(got) == 1 and got[0] in statuses, f"{len(cuts)} cuts: {got}"


@pytest.mark.parametrize("name", ACCEPTED)
def test_plain_framing_is_accepted_and_its_canary_answered(
        rough: Tollgate, upstream: Upstream, head: bytes, name: str) -> None:
    data = head + ACCEPTED[name] + CANARY
    for cuts in splits(data, name):
        before = len(upstream.calls)
        got = answers(rough, data, cuts)
        assert len(got) == 2 and got[0] == 200, f"{len(cuts)} cuts: {got}"
        assert len(upstream.calls) == before + 1
    request = upstream.calls[-1]
    assert request["body"] == BODY


def test_body_that_looks_like_a_request_is_a_body(
        rough: Tollgate, upstream: Upstream, head: bytes) -> None:
    smuggled = head + LENGTH + b"\r\n" + BODY
    data = head + b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled + CANARY
    before = len(upstream.calls)
    got = answers(rough, data, [])
    assert len(got) == 2 and got[0] == 400, got
    assert len(upstream.calls) == before


def test_continue_is_said_once(rough: Tollgate, head: bytes) -> None:
    data = head + b"Expect: 100-continue\r\nConnection: close\r\n" + LENGTH + b"\r\n"
    with socket.create_connection(("127.0.0.1", rough.port), timeout=10) as connection:
        connection.sendall(data)
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(BODY)
        rest = b""
        while piece := connection.recv(65536):
            rest += piece
    assert rest.startswith(b"HTTP/1.1 200") and rest.count(b"HTTP/1.1") == 1


def test_connection_header_takes_no_header_away_from_authentication(
        rough: Tollgate, head: bytes, upstream: Upstream) -> None:
    data = (head + LENGTH + b"Connection: close, Authorization, Content-Length\r\n\r\n" + BODY)
    assert answers(rough, data, []) in ([200], [400])


def test_client_headers_do_not_reach_the_upstream_as_ours(
        rough: Tollgate, head: bytes, upstream: Upstream) -> None:
    data = (head + LENGTH + b"Connection: close\r\nCookie: a=b\r\n"
            b"X-Tollgate-Call-Id: call_9-9-9\r\n"
            b"\r\n" + BODY)
    assert answers(rough, data, []) == [200]
    request = upstream.calls[-1]
    names = {name.lower() for name in request["headers"]}
    assert "cookie" not in names
    assert request["call_id"].startswith("call_") and "9-9-9" not in request["call_id"]
    assert "sk-tg-" not in str(request["headers"]), "the client's key reached the upstream"
