# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random instants under load: each call that reached the upstream is in the ledger once.

The upstream notes the gateway's id of each call that arrives; after each restart, which recovers
the journal before it listens, the ledger is compared with those notes, and `ledger verify` with
itself. TOLLGATE_KILLS says how often (./dev proof: 500), TOLLGATE_SEED repeats a run.
"""
from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from exact_clients import Client, ExactUpstream, Plan, Seen, plan, start_metered, wait_until
from exact_prices import TEMPLATE_TOKENS, LONG, MIDDLE, SMALL, price
from tollgate import Tollgate

KILLS = int(os.environ.get("TOLLGATE_KILLS", "25"))
SEED = int(os.environ.get("TOLLGATE_SEED", str(random.randrange(2**32))))
CALLERS, STREAMERS = 12, 6
PLENTY = "1000000"


def short_calls(dice: random.Random) -> Iterator[Plan]:
    """Without end: some are at the upstream at any instant."""
    while True:
        order = {"out": dice.randint(1, 500), "wait": dice.randint(0, 10)}
        yield plan(dice.choice([SMALL, MIDDLE]), order, dice.choice([None, 1000]),
                   stream=dice.random() < 0.3)


def endless_streams(dice: random.Random) -> Iterator[Plan]:
    """Of ten seconds at least, which write many instalments."""
    while True:
        order = {"out": 128_000, "step": dice.randint(10, 600), "pause": dice.randint(1, 50)}
        order["pause"] = max(order["pause"], order["step"] // 12)
        yield plan(LONG, order, stream=True)


def is_broken(seen: Seen) -> bool:
    """What a client sees of kill -9."""
    return not seen.whole


class Proof:
    """One server and what must be true of it, however often it is killed."""

    def __init__(self, server: Tollgate, exact: ExactUpstream, dice: random.Random) -> None:
        self.server, self.exact, self.dice = server, exact, dice
        self.key = server.create_key("load")
        server.limit("key", self.key["id"], PLENTY)
        self.records: dict[str, dict[str, Any]] = {}  # by the call's id
        self.new: dict[str, dict[str, Any]] = {}  # what arrived since the last check
        self.arrived = exact.count()
        self.kills = self.kills_with_streams = self.streams_cut = 0

    async def load_and_kill(self) -> None:
        """Of three kills two have streams open."""
        streamers = STREAMERS if self.kills % 3 != 2 else 0
        seeds = [self.dice.randrange(2**32) for _ in range(CALLERS + streamers)]
        clients = [Client(self.server.port, self.key["key"]) for _ in seeds]
        plans = [(short_calls if number < CALLERS else endless_streams)(random.Random(seed))
                 for number, seed in enumerate(seeds)]
        tasks = [asyncio.create_task(client.calls(some, until=is_broken))
                 for client, some in zip(clients, plans)]
        await wait_until(lambda: self.exact.count() >= self.arrived + 3 * len(clients) and
                         len(self.open_streams()) == streamers, "calls under way")
        await asyncio.sleep(self.dice.uniform(0, 0.15))  # the random instant, no wait for something
        self.server.kill()
        for seen in await asyncio.gather(*tasks):
            assert all(one.status == 200 for one in seen[:-1]), seen
        self.kills += 1

    def open_streams(self) -> list[dict[str, Any]]:
        return [record for record in self.exact.records(self.arrived)
                if record["model"] == LONG and record["end"] == "open" and record["tokens"]]

    def note_what_arrived(self) -> None:
        new = self.exact.wait_until_ended(self.arrived, 0)
        self.arrived += len(new)
        assert all(record["call_id"] for record in new), "the gateway sends its call's id upstream"
        ids = Counter(record["call_id"] for record in new)
        assert max(ids.values()) == 1 and self.records.keys().isdisjoint(ids), "an id used twice"
        self.new = {record["call_id"]: record for record in new}
        self.records.update(self.new)
        cut = sum(record["model"] == LONG for record in new)
        self.streams_cut += cut
        self.kills_with_streams += cut > 0

    def restart(self) -> None:
        """Now and then a second kill comes while the first is being recovered from."""
        if self.dice.random() < 0.2:
            self.server.launch()
            time.sleep(self.dice.uniform(0, 0.1))  # the random instant
            self.server.kill()
        self.server.start()

    def check_ledger(self) -> None:
        events = {f"call_{row['epoch']}-{row['worker']}-{row['sequence']}": row
                  for row in self.server.ledger("SELECT * FROM usage_events")}
        assert self.records.keys() - events.keys() == set(), "reached the upstream, not recorded"
        # Recorded and not seen upstream: on its way there when the server died.
        assert len(events.keys() - self.records.keys()) <= self.kills * (CALLERS + STREAMERS)
        for call_id, record in self.new.items():
            check_charge(record, events[call_id])
        charged = sum(event["charge"] for event in events.values())
        totals = self.server.usage()["totals"]
        assert (totals["calls"], totals["charge_nanousd"]) == (len(events), charged)
        limit = self.server.limits(self.key["id"])[0]
        assert (limit["spent_nanousd"], limit["held_nanousd"]) == (charged, 0)
        assert totals["interrupted"] >= self.streams_cut
        self.server.verify()


def check_charge(record: dict[str, Any], event: Any) -> None:
    of_model = price(record["model"])
    told = (dict(event), record)
    if event["usage_source"] == 1:  # the provider's own
        reported = record["reported"]
        assert event["charge"] == of_model.charge(reported["prompt_tokens"],
                                                  reported["completion_tokens"]), told
    else:
        output = min(record["asked"].values(), default=of_model.output_tokens_max)
        most = of_model.charge(record["body_bytes"] + TEMPLATE_TOKENS, output)
        assert 0 < event["charge"] <= most, told


def test_every_call_that_reached_the_upstream_is_recorded_once(exact: ExactUpstream) -> None:
    print(f"TOLLGATE_SEED={SEED}")
    began = time.monotonic()
    with Tollgate("kill9") as server:
        start_metered(server, exact)
        proof = Proof(server, exact, random.Random(SEED))
        while proof.kills < KILLS:
            asyncio.run(proof.load_and_kill())
            proof.note_what_arrived()
            proof.restart()
            proof.check_ledger()
        assert proof.kills_with_streams * 2 >= KILLS
        assert server.stop() == 0
        proof.server.start()
        proof.check_ledger()
    print(f"{KILLS} kills, {proof.kills_with_streams} of them with streams open, in "
          f"{time.monotonic() - began:.0f} s: {len(proof.records)} calls reached the upstream, "
          "each is in the ledger once")


def test_idle_restart_changes_nothing(exact: ExactUpstream) -> None:
    with Tollgate("kill9-idle") as server:
        start_metered(server, exact)
        key = server.create_key("calls")
        assert server.chat(key["key"], "{}", SMALL).status == 200
        before = server.wait_for_calls(key["id"], 1)
        for _ in range(2):
            server.kill()
            server.start()
            assert server.key_totals(key["id"]) == before
