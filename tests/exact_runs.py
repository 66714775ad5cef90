# SPDX-License-Identifier: Apache-2.0
"""One seeded run of many clients against fresh limits, watched while it goes on, checked after it.

What is checked is what a bank would: at no sampled instant is more spent and held than a limit
allows, each call's charge is what the upstream reported, sums agree, nothing stays held, and who
was refused had less left than the call could cost.
"""
from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from exact_clients import Client, ExactUpstream, Plan, Seen, wait_until
from exact_prices import TEMPLATE_TOKENS, LIAR, Price, dollars, price
from exact_sampler import Sampler, reading
from tollgate import Tollgate

# In the ledger.
OUTCOMES = ["completed", "upstream error", "upstream failed", "upstream truncated", "client gone",
            "key revoked", "interrupted", "limit reached"]
COMPLETED, LIMIT_REACHED = 0, 7
FROM_PROVIDER = 1
OUTPUT_CAPPED, CHARGE_CAPPED = 1 << 3, 1 << 4
# How a refusal says what there is, what is gone and what was asked for.
AMOUNT = r"(\$\d+\.\d+|\d+)"
REFUSAL = re.compile(rf"limit {AMOUNT}.*?(?:spent|used) {AMOUNT}.*?held by running calls {AMOUNT}"
                     rf".*?up to {AMOUNT}")
AT_ONCE = re.compile(r"limit (\d+) at once, running (\d+)")


@dataclass
class Limit:
    """One that a run has set; `spent_before` by earlier runs counts in it as well."""
    id: str
    target_id: str
    scope: str
    metric: str
    amount: int
    spent_before: int
    resets_at: Any  # when its period ends; None: never, or a little at a time
    model: str = ""
    trusts_upstream: bool = True

    def counts(self, event: Any) -> bool:
        owner = {"key": "key_id", "project": "project_id", "organization": "organization_id",
                 "user": "owner_id"}[self.scope]
        return event[owner] == self.target_id and self.model in ("", event["upstream_model"])


def bound_of(plan: Plan, limit: Limit) -> int:
    """The most that the call can use of the limit."""
    request = json.loads(plan.body)
    of_model, output = price(request["model"]), request.get("max_tokens")
    if limit.metric == "requests":
        return 1
    if limit.metric == "tokens":
        tokens = len(plan.body) + TEMPLATE_TOKENS + (output or of_model.output_tokens_max)
        of_any = of_model.input_tokens_max + of_model.output_tokens_max
        return tokens if limit.trusts_upstream else max(tokens, of_any)
    bound = of_model.bound(plan.body, output)
    return bound if limit.trusts_upstream else max(bound, of_model.model_bound())


class Run:
    def __init__(self, server: Tollgate, exact: ExactUpstream, sampler: Sampler) -> None:
        self.server, self.exact, self.sampler = server, exact, sampler
        self.samples = 0
        self.happened: Counter[str] = Counter()
        self.first_record = exact.count()
        self.keys: list[dict[str, str]] = []
        self.limits: list[Limit] = []
        self.seen: list[Seen] = []

    # Before.

    def add_key(self) -> dict[str, str]:
        self.keys.append(self.server.create_key("never over"))
        return self.keys[-1]

    def add_limit(self, scope: str, target_id: str, amount: int, metric: str = "money",
                  **options: Any) -> Limit:
        """`amount` more than what has been spent there already."""
        def set_to(amount: int) -> Any:
            if metric == "money":
                return self.server.limit(scope, target_id, dollars(amount), **options)
            return self.server.limit(scope, target_id, **{metric: amount}, **options)
        listed = set_to(amount)
        before = reading(listed)[1]
        if before:
            listed = set_to(before + amount)
        limit = Limit(listed["id"], target_id, scope, metric, before + amount, before,
                      None if "window" in options else listed.get("resets_at"),
                      options.get("model", ""),
                      options.get("trust_upstream") != "no")
        self.limits.append(limit)
        return limit

    # While it goes on.

    async def go(self, clients: list[Client], plans: Callable[[int], Iterable[Plan]],
                 until: Callable[[Seen], bool] | None = None) -> None:
        self.sampler.start({limit.id: limit.amount for limit in self.limits})
        calls = []
        for number, client in enumerate(clients):
            client.key = self.keys[number % len(self.keys)]["key"]
            calls.append(client.calls(plans(number), until))
        for seen in await asyncio.gather(*calls):
            self.seen += seen
        self.samples += self.sampler.stop()

    # After it.

    async def settle(self) -> None:
        """Until nothing is held and the ledger has every call that reached the upstream."""
        await wait_until(lambda: all(reading(listed)[2] == 0 for _, listed in self.listed()),
                         "nothing to be held")
        self.records = {record["call_id"]: record for record in
                        self.exact.wait_until_ended(self.first_record, 0)}
        await wait_until(lambda: self.records.keys() <= self.events().keys(),
                         "every call to be in the ledger")

    def listed(self) -> list[tuple[Limit, dict[str, Any]]]:
        ours = {limit.id: limit for limit in self.limits}
        return [(ours[listed["id"]], listed)
                for listed in self.server.operate("list_limits")["data"] if listed["id"] in ours]

    def events(self) -> dict[str, Any]:
        marks = ", ".join("?" for _ in self.keys)
        rows = self.server.ledger(f"SELECT * FROM usage_events WHERE key_id IN ({marks})",
                                  *(key["id"] for key in self.keys))
        return {f"call_{row['epoch']}-{row['worker']}-{row['sequence']}": row for row in rows}

    async def check(self) -> None:
        await self.settle()
        events = self.events()
        left = sum(seen.left for seen in self.seen)
        # Let in, and its client left before the request had reached the upstream.
        assert len(events.keys() - self.records.keys()) <= left
        for call_id, record in self.records.items():
            self.check_call(record, events[call_id])
        for seen in self.seen:
            self.check_seen(seen, events)
        self.note_what_happened(events)
        await wait_until(lambda: self.sums_agree(), "the limits to agree with the ledger")
        for limit, listed in self.listed():
            amount, spent, held = reading(listed)
            assert spent <= amount == limit.amount and held == 0, listed

    def note_what_happened(self, events: dict[str, Any]) -> None:
        """For the end, where it shows that the runs have met what they are to prove."""
        self.happened["calls"] += len(self.seen)
        self.happened["refused"] += sum(
            seen.status == 429 and seen.call_id not in self.records for seen in self.seen)
        for event in events.values():
            self.happened[OUTCOMES[event["outcome"]]] += 1
            self.happened["capped output"] += bool(event["flags"] & OUTPUT_CAPPED)
            self.happened["capped charge"] += bool(event["flags"] & CHARGE_CAPPED)

    def check_call(self, record: dict[str, Any], event: Any) -> None:
        of_model = price(record["model"])
        told = (dict(event), record)
        reported = record["reported"]
        if record["end"] == "whole" and event["outcome"] == COMPLETED and reported is not None:
            assert event["usage_source"] == FROM_PROVIDER, told
        if event["usage_source"] == FROM_PROVIDER:
            tokens = reported["prompt_tokens"], reported["completion_tokens"]
            assert event["cost"] == of_model.charge(*tokens), told
            if event["charge"] != event["cost"]:
                assert event["flags"] & CHARGE_CAPPED, told
                assert event["charge"] == of_model.capped_charge(*tokens), told
        if record["status"] != 200:
            assert event["charge"] == 0, told
        elif record["model"] != LIAR:
            assert 0 <= event["charge"] <= most(of_model, record), told

    def check_seen(self, seen: Seen, events: dict[str, Any]) -> None:
        if seen.status == 429 and seen.call_id not in self.records:
            self.check_refusal(seen)
        elif seen.whole and seen.status == 200:
            event = events[seen.call_id]
            if "x-tollgate-charge-nanousd" in seen.headers:
                assert int(seen.headers["x-tollgate-charge-nanousd"]) == event["charge"], seen
            if seen.events:
                told_whole = seen.events[-1] == "[DONE]"
                assert told_whole == (event["outcome"] == COMPLETED), (seen, dict(event))
            if event["outcome"] == LIMIT_REACHED:
                code = json.loads(seen.events[-1])["error"]["code"]
                assert "limit" in code, seen

    def check_refusal(self, seen: Seen) -> None:
        """Refused only where less was left than the call could cost, by the server's own words."""
        message = seen.error["message"]
        if at_once := AT_ONCE.search(message):
            assert int(at_once[2]) >= int(at_once[1]), seen
            return
        told = REFUSAL.search(message)
        assert told, seen
        amount, spent, held, asked = (count(text) for text in told.groups())
        limit = next(one for one in self.limits if one.amount == amount)
        left = amount - spent - held
        assert left < asked <= bound_of(seen.plan, limit), (left, seen)

    def sums_agree(self) -> bool:
        events = self.events().values()
        for limit, listed in self.listed():
            if limit.metric != "money":
                continue
            if limit.resets_at not in (None, listed["resets_at"]):
                continue  # its period has ended meanwhile
            charged = sum(event["charge"] for event in events if limit.counts(event))
            if reading(listed)[1] != limit.spent_before + charged:
                return False
        return True

    def remove_limits(self) -> None:
        for limit in self.limits:
            self.server.json("limits", "remove", limit.id)


def most(of_model: Price, record: dict[str, Any]) -> int:
    """The most that a call with this body can be charged; ours asks for usage in a few bytes."""
    output = min(record["asked"].values(), default=of_model.output_tokens_max)
    return of_model.charge(record["body_bytes"] + TEMPLATE_TOKENS, output)


def count(text: str) -> int:
    """Nano-dollars of an amount in dollars; other counts as they are."""
    whole, _, fraction = text.removeprefix("$").partition(".")
    return int(whole) * 10**9 + int(fraction.ljust(9, "0")) if "$" in text else int(whole)
