# SPDX-License-Identifier: Apache-2.0
"""The exactness table of PEERS.md: a hundred calls at once against a limit that pays for three.

Elsewhere 4, 8 and 100 of them go through, and a kill forgets 200 calls of 200.
"""
from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from exact_clients import (ExactUpstream, Seen, gates, one_after_the_other, plan, start_all,
                           start_metered, wait_until)
from exact_prices import MIDDLE, dollars, price
from tollgate import Tollgate, wait_for

CALLS = 100
MAX_TOKENS = 1000
PLENTY = "1000"
TRUSTS_NONE = {"trust_upstream": "no"}


@dataclass
class Batch:
    """What came of a hundred calls."""
    seen: list[Seen]
    records: list[dict[str, Any]]  # of those that reached the upstream

    def check(self, through: int) -> None:
        assert len(self.records) == through
        assert sorted(seen.status for seen in self.seen) == \
            [200] * through + [429] * (CALLS - through)
        for seen in self.seen:
            if seen.status == 429:
                assert seen.error["type"] == "insufficient_quota", seen
                assert seen.headers["x-should-retry"] == "false", seen


def at_once(server: Tollgate, exact: ExactUpstream, key: str,
            max_tokens: int | None = MAX_TOKENS, calls: int = CALLS, **order: Any) -> Batch:
    """Calls of which each is decided before the first is answered; all of max_tokens is used."""
    before = exact.count()
    gate = next(gates)
    call = plan(MIDDLE, {"out": "all", "gate": gate, **order}, max_tokens)

    async def run() -> list[Seen]:
        tasks = start_all(server.port, key, [call] * calls)
        await wait_until(lambda: sum(task.done() for task in tasks) + exact.count() - before
                         >= calls, "every call to be refused or sent")
        exact.open(gate)
        return [await task for task in tasks]

    seen = asyncio.run(run())
    through = sum(one.status == 200 for one in seen)
    return Batch(seen, exact.wait_until_ended(before, through))


def held_by_one(server: Tollgate, exact: ExactUpstream, limit: dict[str, str] = {},
                **order: Any) -> int:
    """The most that one such call can be charged, as the server itself holds it."""
    key = server.create_key("one")
    server.limit("key", key["id"], PLENTY, **limit)
    gate = next(gates)
    call = plan(MIDDLE, {"out": "all", "gate": gate, **order}, MAX_TOKENS)

    async def run() -> int:
        tasks = start_all(server.port, key["key"], [call])
        await wait_until(lambda: server.limits(key["id"])[0]["held_nanousd"], "a held call")
        held = server.limits(key["id"])[0]["held_nanousd"]
        exact.open(gate)
        assert (await tasks[0]).status == 200
        return held

    return asyncio.run(run())


def spent(server: Tollgate, key_id: str) -> int:
    """Once nothing runs any more."""
    return wait_for(lambda: (limit := server.limits(key_id)[0])["held_nanousd"] == 0 and limit,
                    what="the holds' end")["spent_nanousd"]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_limit_for_three_calls_lets_three_through(exact: ExactUpstream, workers: int) -> None:
    with Tollgate(f"peers-{workers}", workers=workers) as server:
        start_metered(server, exact)
        limit = 3 * held_by_one(server, exact)
        key = server.create_key("three")
        server.limit("key", key["id"], dollars(limit))
        at_once(server, exact, key["key"]).check(through=3)
        assert spent(server, key["id"]) == 3 * price(MIDDLE).charge(10, MAX_TOKENS)


def test_calls_without_max_tokens_are_capped(metered: Tollgate, exact: ExactUpstream) -> None:
    limit = 3 * held_by_one(metered, exact)
    key = metered.create_key("no max_tokens")
    metered.limit("key", key["id"], dollars(limit))
    batch = at_once(metered, exact, key["key"], max_tokens=None)
    assert len(batch.records) >= 2
    batch.check(through=len(batch.records))
    caps = {seen.call_id: int(seen.headers["x-tollgate-output-capped"])
            for seen in batch.seen if seen.status == 200}
    for record in batch.records:
        assert list(record["asked"].values()) == [caps[record["call_id"]]], record
        # A smaller cap helps nobody.
        assert 256 <= record["tokens"] < price(MIDDLE).output_tokens_max, record
    charges = [price(MIDDLE).charge(10, record["tokens"]) for record in batch.records]
    assert spent(metered, key["id"]) == sum(charges) <= limit


def test_lying_upstream_gets_no_call_where_the_limit_trusts_none(metered: Tollgate,
                                                                 exact: ExactUpstream) -> None:
    limit = 3 * held_by_one(metered, exact)
    key = metered.create_key("trusts none")
    assert limit < price(MIDDLE).model_bound()
    metered.limit("key", key["id"], dollars(limit), **TRUSTS_NONE)
    at_once(metered, exact, key["key"], lie=100).check(through=0)
    assert spent(metered, key["id"]) == 0


def test_lying_upstream_gets_three_calls_where_the_limit_pays_for_three_of_the_model(
        exact: ExactUpstream) -> None:
    """On a server of its own, as the next: a target that has lied is not believed again."""
    with Tollgate("peers-pays") as server:
        start_metered(server, exact)
        one = held_by_one(server, exact, TRUSTS_NONE)
        assert one == price(MIDDLE).model_bound()
        key = server.create_key("trusts none, and pays")
        server.limit("key", key["id"], dollars(3 * one), **TRUSTS_NONE)
        at_once(server, exact, key["key"], lie=100).check(through=3)
        # The upstream asks for 25 times as much as its model can write.
        assert spent(server, key["id"]) == \
            3 * price(MIDDLE).capped_charge(10, 100 * MAX_TOKENS) <= 3 * one


def test_lying_upstream_gets_the_calls_in_flight_and_then_none(exact: ExactUpstream) -> None:
    with Tollgate("peers-lies") as server:
        start_metered(server, exact)
        # One that is no lie, in as many bytes.
        limit = 3 * held_by_one(server, exact, lie=1.0)
        key = server.create_key("trusts")
        server.limit("key", key["id"], dollars(limit))
        at_once(server, exact, key["key"], lie=100).check(through=3)
        assert spent(server, key["id"]) == 3 * price(MIDDLE).charge(10, 100 * MAX_TOKENS)
        at_once(server, exact, key["key"], lie=100).check(through=0)
        # Of another key as well, whose limit pays for three honest calls and not for the model.
        other = server.create_key("another")
        server.limit("key", other["id"], dollars(limit))
        at_once(server, exact, other["key"], lie=100).check(through=0)


def test_kill_after_200_calls_forgets_none(exact: ExactUpstream) -> None:
    with Tollgate("peers-kill") as server:
        start_metered(server, exact)
        key = server.create_key("kill")
        before = exact.count()
        call = plan(MIDDLE, {"out": "all"}, MAX_TOKENS)

        async def run() -> list[Seen]:
            clients = (one_after_the_other(server.port, key["key"], [call] * 10)
                       for _ in range(20))
            return [seen for client in await asyncio.gather(*clients) for seen in client]

        seen = asyncio.run(run())
        server.kill()
        assert [one.status for one in seen] == [200] * 200
        server.start()
        recorded = server.call_ids()
        assert sorted(recorded) == sorted(record["call_id"] for record in exact.records(before))
        assert len(recorded) == len(set(recorded)) == 200
        totals = server.key_totals(key["id"])
        assert totals["charge_nanousd"] == 200 * price(MIDDLE).charge(10, MAX_TOKENS)
        server.verify()
