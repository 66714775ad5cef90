# SPDX-License-Identifier: Apache-2.0
"""What every answer says of itself: which request it answers, what came in between, which methods
there are; and what is closed says so."""
from __future__ import annotations

import re
import threading
import time

import pytest

from tollgate import Answer, Tollgate, chat_body, wait_for
from upstreams import CREDENTIAL, Upstream

CHAT = "/v1/chat/completions"
CLOSED = [
    ("POST", "/v1/vector_stores"), ("GET", "/v1/containers"),
    ("POST", "/v1/videos"), ("POST", "/v1/assistants"), ("POST", "/v1/threads/runs"),
    ("POST", "/v1/evals"), ("POST", "/v1/chatkit/sessions"),
    ("POST", "/v1/fine_tuning/alpha/graders/run"),
    ("POST", "/v1/content_provenance_checks"), ("GET", "/v1/realtime?model=gpt-realtime"),
    ("POST", "/v1/realtime/client_secrets"), ("POST", "/v1/audio/voices"),
]


@pytest.fixture(scope="module")
def key(rough: Tollgate) -> str:
    return rough.create_key("fields")["key"]


def chat(rough: Tollgate, key: str | None, headers: dict[str, str] = {},
         text: str = "plain", **fields: object) -> Answer:
    return rough.request("POST", CHAT, chat_body(text, **fields), key, headers)


@pytest.mark.parametrize("case", ["answer", "stream", "refusal", "no key", "method", "models",
                                  "no such model", "upstream's error", "closed"])
def test_every_answer_says_which_request_it_answers(
        rough: Tollgate, key: str, case: str) -> None:
    own = {"X-Client-Request-Id": "c1a2-b3/own"}
    answer = {
        "answer": lambda: chat(rough, key, own),
        "stream": lambda: chat(rough, key, own, stream=True),
        "refusal": lambda: chat(rough, key, own, model="nothing"),
        "no key": lambda: chat(rough, None, own),
        "method": lambda: rough.request("PUT", CHAT, None, key, own),
        "models": lambda: rough.request("GET", "/v1/models", None, key, own),
        "no such model": lambda: rough.request("GET", "/v1/models/nothing", None, key, own),
        "upstream's error": lambda: chat(rough, key, own, "error-500"),
        "closed": lambda: rough.request("GET", "/v1/files", None, key, own),
    }[case]()
    assert re.fullmatch(r"(call|req)_[\w-]+", answer.headers["x-request-id"])
    assert answer.headers.get_all("x-client-request-id") == ["c1a2-b3/own"]


@pytest.mark.parametrize("value", ["x" * 513, "with space", "ümlaut"])
def test_client_request_id_that_cannot_be_repeated_is_left_out(
        rough: Tollgate, key: str, value: str) -> None:
    answer = chat(rough, key, {"X-Client-Request-Id": value})
    assert answer.status == 200 and "x-client-request-id" not in answer.headers


def test_client_request_id_stands_in_the_log_of_a_refusal(rough: Tollgate, key: str) -> None:
    chat(rough, key, {"X-Client-Request-Id": "find-me-in-the-log"}, model="nothing")
    wait_for(lambda: '"find-me-in-the-log"' in rough.stderr_path.read_text(), what="the line")


def test_answer_says_what_the_gateway_took_and_how_often_it_asked(
        rough: Tollgate, upstream: Upstream, key: str) -> None:
    answer = chat(rough, key)
    assert answer.headers["x-tollgate-attempts"] == "1"
    assert int(answer.headers["x-tollgate-overhead-us"]) > 0


def test_what_the_upstream_takes_is_not_the_gateways(
        rough: Tollgate, upstream: Upstream, key: str) -> None:
    upstream.release.clear()
    before = len(upstream.calls)
    answers: list[Answer] = []
    client = threading.Thread(target=lambda: answers.append(chat(rough, key, text="hold")))
    client.start()
    wait_for(lambda: len(upstream.calls) > before, what="the call's arrival")
    held_ms = 100
    held_since = time.monotonic()
    wait_for(lambda: time.monotonic() >= held_since + held_ms / 1e3, what="the upstream's time")
    upstream.release.set()
    client.join()
    processing_ms = int(answers[0].headers["openai-processing-ms"])
    assert processing_ms >= held_ms
    assert int(answers[0].headers["x-tollgate-overhead-us"]) / 1e3 <= processing_ms + 1 - held_ms


def test_method_that_there_is_not_says_which_there_are(rough: Tollgate, key: str) -> None:
    for method, path, allowed in (("PUT", CHAT, "GET, POST"), ("DELETE", "/v1/embeddings", "POST"),
                                  ("POST", "/v1/models", "GET, HEAD")):
        answer = rough.request(method, path, None, key)
        assert answer.status == 405 and answer.headers["allow"] == allowed, answer


@pytest.mark.parametrize("method, path", CLOSED)
def test_what_cannot_be_metered_is_closed_and_says_so(
        rough: Tollgate, upstream: Upstream, key: str, method: str, path: str) -> None:
    before = len(upstream.requests)
    body = {"model": "gpt-4.1-mini"} if method == "POST" else None
    answer = rough.request(method, path, body, key)
    assert answer.status == 403 and answer.error["code"] == "endpoint_not_allowed", answer
    assert "cannot be metered" in answer.error["message"]
    assert "tollgate routes open" in answer.error["message"]
    assert len(upstream.requests) == before, "it went out all the same"
    unknown = rough.request(method, path, body, "sk-tg-proj-nobody")
    assert unknown.status == 401, unknown


def test_answer_says_how_its_rate_limits_stand(rough: Tollgate) -> None:
    made = rough.create_key("rates")
    rough.limit("key", made["id"], requests=3, per="minute", window="rate")
    rough.limit("key", made["id"], tokens=1_000_000, per="day")
    seen = [chat(rough, made["key"]) for _ in range(3)]
    for number, answer in enumerate(seen):
        assert answer.status == 200
        assert answer.headers["x-ratelimit-limit-requests"] == "3"
        # What flows back meanwhile is a third of one a second at most.
        assert int(answer.headers["x-ratelimit-remaining-requests"]) >= 2 - number
        assert re.fullmatch(r"(\dm)?\d+m?s", answer.headers["x-ratelimit-reset-requests"])
        assert answer.headers["x-ratelimit-limit-tokens"] == "1000000"
        assert re.fullmatch(r"\d+h\d+m\d+s|\d+m\d+s|\d+m?s",
                            answer.headers["x-ratelimit-reset-tokens"])
    first, last = (int(answer.headers["x-ratelimit-remaining-tokens"])
                   for answer in (seen[0], seen[2]))
    assert first < 1_000_000 and last == first - 2 * (1_000_000 - first), "settled by the truth"
    refused = chat(rough, made["key"])
    if refused.status == 200:  # a slow machine: one has flowed back
        return
    assert refused.status == 429 and refused.headers["x-ratelimit-remaining-requests"] == "0"
    wait_ms = int(refused.headers["retry-after-ms"])
    assert 0 < wait_ms <= 60_000
    assert int(refused.headers["retry-after"]) == -(-wait_ms // 1000)


def test_answer_without_rate_limits_names_none(rough: Tollgate, key: str) -> None:
    assert not [name for name in chat(rough, key).headers if name.lower().startswith("x-rate")]


def test_which_target_answered_is_the_operators_to_tell(
        rough: Tollgate, upstream: Upstream, key: str) -> None:
    told = {"x-tollgate-provider", "x-tollgate-model"}
    for stream in (False, True):
        assert not told & {name.lower() for name in chat(rough, key, stream=stream).headers}
    with Tollgate("tell-target", flags=("--tell-target", "on")) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        own = server.create_key()["key"]
        for stream in (False, True):
            answer = chat(server, own, stream=stream)
            assert answer.headers["x-tollgate-provider"] == "upstream"
            assert answer.headers["x-tollgate-model"] == "gpt-4.1-mini"
        sandbox = chat(server, server.create_key("test", "test")["key"])
        assert sandbox.headers["x-tollgate-provider"] == "sandbox"
