# SPDX-License-Identifier: Apache-2.0
"""Streams pay in instalments, so that open ones do not lock up a budget, and end when it does."""
from __future__ import annotations

import asyncio
import itertools
import json
import random
from typing import Any

from exact_clients import Client, ExactUpstream, Seen, gates, plan, start_all, wait_until
from exact_prices import LONG, REASONING, dollars, price
from tollgate import Tollgate, wait_for

STREAMS = 50
PLENTY = "1000"
LIMIT_REACHED = 7  # an outcome in the ledger


def standing(server: Tollgate, key: dict[str, str]) -> dict[str, Any]:
    return server.limits(key["id"])[0]


def held(server: Tollgate, key: dict[str, str]) -> int:
    return standing(server, key)["held_nanousd"]


def limited_key(server: Tollgate, usd: str) -> dict[str, str]:
    key = server.create_key("instalments")
    server.limit("key", key["id"], usd)
    return key


def first_hold(server: Tollgate, exact: ExactUpstream, model: str,
               max_tokens: int | None = None) -> int:
    """What a stream holds when it begins."""
    key, gate = limited_key(server, PLENTY), next(gates)
    call = plan(model, {"out": 1, "gate": gate}, max_tokens, stream=True)

    async def run() -> int:
        task, = start_all(server.port, key["key"], [call])
        await wait_until(lambda: held(server, key), "the stream's hold")
        first = held(server, key)
        exact.open(gate)
        assert (await task).events[-1] == "[DONE]"
        return first

    return asyncio.run(run())


def really_charged(record: dict[str, Any]) -> int:
    """A call's charge at its end: reported, or what its order says that will be."""
    tokens = record["reported"] or {"prompt_tokens": 10,
                                    "completion_tokens": json.loads(record["prompt"])["out"]}
    return price(record["model"]).charge(tokens["prompt_tokens"], tokens["completion_tokens"])


def test_fifty_open_streams_leave_a_limit_usable(metered: Tollgate, exact: ExactUpstream) -> None:
    """No call is refused while a twentieth is free of what the running ones really cost."""
    one = first_hold(metered, exact, LONG)
    assert one * 10 < price(LONG).charge(0, price(LONG).output_tokens_max), "held whole"
    limit = 1000 * one
    key, gate, dice = limited_key(metered, dollars(limit)), next(gates), random.Random(50)
    per_token = price(LONG).output / 10**6
    before = exact.count()

    def really_free() -> int:
        """All orders are obeyed to the token, so that each call's charge is known beforehand."""
        return limit - sum(really_charged(record) for record in exact.records(before))

    # Seven tenths of the limit, of which each stream has all but its last words behind it.
    shares = [dice.uniform(0.5, 1.5) for _ in range(STREAMS)]
    tokens = [int(0.7 * limit * share / sum(shares) / per_token) for share in shares]
    assert max(tokens) < price(LONG).output_tokens_max
    streams = [plan(LONG, {"out": out, "step": 1024, "gate": gate, "at": out - 100}, stream=True)
               for out in tokens]

    async def run() -> list[Seen]:
        tasks = start_all(metered.port, key["key"], streams)
        await wait_until(lambda: len(records := exact.records(before)) == STREAMS and all(
            record["tokens"] == json.loads(record["prompt"])["at"] for record in records),
            "fifty streams to be near their end")
        newcomer = Client(metered.port, key["key"])
        for number in itertools.count():
            free = really_free() - limit // 20
            if free < 1500 * per_token:
                break
            out = min(int(free * 0.3 / per_token), 60_000)
            seen = await newcomer.call(plan(LONG, {"out": max(out, 1000), "step": 1024},
                                            stream=number % 2 == 0 or out > 1000))
            assert seen.status == 200, (seen, free / limit, standing(metered, key))
            assert seen.headers.get("content-type") != "text/event-stream" or \
                seen.events[-1] == "[DONE]", (seen.events[-1], standing(metered, key))
            assert not any(task.done() for task in tasks)
        newcomer.leave()
        exact.open(gate)
        return [await task for task in tasks]

    for seen in asyncio.run(run()):
        assert (seen.status, seen.events[-1]) == (200, "[DONE]"), seen.events[-1]
    wait_for(lambda: held(metered, key) == 0, what="the holds' end")
    assert standing(metered, key)["spent_nanousd"] == limit - really_free()


def test_stream_of_a_model_that_reasons_holds_its_whole_output(metered: Tollgate,
                                                               exact: ExactUpstream) -> None:
    """What it thinks is not in the stream, and cannot be counted there."""
    whole = price(REASONING).charge(0, 50_000)
    assert first_hold(metered, exact, REASONING, max_tokens=50_000) >= whole
    assert first_hold(metered, exact, LONG, max_tokens=50_000) < price(LONG).charge(0, 50_000)


def test_stream_ends_when_a_limit_has_no_more_for_it(metered: Tollgate,
                                                     exact: ExactUpstream) -> None:
    key, gate, before = limited_key(metered, PLENTY), next(gates), exact.count()
    call = plan(LONG, {"out": 100_000, "step": 64, "pause": 1, "gate": gate, "at": 64},
                stream=True)

    async def run() -> Seen:
        task, = start_all(metered.port, key["key"], [call])
        await wait_until(lambda: exact.count() > before and exact.records(before)[0]["tokens"],
                         "the stream's first words")
        # Just what it holds already: the next instalment is one too many.
        now = standing(metered, key)
        metered.limit("key", key["id"], dollars(now["spent_nanousd"] + now["held_nanousd"]))
        exact.open(gate)
        return await task

    seen = asyncio.run(run())
    assert seen.status == 200 and seen.whole
    *words, last = seen.events
    assert "[DONE]" not in words and len(words) > 1
    error = json.loads(last)["error"]
    assert (error["type"], error["code"]) == ("insufficient_quota", "key_spend_limit_exceeded")
    assert "limit" in error["message"] and "API key" in error["message"], error
    wait_for(lambda: held(metered, key) == 0, what="the hold's end")
    metered.wait_for_calls(key["id"], 1)
    event = metered.ledger("SELECT * FROM usage_events WHERE key_id = ?", key["id"])[0]
    now = standing(metered, key)
    assert event["outcome"] == LIMIT_REACHED
    assert 0 < event["charge"] == now["spent_nanousd"] <= now["limit_nanousd"]
    # The upstream was told at once, and its other 90,000 words were never made.
    assert exact.wait_until_ended(before, 1)[0]["end"] == "gone"
