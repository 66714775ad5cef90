# SPDX-License-Identifier: Apache-2.0
"""Calls wait for a limit to open, in the order in which they came, for a bounded time."""
from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from call_log import line_about
from tollgate import Answer, Tollgate, chat_body, secret, wait_for
from upstreams import CREDENTIAL, Upstream

METRICS = secret("metrics-token-waiting-2c77")
LONG_MS = 20_000


def server_of(name: str, upstream: Upstream, wait_ms: int) -> Tollgate:
    server = Tollgate(name, 1, {"TOLLGATE_METRICS_TOKEN": METRICS},
                      ("--limit-wait-ms", str(wait_ms)))
    server.init().start()
    server.add_provider("upstream", upstream.url, CREDENTIAL)
    return server


@pytest.fixture(scope="module")
def patient(upstream: Upstream) -> Iterator[Tollgate]:
    with server_of("waiting", upstream, LONG_MS) as server:
        yield server
        server.verify()


def waiting(server: Tollgate) -> int:
    text = server.get("/metrics", METRICS).body.decode()
    return int(text.partition('tollgate_waiting_calls{worker="0"} ')[2].split()[0])


def hold_one(server: Tollgate, upstream: Upstream, key: dict[str, str],
             pool: ThreadPoolExecutor) -> Future[Answer]:
    """A call that is upstream, and stays there until `upstream.release` is set."""
    upstream.release.clear()
    before = len(upstream.calls)
    held = pool.submit(server.chat, key["key"], "hold")
    wait_for(lambda: len(upstream.calls) == before + 1, what="the call upstream")
    return held


def wait_until_waiting(server: Tollgate, calls: int) -> None:
    wait_for(lambda: waiting(server) == calls, what=f"{calls} calls in line")


def prompts(upstream: Upstream) -> list[str]:
    return [json.loads(call["body"])["messages"][-1]["content"] for call in upstream.calls]


def limited_key(server: Tollgate, calls_at_once: int = 1) -> dict[str, str]:
    key = server.create_key("waits")
    server.limit("key", key["id"], concurrency=calls_at_once)
    return key


def test_calls_are_let_in_in_the_order_in_which_they_came(
        patient: Tollgate, upstream: Upstream) -> None:
    key = limited_key(patient)
    before = len(upstream.calls)
    with ThreadPoolExecutor(6) as pool:
        held = hold_one(patient, upstream, key, pool)
        queued = []
        for number in range(5):
            queued.append(pool.submit(patient.chat, key["key"], f"plain number {number}"))
            wait_until_waiting(patient, number + 1)
        assert patient.limits(key["id"])[0]["held"] == 1, "who waits holds nothing"
        upstream.release.set()
        assert held.result().status == 200
        answers = [call.result() for call in queued]
    assert [answer.status for answer in answers] == [200] * 5
    assert prompts(upstream)[before + 1:] == [f"plain number {number}" for number in range(5)]
    line = line_about(patient, request=answers[0].headers["x-request-id"])
    assert 0 < line["queued_us"] <= line["duration_us"]
    assert line["overhead_us"] <= line["first_byte_us"] - line["queued_us"]
    assert waiting(patient) == 0 and patient.limits(key["id"])[0]["held"] == 0


def test_a_rate_that_opens_soon_is_waited_for(patient: Tollgate, upstream: Upstream) -> None:
    key = patient.create_key("rate")
    patient.limit("key", key["id"], requests=60, per="minute", window="rate")
    with ThreadPoolExecutor(20) as pool:
        begun = time.monotonic()
        calls = [pool.submit(patient.chat, key["key"], "plain") for _ in range(63)]
        assert [call.result().status for call in calls] == [200] * 63
    assert time.monotonic() - begun >= 2, "60 at once, then one a second"


@pytest.mark.parametrize("options", [
    {"requests": 1, "per": "day"}, {"usd": "0.000000001", "per": "total"}])
def test_what_does_not_open_in_time_is_refused_at_once(
        patient: Tollgate, upstream: Upstream, options: dict[str, object]) -> None:
    key = patient.create_key("closed")
    patient.limit("key", key["id"], **options)
    answers = [patient.chat(key["key"], "plain") for _ in range(2)]
    assert answers[-1].status == 429
    assert "queued_us" not in line_about(patient, request=answers[-1].headers["x-request-id"])


def test_who_waits_too_long_is_refused_as_ever(upstream: Upstream) -> None:
    with server_of("waiting-shortly", upstream, 300) as server, ThreadPoolExecutor(3) as pool:
        key = limited_key(server)
        before = len(upstream.calls)
        held = hold_one(server, upstream, key, pool)
        begun = time.monotonic()
        late = [pool.submit(server.chat, key["key"], "plain") for _ in range(2)]
        for call in late:
            answer = call.result()
            assert answer.status == 429 and answer.error["code"] == "concurrency_limit_exceeded"
            assert "limit 1 at once, running 1" in answer.error["message"]
        assert time.monotonic() - begun >= 0.3
        assert waiting(server) == 0
        upstream.release.set()
        assert held.result().status == 200 and len(upstream.calls) == before + 1


def ask(server: Tollgate, key: str) -> socket.socket:
    body = json.dumps(chat_body("plain")).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n"
                       b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                       % (key.encode(), len(body), body))
    return connection


def test_a_client_that_goes_away_leaves_the_line(patient: Tollgate, upstream: Upstream) -> None:
    key = limited_key(patient)
    before = len(upstream.calls)
    with ThreadPoolExecutor(2) as pool:
        held = hold_one(patient, upstream, key, pool)
        gone = ask(patient, key["key"])
        wait_until_waiting(patient, 1)
        behind = pool.submit(patient.chat, key["key"], "plain")
        wait_until_waiting(patient, 2)
        gone.close()
        wait_until_waiting(patient, 1)
        upstream.release.set()
        assert held.result().status == behind.result().status == 200
    assert len(upstream.calls) == before + 2


def test_a_revoked_key_leaves_the_line(patient: Tollgate, upstream: Upstream) -> None:
    key = limited_key(patient)
    before = len(upstream.calls)
    with ThreadPoolExecutor(2) as pool:
        held = hold_one(patient, upstream, key, pool)
        queued = pool.submit(patient.chat, key["key"], "plain")
        wait_until_waiting(patient, 1)
        patient.json("keys", "revoke", key["id"])
        answer = queued.result()
        assert answer.status == 401 and "retry-after" not in answer.headers
        assert held.result().status == 401
        upstream.release.set()
    assert len(upstream.calls) == before + 1 and waiting(patient) == 0


def test_the_end_of_the_server_ends_the_line(upstream: Upstream) -> None:
    with server_of("waiting-end", upstream, LONG_MS) as server, ThreadPoolExecutor(4) as pool:
        key = limited_key(server)
        before = len(upstream.calls)
        held = hold_one(server, upstream, key, pool)
        queued = [pool.submit(server.chat, key["key"], "plain") for _ in range(3)]
        wait_until_waiting(server, 3)
        assert server.process
        server.process.terminate()
        assert [call.result().status for call in queued] == [503] * 3
        upstream.release.set()
        assert held.result().status == 200
        assert server.process.wait(15) == 0
        server.process = None
