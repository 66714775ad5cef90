# SPDX-License-Identifier: Apache-2.0
"""The tokenizer in its places: where a prompt's bytes do not fit on a limit, where a provider does
not say what it made, and beside what it says."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from test_metrics import TOKEN, scrape
from tollgate import Tollgate, events, wait_for
from upstreams import CREDENTIAL, USAGE, Upstream

# Its vocabulary is known, and it costs at most 0.70 in and 2.80 out, dollars a million.
MODEL = "gpt-4.1-mini"
ESTIMATED = 3
# Six bytes a token.
TEXT = "plain" + " hello" * 20_000


@pytest.fixture(scope="module")
def counting() -> Iterator[Tollgate]:
    upstream = Upstream([MODEL, "llama-2-70b-chat"])
    with Tollgate("token-counts", environment={"TOLLGATE_METRICS_TOKEN": TOKEN}) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        yield server
    upstream.stop()


def limited_key(server: Tollgate, usd: str) -> str:
    key = server.create_key("counted")
    server.limit("key", key["id"], usd)
    return key["key"]


def test_a_prompt_that_fits_by_its_tokens_and_not_by_its_bytes_is_let_in(
        counting: Tollgate) -> None:
    # 20,000 tokens are at most 1.4 cents, 120,000 bytes 8.4.
    key = limited_key(counting, "0.03")
    answer = counting.chat(key, TEXT, MODEL, max_tokens=1000)
    assert answer.status == 200, answer
    assert "x-tollgate-output-capped" not in answer.headers
    held = counting.event(answer.headers["x-request-id"])["held"]
    assert 20_000 * 700 < held < 30_000_000
    counting.verify()


def test_a_prompt_that_does_not_fit_by_its_tokens_is_refused(counting: Tollgate) -> None:
    key = limited_key(counting, "0.01")
    assert counting.chat(key, TEXT, MODEL, max_tokens=1000).status == 429


def test_what_cannot_be_counted_is_bounded_by_its_bytes(counting: Tollgate) -> None:
    """An unknown vocabulary, and more text than a worker has time for."""
    # 120,000 tokens of it are more than 7 cents.
    unknown = limited_key(counting, "0.05")
    assert counting.chat(unknown, TEXT, "llama-2-70b-chat", max_tokens=10).status == 429
    key = limited_key(counting, "0.1")
    assert counting.chat(key, TEXT * 3, MODEL, max_tokens=10).status == 429
    assert counting.chat(key, TEXT, MODEL, max_tokens=10).status == 200


def event_of_stream(server: Tollgate, text: str, **fields: Any) -> Any:
    key = server.create_key("streams")["key"]
    response = server.open_stream(key, text, MODEL, **fields)
    list(events(response))
    return server.event(response.headers["x-request-id"])


def test_a_stream_that_breaks_off_is_charged_by_its_tokens(counting: Tollgate) -> None:
    event = event_of_stream(counting, "cut")
    # "one two three" is three tokens, and by its bytes four; the prompt is 3 + 1 + 1 + 3.
    assert (event["usage_source"], event["output_text_tokens"]) == (ESTIMATED, 3)
    assert event["input_text_tokens"] == 8


@pytest.mark.parametrize("stream, tokens", [(True, 3), (False, 2)], ids=["stream", "whole"])
def test_an_answer_without_usage_is_charged_by_its_tokens(counting: Tollgate, stream: bool,
                                                          tokens: int) -> None:
    if stream:
        event = event_of_stream(counting, "no-usage")
    else:
        key = counting.create_key("whole")["key"]
        answer = counting.chat(key, "no-usage", MODEL)
        event = counting.event(answer.headers["x-request-id"])
    assert (event["usage_source"], event["output_text_tokens"]) == (ESTIMATED, tokens)


def test_what_is_counted_is_compared_with_what_is_reported(counting: Tollgate) -> None:
    key = counting.create_key("compared")["key"]
    name = "tollgate_compared_tokens_total"

    def compared() -> dict[tuple[str, ...], float]:
        # The first chat of each worker is compared, and then one in 64.
        assert counting.chat(key, "plain", MODEL).status == 200
        return {sample[1:]: value for sample, value in scrape(counting).items()
                if sample[0] == name}
    sums = wait_for(compared, 20, "a comparison")
    calls = sums[MODEL, "output", "provider"] / USAGE["completion_tokens"]
    assert calls == int(calls) >= 1
    assert sums[MODEL, "output", "tollgate"] == 2 * calls  # "an answer"
    assert sums[MODEL, "input", "provider"] == USAGE["prompt_tokens"] * calls
