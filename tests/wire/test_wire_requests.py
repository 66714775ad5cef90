# SPDX-License-Identifier: Apache-2.0
"""Request smuggling: each shape is sent with a canary behind it, in one write, in two, and byte by
byte. What is refused closes the connection, reaches no upstream, leaves no usage event, and its
canary is never answered. And what is unusual, but right, works.
"""
from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Iterator

import pytest

from raw import (
    BODY, CANARY, CHUNKED, LENGTH, answers, connect, read_to_end, splits, statuses_of)
from shapes import ACCEPTED, REFUSED, REFUSED_WHOLE, mutate
from tollgate import Tollgate, wait_for
from upstreams import Upstream

SEED = int(os.environ.get("TOLLGATE_SEED", random.randrange(1 << 32)))


@pytest.fixture(scope="module", autouse=True)
def events_are_calls(rough: Tollgate, upstream: Upstream) -> Iterator[None]:
    """At the end there is an event for each call that an upstream saw, and no other."""
    yield
    wait_for(lambda: len(rough.call_ids()) >= len(upstream.calls), what="an event of each call")
    assert sorted(rough.call_ids()) == sorted(upstream.call_ids())


@pytest.fixture(scope="module")
def key(rough: Tollgate) -> str:
    return rough.create_key("wire")["key"]


@pytest.fixture(scope="module")
def head(key: str) -> bytes:
    return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\n").encode()


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_framing_is_refused(
        rough: Tollgate, upstream: Upstream, head: bytes, name: str) -> None:
    statuses, shape = REFUSED[name]
    before = len(upstream.calls)
    data = head + shape + CANARY
    for cuts in splits(data):
        got = answers(rough, data, cuts)
        assert len(got) == 1 and got[0] in statuses, f"{len(cuts)} cuts: {got}"
    assert len(upstream.calls) == before, "a refused request reached the upstream"


@pytest.mark.parametrize("name", REFUSED_WHOLE)
def test_malformed_head_is_refused(rough: Tollgate, name: str) -> None:
    statuses, shape = REFUSED_WHOLE[name]
    data = shape + CANARY
    for cuts in splits(data):
        got = answers(rough, data, cuts)
        assert len(got) == 1 and got[0] in statuses, f"{len(cuts)} cuts: {got}"


@pytest.mark.parametrize("name", ACCEPTED)
def test_plain_framing_is_accepted_and_its_canary_answered(
        rough: Tollgate, upstream: Upstream, head: bytes, name: str) -> None:
    data = head + ACCEPTED[name] + CANARY
    for cuts in splits(data):
        before = len(upstream.calls)
        got = answers(rough, data, cuts)
        assert got == [200, 404], f"{len(cuts)} cuts: {got}"
        assert len(upstream.calls) == before + 1
    request = upstream.calls[-1]
    assert request["body"] == BODY
    assert "nobody" not in str(request["headers"]), "a trailer became a header"


@pytest.mark.parametrize("name", [b"Transfer-Encoding", b"Content-Length", b"Host", b"Expect"])
def test_no_mutation_of_a_framing_field_is_read_in_two_ways(
        rough: Tollgate, upstream: Upstream, head: bytes, name: bytes) -> None:
    """Either refused and closed, or read by its true length, so that the canary comes next."""
    values = {b"Transfer-Encoding": b"chunked", b"Content-Length": b"5", b"Host": b"other",
              b"Expect": b"100-continue"}
    print(f"TOLLGATE_SEED={SEED}")
    seeded = random.Random(SEED)
    wrong = []
    for mutation, line in mutate(name, values[name]).items():
        data = head + line + LENGTH + b"\r\n" + BODY + CANARY
        for cuts in ([], sorted(seeded.sample(range(1, len(data)), 2))):
            before = len(upstream.calls)
            got = [status for status in answers(rough, data, cuts) if status != 100]
            new = upstream.calls[before:]
            accepted = got == [200, 404] and [call["body"] for call in new] == [BODY]
            refused = set(got) <= {400, 417, 431, 501} and got and not new
            if not accepted and not refused:
                wrong.append((mutation, cuts, got, len(new)))
    assert not wrong, wrong


def test_body_that_looks_like_a_request_is_a_body(
        rough: Tollgate, upstream: Upstream, head: bytes) -> None:
    smuggled = head + LENGTH + b"\r\n" + BODY
    data = head + b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled + CANARY
    before = len(upstream.calls)
    assert answers(rough, data) == [400, 404]
    assert len(upstream.calls) == before


def test_body_of_a_get_is_a_body(rough: Tollgate, upstream: Upstream, head: bytes) -> None:
    smuggled = head + LENGTH + b"\r\n" + BODY
    data = (b"GET /v1/models HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(smuggled) +
            smuggled + CANARY)
    before = len(upstream.calls)
    got = answers(rough, data)
    assert 200 not in got, got
    assert len(upstream.calls) == before


def test_continue_is_said_once(rough: Tollgate, head: bytes) -> None:
    data = head + b"Expect: 100-continue\r\nConnection: close\r\n" + LENGTH + b"\r\n"
    with connect(rough) as connection:
        connection.sendall(data)
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(BODY)
        rest = read_to_end(connection)
    assert statuses_of(rest) == [200]


def test_continue_is_not_said_to_a_body_that_is_here_already(
        rough: Tollgate, head: bytes) -> None:
    data = head + b"Expect: 100-continue\r\n" + LENGTH + b"\r\n" + BODY + CANARY
    assert answers(rough, data) in ([200, 404], [100, 200, 404])


def test_a_refused_expectation_ends_the_connection(rough: Tollgate, upstream: Upstream) -> None:
    """No body is asked for; one that comes all the same is not the next request."""
    data = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer nobody\r\n"
            b"Expect: 100-continue\r\n" + LENGTH + b"\r\n")
    assert answers(rough, data) == [401]
    assert answers(rough, data + BODY + CANARY) == [401]


def test_a_body_that_never_comes_ends_the_call(upstream: Upstream, key: str) -> None:
    with Tollgate("impatient", flags=("--body-timeout-ms", "200", "--head-timeout-ms", "300",
                                      "--idle-timeout-ms", "400")) as server:
        server.init().start()
        own = server.create_key()["key"]
        start = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {own}"
                 "\r\n").encode()
        assert answers(server, start + LENGTH + b"\r\n" + BODY[:10]) == [408]
        assert answers(server, start) == [408], "half a head"
        assert answers(server, start + LENGTH + b"Expect: 100-continue\r\n\r\n") == [100, 408]
        assert answers(server, b"") == [], "an idle connection is closed without a word"
        assert answers(server, b"GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n") == [200]


def test_connection_header_takes_no_header_away_from_authentication(
        rough: Tollgate, head: bytes, upstream: Upstream) -> None:
    data = (head + LENGTH + b"Connection: close, Authorization, Content-Length\r\n\r\n" + BODY)
    assert answers(rough, data) == [200]
    assert upstream.calls[-1]["body"] == BODY


def test_client_headers_do_not_reach_the_upstream_as_ours(
        rough: Tollgate, head: bytes, upstream: Upstream) -> None:
    data = (head + LENGTH + b"Connection: close, X-Named\r\nCookie: a=b\r\nX-Named: hop\r\n"
            b"Keep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Authorization: Basic eA==\r\n"
            b"X-Tollgate-Call-Id: call_9-9-9\r\n"
            b"\r\n" + BODY)
    assert answers(rough, data) == [200]
    request = upstream.calls[-1]
    names = {name.lower() for name in request["headers"]}
    assert names.isdisjoint({"cookie", "x-named", "keep-alive", "te", "proxy-authorization"}), names
    assert request["call_id"].startswith("call_") and "9-9-9" not in request["call_id"]
    assert "sk-tg-" not in str(request["headers"]), "the client's key reached the upstream"


def test_requests_in_one_write_are_answered_in_their_order(
        rough: Tollgate, head: bytes, upstream: Upstream) -> None:
    bodies = [BODY.replace(b"plain", b"plain %d" % number) for number in range(20)]
    data = b"".join(head + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)
    before = len(upstream.calls)
    assert answers(rough, data + CANARY) == [200] * 20 + [404]
    assert [call["body"] for call in upstream.calls[before:]] == bodies


@pytest.mark.parametrize("target", ["/readyz", "/v1/models", "/v1/chat/completions", "/nothing"])
def test_head_has_the_fields_of_get_and_no_body(rough: Tollgate, key: str, target: str) -> None:
    head = f" {target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\n".encode()
    with connect(rough) as connection:
        connection.sendall(b"HEAD" + head + b"Connection: close\r\n\r\n")
        received = read_to_end(connection)
    assert len(statuses_of(received)) == 1
    assert received.endswith(b"\r\n\r\n") and received.count(b"\r\n\r\n") == 1, received


def test_refused_head_has_no_body_on_the_control_plane_either(rough: Tollgate) -> None:
    head = b"HEAD /v1/tollgate/keys HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n"
    with connect(rough) as connection:
        connection.sendall(head)
        received = read_to_end(connection)
    assert statuses_of(received) == [413] and received.endswith(b"\r\n\r\n"), received


def test_who_stops_writing_and_reads_on_has_gone_away(
        rough: Tollgate, upstream: Upstream, head: bytes) -> None:
    """A half-closed connection cannot be told from one whose client has ended: nobody pays for an
    answer that nobody reads."""
    body = json.dumps({"model": "gpt-4.1-mini", "stream": True,
                       "messages": [{"role": "user", "content": "trickle"}]}).encode()
    with connect(rough) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        connection.shutdown(socket.SHUT_WR)
        read_to_end(connection)
    wait_for(lambda: upstream.open_streams == 0, what="the upstream's stream was cancelled")


def test_http_1_0_is_answered_in_its_own_terms(rough: Tollgate, key: str) -> None:
    head = (f"POST /v1/chat/completions HTTP/1.0\r\nAuthorization: Bearer {key}\r\n").encode()
    assert answers(rough, head + LENGTH + b"\r\n" + BODY + CANARY) == [200], "closed behind it"
    kept = head + b"Connection: keep-alive\r\n" + LENGTH + b"\r\n" + BODY
    assert answers(rough, kept + CANARY) == [200, 404]
    body = json.dumps({"model": "gpt-4.1-mini", "stream": True,
                       "messages": [{"role": "user", "content": "plain"}]}).encode()
    with connect(rough) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        received = read_to_end(connection)
    assert statuses_of(received) == [200] and b"chunked" not in received.lower()
