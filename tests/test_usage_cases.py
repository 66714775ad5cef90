# SPDX-License-Identifier: Apache-2.0
"""tests/data/usage_cases.json through the real server: every usage object of the contract, with a
sum worked out by hand. And which prices hold: those of the admission, of what was served."""
from __future__ import annotations

import io
import json
import pathlib
import threading
import wave
from collections.abc import Iterator
from typing import Any

import pytest

from local_servers import LocalHttp, QuietHandler
from tollgate import ROOT, Answer, Tollgate
from upstreams import CREDENTIAL

CASES: list[dict[str, Any]] = json.loads((ROOT / "tests/data/usage_cases.json").read_text())
COUNTS = ["input_text_tokens", "input_audio_tokens", "input_image_tokens",
          "cached_input_text_tokens", "cached_input_audio_tokens", "cached_input_image_tokens",
          "cache_write_text_tokens", "cache_write_1h_text_tokens", "cache_write_12h_text_tokens",
          "output_text_tokens", "output_audio_tokens", "output_image_tokens", "reasoning_tokens",
          "output_images", "input_milliseconds", "input_characters", "input_pages",
          "web_search_calls", "file_search_calls", "code_interpreter_sessions"]
OVER_BOUND, MISMATCH, AS_SERVED = 1 << 0, 1 << 5, 1 << 6
# Models of the tests below; what they cost in and out, in dollars per million.
ASKED, OTHER, UNKNOWN = "asked-model", "other-model", "nobodys-model"
MORE_PRICES = {ASKED: (2, 8), OTHER: (3, 12)}


def model_of(case: dict[str, Any]) -> str:
    return f"case-{CASES.index(case):02}"


class CaseUpstream(LocalHttp):
    """Answers each model with its case's answer, or as a test says meanwhile."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {model_of(case): case for case in CASES}
        self.asked = threading.Event()
        self.release = threading.Event()
        self.release.set()
        super().__init__(_Handler)


class _Handler(QuietHandler):
    owner: CaseUpstream

    def do_GET(self) -> None:
        names = [*self.owner.answers, *MORE_PRICES, UNKNOWN]
        self.send(json.dumps({"object": "list", "data": [
            {"id": name, "object": "model", "created": 1, "owned_by": "cases"}
            for name in names]}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.owner.asked.set()
        self.owner.release.wait(20)
        [name] = [name for name in [*self.owner.answers, *MORE_PRICES]
                  if f'"{name}"'.encode() in body or f"\r\n{name}\r\n".encode() in body]
        case = self.owner.answers[name]
        if "events" in case:
            texts = [event if isinstance(event, str) else json.dumps(event)
                     for event in case["events"]]
            self.send("".join(f"data: {text}\n\n" for text in texts).encode(), "text/event-stream")
        elif case.get("sound"):
            self.send(b"RIFF....", "audio/wav")
        else:
            self.send(json.dumps(case["answer"]).encode())

    def send(self, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def upstream() -> Iterator[CaseUpstream]:
    upstream = CaseUpstream()
    yield upstream
    upstream.stop()


def price(name: str, usd: str) -> dict[str, Any]:
    unit, *parts = name.split(",")
    million = unit.endswith(("_token", "_character"))
    made: dict[str, Any] = {"unit": unit, "usd_per_million" if million else "usd_per_unit": usd}
    for part in parts:
        key, value = part.split("=")
        made["above_input_tokens" if key == "above" else key] = (
            int(value) if key == "above" else value)
    return made


@pytest.fixture(scope="module")
def gateway(upstream: CaseUpstream) -> Iterator[Tollgate]:
    models = [{"model": model_of(case), "prices": [price(*pair) for pair in case["prices"].items()]}
              for case in CASES]
    with Tollgate("usage-cases") as server:
        server.init()
        server.start()
        server.add_provider("cases", upstream.url, CREDENTIAL)
        file = pathlib.Path(server.folder) / "cases.json"
        file.write_text(json.dumps({"currency": "USD", "models": models}))
        server.json("prices", "import", str(file))
        yield server


@pytest.fixture(scope="module")
def key(gateway: Tollgate) -> str:
    return gateway.create_key("cases")["key"]


def recording() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(32_000))
    return file.getvalue()


def post_form(server: Tollgate, path: str, fields: dict[str, str], key: str) -> Answer:
    boundary = "frontier"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in fields.items()]
    body = ("".join(parts).encode() + f'--{boundary}\r\nContent-Disposition: form-data; '
            'name="file"; filename="a.wav"\r\n\r\n'.encode() + recording()
            + f"\r\n--{boundary}--\r\n".encode())
    return server.post(path, body, key,
                       headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})


def ask(server: Tollgate, case: dict[str, Any], key: str) -> Answer:
    if "form" in case:
        fields = {**case["form"], "model": model_of(case)}
        return post_form(server, case["endpoint"], fields, key)
    return server.post(case["endpoint"], {**case["request"], "model": model_of(case)}, key)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_usage_is_charged_as_worked_out_by_hand(gateway: Tollgate, key: str,
                                                case: dict[str, Any]) -> None:
    answer = ask(gateway, case, key)
    assert answer.status == 200, answer
    event = gateway.event(answer.headers["x-request-id"])
    assert event["charge"] == event["cost"] == case["charge_nanousd"], case["sum"]
    compared = [name for name in COUNTS if name not in case.get("not_compared", [])]
    assert {name: event[name] for name in compared if event[name]} == case["counts"]
    # These requests are short, and answers tell more than they can ask.
    assert event["flags"] & ~OVER_BOUND == case.get("flags", 0)
    for name, word in case.get("words", {}).items():
        assert event[name] == word


def chat_answer(model: str, usage: tuple[int, int] = (1_000, 100)) -> dict[str, Any]:
    return {"answer": {"id": "chatcmpl-1", "object": "chat.completion", "created": 1,
                       "model": model, "choices": [
                           {"index": 0, "finish_reason": "stop",
                            "message": {"role": "assistant", "content": "four"}}],
                       "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1],
                                 "total_tokens": sum(usage)}}}


def cost(prices: tuple[int, int], usage: tuple[int, int] = (1_000, 100)) -> int:
    return prices[0] * usage[0] * 1000 + prices[1] * usage[1] * 1000


def set_prices(server: Tollgate, *flags: str) -> None:
    for model, (for_input, for_output) in MORE_PRICES.items():
        server.json("prices", "set", model, "--input", str(for_input), "--output",
                    str(for_output), *flags)


def test_a_price_that_changed_while_a_call_ran_is_not_its_price(gateway: Tollgate, key: str,
                                                                upstream: CaseUpstream) -> None:
    set_prices(gateway)
    upstream.answers[ASKED] = chat_answer(ASKED)
    upstream.release.clear()
    upstream.asked.clear()
    answers: list[Answer] = []
    caller = threading.Thread(target=lambda: answers.append(
        gateway.chat(key, "hello " * 300, ASKED)))
    caller.start()
    assert upstream.asked.wait(10)
    gateway.json("prices", "set", ASKED, "--input", "200", "--output", "800")
    upstream.release.set()
    caller.join()
    event = gateway.event(answers[0].headers["x-request-id"])
    assert event["charge"] == cost(MORE_PRICES[ASKED])
    later = gateway.chat(key, "hello " * 300, ASKED)
    assert gateway.event(later.headers["x-request-id"])["charge"] == cost((200, 800))
    set_prices(gateway)


@pytest.mark.parametrize("served, prices, flags", [
    (ASKED, MORE_PRICES[ASKED], 0),
    (f"{ASKED}-2026-10-01", MORE_PRICES[ASKED], 0),
    (f"cases/{ASKED}", MORE_PRICES[ASKED], 0),
    (OTHER, MORE_PRICES[OTHER], MISMATCH | AS_SERVED),
    (f"{OTHER}-2026-10-01", MORE_PRICES[OTHER], MISMATCH | AS_SERVED),
    (UNKNOWN, MORE_PRICES[ASKED], MISMATCH),
], ids=["the same", "a snapshot of it", "with a folder", "another", "a snapshot of another",
        "one without a price"])
def test_what_was_served_is_what_is_charged(gateway: Tollgate, key: str, upstream: CaseUpstream,
                                            served: str, prices: tuple[int, int],
                                            flags: int) -> None:
    set_prices(gateway)
    upstream.answers[ASKED] = chat_answer(served)
    answer = gateway.chat(key, "hello " * 300, ASKED)
    event = gateway.event(answer.headers["x-request-id"])
    assert (event["charge"], event["flags"]) == (cost(prices), flags)
    assert event["served_model"] == served


def test_a_dearer_model_in_its_place_does_not_pass_a_limit_in_silence(
        gateway: Tollgate, upstream: CaseUpstream) -> None:
    set_prices(gateway)
    gateway.json("prices", "set", OTHER, "--input", "3000", "--output", "12000")
    upstream.answers[ASKED] = chat_answer(OTHER)
    own = gateway.create_key("mismatch")
    gateway.limit("key", own["id"], "1")
    answer = gateway.chat(own["key"], "hello " * 300, ASKED, max_tokens=100)
    event = gateway.event(answer.headers["x-request-id"])
    assert event["flags"] == OVER_BOUND | MISMATCH | AS_SERVED
    assert event["charge"] == cost((3000, 12000)) > 10**9
    assert gateway.chat(own["key"], "hello", ASKED).status == 429
    gateway.verify()
