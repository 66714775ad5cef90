# SPDX-License-Identifier: Apache-2.0
"""One line a call: what is true of it, no more than may be told, and no line by somebody else."""
from __future__ import annotations

import json
import os
import socket
from typing import Any

import pytest

from call_log import line_about, lines_about, lines_of
from tollgate import Answer, Tollgate, chat_body, events, wait_for
from upstreams import CREDENTIAL, Upstream

CHAT = "/v1/chat/completions"
PROMPT = "a-prompt-nobody-may-log"


def line_of(server: Tollgate, answer: Answer) -> dict[str, Any]:
    return line_about(server, request=answer.headers["x-request-id"])


def test_a_call_leaves_one_line_with_what_the_ledger_says_of_it(
        running: Tollgate, upstream: Upstream) -> None:
    key = running.create_key("logged")
    answer = running.request("POST", CHAT, chat_body("plain"), key["key"],
                             {"X-Client-Request-Id": "mine-1"})
    line = line_of(running, answer)
    event = running.event(answer.headers["x-request-id"])
    assert line["level"] == "info" and line["message"] == "call" and "why" not in line
    assert line["status"] == 200 and line["outcome"] == "completed" and line["attempts"] == 1
    assert line["key"] == key["id"] == event["key_id"]
    assert line["client_request"] == "mine-1" and line["address"] == "127.0.0.1"
    for name in ("project", "organization", "provider"):
        assert line[name] == event[f"{name}_id"], name
    assert (line["endpoint"], line["model"]) == (CHAT, "gpt-4.1-mini")
    assert (line["input_tokens"], line["output_tokens"]) == (12, 1000)
    assert line["charge_nanousd"] == int(answer.headers["x-tollgate-charge-nanousd"]) > 0
    assert line["overhead_us"] == int(answer.headers["x-tollgate-overhead-us"])
    assert line["overhead_us"] <= line["first_byte_us"] <= line["duration_us"]
    assert not {"stream", "test", "estimated"} & line.keys()


def test_a_stream_has_its_first_byte_before_its_end(running: Tollgate, upstream: Upstream) -> None:
    stream = running.open_stream(running.create_key()["key"], "trickle")
    words = events(stream)
    for _ in range(3):
        next(words)
    stream.close()
    line = line_about(running, request=stream.headers["x-request-id"])
    assert line["outcome"] == "client_gone" and line["stream"] and line["estimated"]
    assert line["first_byte_us"] + 20_000 <= line["duration_us"], "three words, 20 ms apart"


@pytest.mark.parametrize("prompt, status, outcome, why", [
    ("error-500", 500, "upstream_error", None),
    ("disconnect", 502, "upstream_failed", "upstream_truncated"),
    ("not-json", 502, "upstream_truncated", "upstream_protocol"),
])
def test_a_call_that_fails_has_one_line_too(running: Tollgate, upstream: Upstream, prompt: str,
                                            status: int, outcome: str, why: str | None) -> None:
    answer = running.chat(running.create_key()["key"], prompt)
    line = line_of(running, answer)
    assert answer.status == line["status"] == status
    assert (line["message"], line["outcome"], line.get("why")) == ("call", outcome, why)


def test_what_was_refused_says_why_and_has_no_money(running: Tollgate, upstream: Upstream) -> None:
    key = running.create_key()
    no_model = line_of(running, running.chat(key["key"], "plain", model="nothing"))
    assert (no_model["message"], no_model["why"]) == ("call refused", "model_not_found")
    assert (no_model["status"], no_model["model"], no_model["key"]) == (404, "nothing", key["id"])
    no_key = line_of(running, running.chat("sk-tg-proj-nobody", "plain"))
    assert no_key["why"] == "key_invalid" and "key" not in no_key
    for line in (no_model, no_key):
        assert not {"outcome", "charge_nanousd", "input_tokens", "attempts"} & line.keys()


def test_no_line_holds_a_body_a_key_or_a_credential(running: Tollgate, upstream: Upstream) -> None:
    key = running.create_key()["key"]
    last = [running.chat(key, f"{prompt} {PROMPT}") for prompt in ("plain", "error-400", "garbage")]
    running.chat(key, PROMPT, model=key)
    last.append(running.request("POST", CHAT, chat_body("plain", model="nothing"), key,
                                {"X-Client-Request-Id": key}))
    for answer in last:
        line_of(running, answer)
    text = running.stderr_path.read_text()
    for hidden in (PROMPT, key, CREDENTIAL, "whole answer", '"choices"'):
        assert hidden not in text, hidden


@pytest.mark.parametrize("model", [
    'x","status":200,"x":"', 'x"}\n{"message":"call","request":"forged"}\n', "\r\nforged", "x\\",
    "\u2028forged", "\x1b[2Kforged", "\u202eforged", "ü" * 100])
def test_a_client_cannot_make_a_line(running: Tollgate, model: str) -> None:
    before = len(lines_of(running))
    answer = running.chat(running.create_key()["key"], "plain", model=model)
    line = line_of(running, answer)
    assert answer.status in (400, 404)
    assert line["message"] == "call refused" and line["status"] == answer.status
    if answer.status == 404:  # else nobody has read so far
        assert model.startswith(line["model"].rstrip("\ufffd")) and line["model"]
    assert len(lines_of(running)) == before + 1
    assert not lines_about(running, request="forged")
    text = running.stderr_path.read_bytes()
    assert all(byte == 0x0a or 0x20 <= byte < 0x7f for byte in text), "more than printable ASCII"


def test_calls_may_have_no_lines(upstream: Upstream) -> None:
    with Tollgate("no-lines", flags=("--log-calls", "off")) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        key = server.create_key()["key"]
        server.chat(key, "plain")
        refused = server.chat(key, "plain", model="nothing")
        line_of(server, refused)
        server.stop()
        assert not lines_about(server, message="call")
        assert len(lines_about(server, message="call refused")) == 1


def test_the_last_lines_are_written_before_the_end(upstream: Upstream) -> None:
    with Tollgate("last-lines") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        key = server.create_key()["key"]
        answers = [server.chat(key, "plain") for _ in range(20)]
        assert server.stop() == 0
        named = {line["request"] for line in lines_about(server, message="call")}
        assert named == {answer.headers["x-request-id"] for answer in answers}


def test_who_does_not_read_the_log_holds_nobody_up() -> None:
    """A pipe that nobody reads: answers go on, and the lines that were left out are counted."""
    with Tollgate("unread", workers=1) as server:
        server.init()
        pipe = server.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        server.under = ("sh", "-c", f'exec "$0" "$@" 2> {pipe}')
        server.start()
        # Each line has 500 bytes of the client's own.
        refused = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nX-Client-Request-Id: %s\r\n"
                   b"\r\n" % (b"c" * 500))
        calls, rounds = 50, 100
        for _ in range(rounds):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(refused * calls)
                received = b""
                while received.count(b"HTTP/1.1 401 ") < calls:
                    piece = connection.recv(65536)
                    assert piece, received[-500:]
                    received += piece

        os.set_blocking(reader, True)
        with open(reader, encoding="ascii") as log:
            written, lost = 0, 0
            while written + lost < calls * rounds:
                line = json.loads(log.readline())
                written += line["message"] == "call refused"
                lost += line["lines"] if line["message"] == "lines of calls left out" else 0
        assert written + lost == calls * rounds and written > 1000 and lost > 1000
        wait_for(server.is_ready, what="/readyz")


TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def test_a_trace_goes_on_to_the_upstream_and_stands_in_the_log(
        running: Tollgate, upstream: Upstream) -> None:
    sent = {"traceparent": PARENT, "tracestate": "vendor=opaque,other=1"}
    answer = running.request("POST", CHAT, chat_body("plain"), running.create_key()["key"], sent)
    received = upstream.calls[-1]["headers"]
    assert {name: received.get(name) for name in sent} == sent
    assert line_of(running, answer)["trace"] == TRACE


@pytest.mark.parametrize("traceparent", [
    PARENT + "-more", PARENT[:-1], PARENT.upper(), f"00-{'0' * 32}-b7ad6b7169203331-01", "forged",
    "", None])
def test_an_invalid_trace_goes_nowhere(
        running: Tollgate, upstream: Upstream, traceparent: str | None) -> None:
    sent = {"tracestate": "vendor=opaque"}
    if traceparent is not None:
        sent["traceparent"] = traceparent
    answer = running.request("POST", CHAT, chat_body("plain"), running.create_key()["key"], sent)
    received = {name.lower() for name in upstream.calls[-1]["headers"]}
    assert answer.status == 200 and not {"traceparent", "tracestate"} & received
    assert "trace" not in line_of(running, answer)
