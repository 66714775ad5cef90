# SPDX-License-Identifier: Apache-2.0
"""What upstreams say of what they used, when it is wrong, strange or missing; and who goes away.

A charge is never negative, never more than was reported, and never less than what passed through.
"""
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from exact_clients import (ExactUpstream, Seen, call, gates, plan, start_all, start_metered,
                           wait_until)
from exact_prices import HALF_PRICED, LIAR, MIDDLE, SMALL, UNPRICED, Price, price
from tollgate import Tollgate

MAX_TOKENS = 1000
# In the ledger.
COMPLETED, UPSTREAM_TRUNCATED, CLIENT_GONE = 0, 3, 4
PROVIDER, ESTIMATED = 1, 3
OVER_BOUND, CONTRADICTORY, REPORTED_TOO_LITTLE = 1 << 0, 1 << 1, 1 << 2
# A token of ordinary text: what an estimate takes for one.
BYTES_OF_A_TOKEN = 4

STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def usage(prompt: Any, completion: Any, total: Any, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total, **more}


def event_of(server: Tollgate, order: dict[str, Any], stream: bool = False, model: str = MIDDLE,
             max_tokens: int | None = MAX_TOKENS) -> Any:
    """The record of one call that its client got whole."""
    key = server.create_key("lies")
    seen = call(server, key["key"], plan(model, order, max_tokens, stream))
    assert seen.status == 200 and seen.whole, seen
    assert not stream or seen.events[-1] == "[DONE]", seen.events
    event = server.event(seen.call_id)
    assert event["outcome"] == COMPLETED and event["charge"] >= 0
    return event


def estimate(of_model: Price, tokens: int) -> int:
    """The least that is charged for so many one-byte tokens of which nobody told how many."""
    return of_model.charge(0, tokens // BYTES_OF_A_TOKEN)


# Models and prices.

@pytest.mark.parametrize("model, status, code", [
    ("no-such-model", 404, "model_not_found"),
    (UNPRICED, 400, "model_unpriced"),
    (HALF_PRICED, 400, "model_unpriced"),
])
def test_model_that_cannot_be_charged_is_refused(metered: Tollgate, exact: ExactUpstream,
                                                 model: str, status: int, code: str) -> None:
    key, before = metered.create_key("unpriced"), exact.count()
    metered.limit("key", key["id"], "1")
    for stream in (False, True):
        seen = call(metered, key["key"], plan(model, {}, 10, stream))
        assert (seen.status, seen.error["code"]) == (status, code), seen
    assert exact.count() == before
    limit = metered.limits(key["id"])[0]
    assert (limit["spent_nanousd"], limit["held_nanousd"]) == (0, 0)


@STREAMED
def test_unit_without_a_price_of_its_own_is_charged_as_text(metered: Tollgate,
                                                            stream: bool) -> None:
    told = usage(40, 50, 90, prompt_tokens_details={"audio_tokens": 30, "cached_tokens": 5},
                 completion_tokens_details={"audio_tokens": 20, "reasoning_tokens": 10})
    event = event_of(metered, {"out": 50, "usage": told}, stream)
    assert (event["charge"], event["flags"]) == (price(MIDDLE).charge(40, 50), 0)


# Usage that is there and wrong.

@STREAMED
@pytest.mark.parametrize("told, least, most", [
    (usage(10, 20, 100), (10, 20), (10, 90)),
    (usage(10, 20, 5), (10, 20), (10, 20)),
    (usage(10, 20, 30, prompt_tokens_details={"cached_tokens": 500}), (10, 20), (500, 20)),
    (usage(10, 20, 30, completion_tokens_details={"reasoning_tokens": 400}), (10, 20), (10, 400)),
], ids=["total too large", "total too small", "more cached than there are",
        "more reasoning than there is"])
def test_contradiction_is_charged_by_its_larger_reading(
        metered: Tollgate, told: dict[str, Any], least: tuple[int, int], most: tuple[int, int],
        stream: bool) -> None:
    event = event_of(metered, {"out": 20, "usage": told}, stream, LIAR)
    assert event["flags"] & CONTRADICTORY, dict(event)
    assert price(LIAR).charge(*least) <= event["charge"] <= price(LIAR).charge(*most)
    assert least == most or event["charge"] > price(LIAR).charge(*least)


@STREAMED
@pytest.mark.parametrize("bad", [-5, -2**63, 2**63, 2**64 + 1, 10**30, 3.7, 1e300, "12", None,
                                 [12], True])
def test_number_that_is_none_is_never_free_and_never_negative(metered: Tollgate, bad: Any,
                                                              stream: bool) -> None:
    """Nothing, or the other numbers, are believed; what passed is the least that is charged."""
    for told in (usage(bad, bad, bad), usage(10, bad, None)):
        event = event_of(metered, {"out": 400, "usage": told}, stream, LIAR)
        assert estimate(price(LIAR), 400) <= event["charge"] <= price(LIAR).model_bound(), \
            (told, dict(event))


def test_largest_numbers_do_not_overflow(metered: Tollgate) -> None:
    key = metered.create_key("largest")
    metered.limit("key", key["id"], "1")
    most = 2**53
    for _ in range(3):
        told = usage(most, most, 2 * most)
        seen = call(metered, key["key"], plan(LIAR, {"out": 1, "usage": told}, 10))
        if seen.status == 429:
            break
        event = metered.event(seen.call_id)
        # A million dollars a call at most: a thousand of them still add up in 64 bits.
        assert 0 < event["charge"] <= 10**15, dict(event)
        assert event["flags"] & OVER_BOUND
    assert seen.status == 429
    limit = metered.limits(key["id"])[0]
    assert limit["spent_nanousd"] > limit["limit_nanousd"] and limit["left_nanousd"] <= 0


@STREAMED
def test_upstream_that_reports_too_little_is_charged_as_streamed(metered: Tollgate,
                                                                 stream: bool) -> None:
    event = event_of(metered, {"out": 1000, "usage": usage(10, 1, 11)}, stream)
    assert event["flags"] & REPORTED_TOO_LITTLE, dict(event)
    assert estimate(price(MIDDLE), 1000) <= event["charge"] <= price(MIDDLE).charge(1000, 1000)


@STREAMED
@pytest.mark.parametrize("wide", [False, True], ids=["one byte", "four bytes"])
def test_honest_upstream_is_not_suspected(metered: Tollgate, wide: bool, stream: bool) -> None:
    """Even where every token is as short, or as long, as tokens are."""
    event = event_of(metered, {"out": 900, "in": 25, "wide": wide}, stream)
    assert (event["charge"], event["flags"]) == (price(MIDDLE).charge(25, 900), 0)
    assert event["usage_source"] == PROVIDER


@STREAMED
def test_explicit_zero_is_believed_only_where_nothing_came(metered: Tollgate,
                                                           stream: bool) -> None:
    nothing = usage(0, 0, 0)
    assert event_of(metered, {"out": 0, "usage": nothing}, stream)["charge"] == 0
    something = event_of(metered, {"out": 800, "usage": nothing}, stream)
    assert something["flags"] & REPORTED_TOO_LITTLE
    assert something["charge"] >= estimate(price(MIDDLE), 800)


def test_upstream_that_broke_its_word_is_reserved_at_its_models_limits(
        exact: ExactUpstream) -> None:
    """On a server of its own: the target is not believed again."""
    with Tollgate("broke-its-word") as server:
        start_metered(server, exact)
        event = event_of(server, {"out": 1, "in": 100_000}, model=SMALL)
        assert event["flags"] & OVER_BOUND
        assert event["charge"] == event["cost"] == price(SMALL).charge(100_000, 1)
        assert held_by_one(server, exact, SMALL) == price(SMALL).model_bound()
        assert held_by_one(server, exact, MIDDLE) < price(MIDDLE).model_bound()
        server.kill()
        server.start()
        assert held_by_one(server, exact, SMALL) == price(SMALL).model_bound()
        server.verify()


def held_by_one(server: Tollgate, exact: ExactUpstream, model: str) -> int:
    key, gate = server.create_key("held"), next(gates)
    server.limit("key", key["id"], "1000")

    async def run() -> int:
        task, = start_all(server.port, key["key"], [plan(model, {"gate": gate}, 10)])
        await wait_until(lambda: server.limits(key["id"])[0]["held_nanousd"], "a held call")
        held = server.limits(key["id"])[0]["held_nanousd"]
        exact.open(gate)
        assert (await task).status == 200
        return held

    return asyncio.run(run())


# Usage in streams.

def test_usage_in_every_chunk_is_cumulative(metered: Tollgate) -> None:
    event = event_of(metered, {"out": 500, "step": 50, "in": 17, "each": True}, stream=True)
    assert (event["charge"], event["usage_source"]) == (price(MIDDLE).charge(17, 500), PROVIDER)


@STREAMED
def test_answer_without_usage_is_estimated_from_what_passed(metered: Tollgate,
                                                            stream: bool) -> None:
    event = event_of(metered, {"out": 1000, "usage": "none"}, stream)
    assert event["usage_source"] == ESTIMATED
    assert estimate(price(MIDDLE), 1000) <= event["charge"] <= price(MIDDLE).charge(1000, 1000)


def test_stream_that_breaks_off_is_charged_for_what_passed(metered: Tollgate) -> None:
    key = metered.create_key("breaks off")
    seen = call(metered, key["key"], plan(MIDDLE, {"out": 900, "cut": 600}, MAX_TOKENS, True))
    assert seen.json_of_last_event["error"]["code"] == "upstream_truncated"
    event = metered.event(seen.call_id)
    assert (event["outcome"], event["usage_source"]) == (UPSTREAM_TRUNCATED, ESTIMATED)
    assert estimate(price(MIDDLE), 600) <= event["charge"] <= price(MIDDLE).charge(1000, 600)


# Clients that go away.

def leave(server: Tollgate, exact: ExactUpstream, order: dict[str, Any], text: bytes,
          then_open: bool) -> tuple[Seen, Any, dict[str, Any]]:
    """A stream whose client leaves when it sees `text`: what it saw, its event, the upstream's."""
    key, gate, before = server.create_key("leaves"), next(gates), exact.count()
    seen = call(server, key["key"], plan(MIDDLE, {**order, "gate": gate}, MAX_TOKENS, True,
                                         leave_at=text))
    assert seen.left
    if then_open:
        exact.open(gate)
    record = exact.wait_until_ended(before, 1)[0]
    return seen, server.event(record["call_id"]), record


def test_client_that_leaves_before_the_end_cancels_the_upstream(metered: Tollgate,
                                                                exact: ExactUpstream) -> None:
    seen, event, record = leave(metered, exact, {"out": 900, "at": 600}, b"x", then_open=False)
    assert record["end"] == "gone"
    # 100 ms, and what two busy cores add.
    assert record["ended"] - seen.ended < 0.5
    assert (event["outcome"], event["usage_source"]) == (CLIENT_GONE, ESTIMATED)
    assert 0 < event["charge"] <= price(MIDDLE).charge(1000, 600)


def test_client_that_leaves_after_the_end_pays_what_the_upstream_reports(
        metered: Tollgate, exact: ExactUpstream) -> None:
    _, event, record = leave(metered, exact, {"out": 900, "in": 33, "at": "usage"},
                             b'"finish_reason":"stop"', then_open=True)
    assert record["end"] == "whole"
    assert (event["charge"], event["usage_source"]) == (price(MIDDLE).charge(33, 900), PROVIDER)


def test_usage_of_who_left_is_awaited_for_two_seconds(metered: Tollgate,
                                                      exact: ExactUpstream) -> None:
    seen, event, record = leave(metered, exact, {"out": 900, "at": "usage"},
                                b'"finish_reason":"stop"', then_open=False)
    assert record["end"] == "gone"
    assert 1.5 < record["ended"] - seen.ended < 4
    assert event["usage_source"] == ESTIMATED
    assert estimate(price(MIDDLE), 900) <= event["charge"] <= price(MIDDLE).charge(1000, 900)
