# SPDX-License-Identifier: Apache-2.0
"""Never over: 200 clients at once, random charges, streams, departures and upstream failures.

TOLLGATE_NEVER_OVER_RUNS says how many runs (./dev proof: 1,000), TOLLGATE_SEED repeats them, and
TOLLGATE_NEVER_OVER_FIRST begins at the one that failed.
"""
from __future__ import annotations

import asyncio
import math
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from exact_clients import Client, ExactUpstream, Plan, Seen, plan
from exact_prices import LIAR, LONG, MIDDLE, SMALL, price
from exact_runs import Run, bound_of
from exact_sampler import Sampler
from tollgate import Tollgate

RUNS = int(os.environ.get("TOLLGATE_NEVER_OVER_RUNS", "50"))
FIRST = int(os.environ.get("TOLLGATE_NEVER_OVER_FIRST", "0"))
SEED = int(os.environ.get("TOLLGATE_SEED", str(random.randrange(2**32))))
CLIENTS = 200
CALLS_OF_A_CLIENT = 2
# About what one call holds; limits are so many times this.
TYPICAL_BOUND = price(MIDDLE).charge(650, 1000)
# Without those that may end, or let something go, while a run goes on.
PERIODS = [{"per": "total"}, {"per": "year"}, {"per": "quarter"}, {"per": "month"},
           {"per": "week"}, {"per": "day", "time_zone": "Pacific/Apia"},
           {"per": "day", "window": "rolling"}, {"per": "month", "window": "rolling"}]


@pytest.fixture(scope="module")
def sampler(metered: Tollgate) -> Iterator[Sampler]:
    with Sampler(str(metered.data / "control.sock")) as process:
        yield process


def random_plan(dice: random.Random, models: list[str], pays_for_lies: bool) -> Plan:
    model = dice.choice(models)
    allowed = price(model).output_tokens_max
    max_tokens = dice.randint(1, min(allowed, 2000)) if dice.random() < 0.7 else None
    out = min(int(dice.expovariate(1 / 300)) + 1, allowed)
    order: dict[str, Any] = {"out": out, "in": dice.randint(1, 60),
                             "step": out // dice.randint(1, 10) + 1}
    if model == LONG and dice.random() < 0.3:
        # Several instalments, where it is streamed.
        max_tokens = None
        order.update(out=dice.randint(1500, 8000), step=dice.randint(200, 1500))
    if max_tokens and dice.random() < 0.3:
        order.update(out="all", step=max_tokens // dice.randint(1, 10) + 1)
    if dice.random() < 0.2:
        order["pause"] = dice.randint(1, 3)
    if dice.random() < 0.3:
        order["wait"] = dice.randint(1, 20)
    if dice.random() < 0.1:
        order["wide"] = True
    leaves: dict[str, Any] = {}
    what = dice.random()
    if what < 0.05:
        order["fail"] = dice.choice([400, 429, 500, 503])
    elif what < 0.1:
        order["cut"] = dice.randint(0, out)
    elif what < 0.13:
        order["mute"] = dice.randint(0, out)
        leaves["leave_after_s"] = dice.uniform(0.02, 0.2)
    elif what < 0.2:
        order["usage"] = "none"
    elif what < 0.3:
        leaves["leave_after_s"] = dice.expovariate(1 / 0.02)
    elif what < 0.35:
        leaves["leave_after_bytes"] = dice.randint(0, 2000)
    elif model == LIAR and pays_for_lies:
        order["lie"] = dice.choice([2, 100, 1_000_000])
    return plan(model, order, max_tokens, stream=dice.random() < 0.5, **leaves)


def amount(dice: random.Random) -> int:
    """A limit that pays for one and a half to two hundred calls."""
    return int(TYPICAL_BOUND * math.exp(dice.uniform(math.log(1.5), math.log(200))))


def set_random_limits(run: Run, dice: random.Random, owner: dict[str, str], **options: Any) -> None:
    for _ in range(dice.randint(1, 3)):
        key = run.add_key()
        run.add_limit("key", key["id"], amount(dice), **dice.choice(PERIODS), **options)
        if dice.random() < 0.2:
            run.add_limit("key", key["id"], dice.randint(2000, 200_000), "tokens", per="month",
                          **options)
        if dice.random() < 0.1:
            run.add_limit("key", key["id"], dice.randint(5, 500), "requests", per="week",
                          **options)
        if dice.random() < 0.1:
            run.add_limit("key", key["id"], dice.randint(1, 150), "concurrency", **options)
    if dice.random() < 0.3:
        run.add_limit("project", owner["project"], 2 * amount(dice), **dice.choice(PERIODS),
                      **options)
    if dice.random() < 0.2:
        run.add_limit("project", owner["project"], amount(dice), per="total",
                      model=dice.choice([SMALL, MIDDLE]), **options)
    if dice.random() < 0.3:
        run.add_limit("organization", owner["organization"], 2 * amount(dice),
                      **dice.choice(PERIODS), **options)
    if dice.random() < 0.1:
        run.add_limit("user", owner["user"], amount(dice), **dice.choice(PERIODS), **options)


async def storm(run: Run, dice: random.Random, clients: list[Client],
                owner: dict[str, str]) -> None:
    """Everything at once. Where limits trust no upstream, one of the models lies."""
    trusts = dice.random() < 0.7
    models = [SMALL, MIDDLE, LONG] if trusts else [SMALL, LIAR]
    set_random_limits(run, dice, owner, **({} if trusts else {"trust_upstream": "no"}))
    await run.go(clients, lambda _: [random_plan(dice, models, not trusts)
                                     for _ in range(CALLS_OF_A_CLIENT)])
    await run.check()


async def fill(run: Run, dice: random.Random, clients: list[Client],
               owner: dict[str, str]) -> None:
    """Calls of at most a hundredth of the limit use 98 hundredths of it, before one is refused."""
    model, max_tokens = dice.choice([SMALL, MIDDLE]), dice.randint(300, 1000)

    def one(stream: bool) -> Plan:
        return plan(model, {"out": dice.randint(max_tokens // 4, max_tokens),
                            "in": dice.randint(1, 60)}, max_tokens, stream)

    of_one = price(model).charge(700, max_tokens)
    limit = run.add_limit("key", run.add_key()["id"], dice.randint(100, 150) * of_one)
    refused = (lambda seen: seen.status == 429)
    await run.go(clients, lambda _: [one(dice.random() < 0.5) for _ in range(20)], refused)
    await run.settle()
    # All have been refused while others were running; what these leave free is for one alone.
    await run.go(clients[:1], lambda _: [one(False) for _ in range(500)], refused)
    assert run.seen[-1].status == 429
    assert bound_of(run.seen[-1].plan, limit) * 100 <= limit.amount
    await run.check()
    spent = run.listed()[0][1]["spent_nanousd"]
    assert spent * 100 >= limit.amount * 98, f"{spent} of {limit.amount}"


def test_spent_and_held_never_exceed_a_limit(metered: Tollgate, exact: ExactUpstream,
                                             sampler: Sampler) -> None:
    print(f"TOLLGATE_SEED={SEED}")
    owner = owner_of(metered)
    happened: Counter[str] = Counter()

    async def runs() -> None:
        clients = [Client(metered.port, "") for _ in range(CLIENTS)]
        for number in range(FIRST, FIRST + RUNS):
            run, dice = Run(metered, exact, sampler), random.Random(f"{SEED}/{number}")
            try:
                await (fill if number % 5 == 4 else storm)(run, dice, clients, owner)
            except BaseException:
                print(f"Repeat: TOLLGATE_SEED={SEED} TOLLGATE_NEVER_OVER_FIRST={number}")
                raise
            run.remove_limits()
            if number % 10 == 9:
                metered.verify()
            happened.update(run.happened)
            happened["samples"] += run.samples

    began = time.monotonic()
    asyncio.run(runs())
    metered.verify()
    print(f"{RUNS} runs in {time.monotonic() - began:.0f} s: {dict(happened)}")
    if RUNS >= 50:
        # Runs that never met these would prove little.
        for what in ("refused", "completed", "upstream error", "upstream truncated",
                     "client gone", "limit reached", "capped output", "capped charge"):
            assert happened[what], what


def owner_of(server: Tollgate) -> dict[str, str]:
    """Ids of the owner, the project and the organization, which every event names."""
    key = server.create_key("who")
    assert server.chat(key["key"], '{"out": 1}', SMALL).status == 200
    server.wait_for_calls(key["id"], 1)
    row = server.ledger("SELECT * FROM usage_events WHERE key_id = ?", key["id"])[0]
    return {"user": row["owner_id"], "project": row["project_id"],
            "organization": row["organization_id"]}
