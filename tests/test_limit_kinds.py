# SPDX-License-Identifier: Apache-2.0
"""Limits of every kind: what they count, whom they refuse, and how they tell what is left."""
from __future__ import annotations

import asyncio
import datetime
import re
import time
import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest

from exact_clients import ExactUpstream, Seen, call, gates, plan, start_all, wait_until
from exact_prices import TEMPLATE_TOKENS, MIDDLE, SMALL, dollars, price
from tollgate import Tollgate, wait_for

OUTPUT_CAPPED = 1 << 3  # a flag in the ledger
MINUTE_S = 60


def key_with(server: Tollgate, *limits: dict[str, Any]) -> dict[str, str]:
    key = server.create_key("kinds")
    for limit in limits:
        server.limit("key", key["id"], **limit)
    return key


def settled(server: Tollgate, target_id: str) -> list[dict[str, Any]]:
    """The limits of a key or whatever, once no call runs any more."""
    return wait_for(lambda: all(limit["held"] == 0 for limit in server.limits(target_id)) and
                    server.limits(target_id), what="nothing to be held")


def ask(server: Tollgate, key: dict[str, str], **order: Any) -> Seen:
    return call(server, key["key"], plan(MIDDLE, order, 1000))


def while_running(server: Tollgate, exact: ExactUpstream, key: dict[str, str], calls: int,
                  look: Callable[[], Any]) -> Any:
    """What `look` says while so many calls are at the upstream."""
    gate, before = next(gates), exact.count()

    async def run() -> Any:
        tasks = start_all(server.port, key["key"], [plan(MIDDLE, {"gate": gate}, 1000)] * calls)
        await wait_until(lambda: exact.count() == before + calls, "the calls to arrive")
        seen = await asyncio.to_thread(look)
        exact.open(gate)
        assert [(await task).status for task in tasks] == [200] * calls
        return seen

    return asyncio.run(run())


# What is counted.

def test_each_metric_counts_its_own(metered: Tollgate) -> None:
    key = key_with(metered, {"usd": "1"}, {"tokens": 100_000, "per": "month"},
                   {"requests": 50, "per": "day"}, {"concurrency": 9})
    for number in range(3):
        assert ask(metered, key, out=100 + number, **{"in": 7}).status == 200
    spent = {limit["metric"]: limit["spent"] for limit in settled(metered, key["id"])}
    money = sum(price(MIDDLE).charge(7, 100 + number) for number in range(3))
    assert spent == {"money": money, "tokens": 324, "requests": 3, "concurrency": 0}


def test_limits_are_many_on_one_key_and_the_tightest_holds(metered: Tollgate) -> None:
    key = key_with(metered, {"usd": "1", "per": "month"}, {"usd": "1", "per": "week"},
                   {"usd": "0.000001", "per": "day"}, {"tokens": 10**6, "per": "day"})
    assert len(metered.limits(key["id"])) == 4
    assert ask(metered, key).status == 429
    day = next(limit for limit in metered.limits(key["id"])
               if (limit["per"], limit["metric"]) == ("day", "money"))
    assert [limit["held"] for limit in metered.limits(key["id"])] == [0] * 4
    metered.json("limits", "remove", day["id"])
    assert len(metered.limits(key["id"])) == 3
    assert ask(metered, key).status == 200


def test_setting_a_limit_again_changes_its_amount(metered: Tollgate) -> None:
    key = key_with(metered, {"usd": "0.000001", "per": "month"})
    before = metered.limits(key["id"])[0]
    assert ask(metered, key).status == 429
    metered.limit("key", key["id"], "1", per="month")
    after = metered.limits(key["id"])[0]
    assert (before["id"], after["limit_nanousd"]) == (after["id"], 10**9)
    assert ask(metered, key).status == 200


def test_limit_counts_what_was_spent_before_it_was_set(metered: Tollgate) -> None:
    key = metered.create_key("before")
    assert ask(metered, key, out=500).status == 200
    metered.wait_for_calls(key["id"], 1)
    spent = price(MIDDLE).charge(10, 500)
    for per in ("day", "month", "total"):
        assert metered.limit("key", key["id"], "1", per=per)["spent_nanousd"] == spent, per
    metered.kill()
    metered.start()
    assert [limit["spent_nanousd"] for limit in metered.limits(key["id"])] == [spent] * 3


def test_project_limit_of_one_model_leaves_the_others_alone(metered: Tollgate) -> None:
    key = metered.create_key("one model")
    assert ask(metered, key).status == 200
    project = metered.event(ask(metered, key).call_id)["project_id"]
    limit = metered.limit("project", project, "0.000001", per="day", model=SMALL)
    try:
        assert call(metered, key["key"], plan(SMALL, {}, 10)).status == 429
        assert ask(metered, key).status == 200
    finally:
        metered.json("limits", "remove", limit["id"])
    assert call(metered, key["key"], plan(SMALL, {}, 10)).status == 200


@pytest.mark.parametrize("scope, column, code", [
    ("project", "project_id", "project_spend_limit_exceeded"),
    ("user", "owner_id", "user_spend_limit_exceeded"),
    ("organization", "organization_id", "organization_spend_limit_exceeded"),
])
def test_limit_above_the_key_counts_all_keys(metered: Tollgate, scope: str, column: str,
                                             code: str) -> None:
    one, other = metered.create_key("one"), metered.create_key("other")
    target = metered.event(ask(metered, one).call_id)[column]
    limit = metered.limit(scope, target, "1000", per="year")
    try:
        assert ask(metered, one, out=50).status == ask(metered, other, out=60).status == 200
        after = next(now for now in settled(metered, target) if now["id"] == limit["id"])
        assert after["spent_nanousd"] - limit["spent_nanousd"] == \
            price(MIDDLE).charge(10, 50) + price(MIDDLE).charge(10, 60)
        metered.limit(scope, target, "0.000001", per="year")
        refused = ask(metered, one)
        assert (refused.status, refused.error["code"]) == (429, code), refused
        assert refused.error["type"] == "insufficient_quota"
    finally:
        metered.json("limits", "remove", limit["id"])


# Whom they refuse, and how.

def test_output_is_capped_at_what_is_left(metered: Tollgate, exact: ExactUpstream) -> None:
    limit, before = price(MIDDLE).charge(700, 2000), exact.count()
    key = key_with(metered, {"usd": dollars(limit)})
    seen = call(metered, key["key"], plan(MIDDLE, {"out": "all"}))
    assert seen.status == 200
    cap = int(seen.headers["x-tollgate-output-capped"])
    record = exact.records(before)[0]
    assert 256 <= cap < 2000 and list(record["asked"].values()) == [cap]
    event = metered.event(seen.call_id)
    assert event["flags"] == OUTPUT_CAPPED
    assert event["charge"] == price(MIDDLE).charge(10, cap) <= limit


def test_call_that_asks_for_less_than_is_left_is_not_capped(metered: Tollgate) -> None:
    key = key_with(metered, {"usd": dollars(price(MIDDLE).charge(700, 2000))})
    seen = call(metered, key["key"], plan(MIDDLE, {"out": "all"}, 1500))
    assert "x-tollgate-output-capped" not in seen.headers
    event = metered.event(seen.call_id)
    assert (event["flags"], event["charge"]) == (0, price(MIDDLE).charge(10, 1500))


def test_cap_that_helps_nobody_is_a_refusal(metered: Tollgate, exact: ExactUpstream) -> None:
    key, before = key_with(metered, {"usd": dollars(price(MIDDLE).charge(700, 200))}), exact.count()
    assert call(metered, key["key"], plan(MIDDLE, {"out": "all"})).status == 429
    assert exact.count() == before


def test_tokens_are_limited_by_what_a_call_may_use(metered: Tollgate, exact: ExactUpstream) -> None:
    one = plan(MIDDLE, {"out": "all"}, 300)
    bound = len(one.body) + TEMPLATE_TOKENS + 300
    key = key_with(metered, {"tokens": bound + 309, "per": "week"})
    before = exact.count()
    assert call(metered, key["key"], one).status == 200  # of which 310 are used
    assert settled(metered, key["id"])[0]["spent"] == 310
    # One token too few is left, and a third of what is left for output helps nobody.
    refused = call(metered, key["key"], one)
    assert refused.status == 429, refused
    assert exact.count() == before + 1
    assert settled(metered, key["id"])[0]["spent"] == 310


def test_soft_limit_counts_and_refuses_nobody(metered: Tollgate) -> None:
    key = metered.create_key("soft")
    metered.limit("key", key["id"], "0.000001", soft=True)
    for _ in range(2):
        seen = ask(metered, key, out=100)
        assert seen.status == 200 and "x-tollgate-output-capped" not in seen.headers
    limit = settled(metered, key["id"])[0]
    assert limit["spent_nanousd"] == 2 * price(MIDDLE).charge(10, 100) > limit["limit_nanousd"]
    assert limit["left_nanousd"] == 0


def test_concurrency_is_limited_while_calls_run(metered: Tollgate, exact: ExactUpstream) -> None:
    key = key_with(metered, {"concurrency": 2})

    def look() -> tuple[Seen, dict[str, Any]]:
        return ask(metered, key), metered.limits(key["id"])[0]

    refused, limit = while_running(metered, exact, key, 2, look)
    assert (refused.status, refused.error["code"]) == (429, "concurrency_limit_exceeded")
    assert int(refused.headers["retry-after"]) >= 1
    assert (limit["held"], limit["left"], limit["amount"]) == (2, 0, 2)
    assert settled(metered, key["id"])[0]["left"] == 2
    assert ask(metered, key).status == 200


@pytest.mark.parametrize("window, wait_s_max", [("calendar", MINUTE_S), ("rolling", MINUTE_S),
                                                ("rate", MINUTE_S // 3 + 1)])
def test_requests_per_minute_say_when_to_come_back(metered: Tollgate, exact: ExactUpstream,
                                                   window: str, wait_s_max: int) -> None:
    key = key_with(metered, {"requests": 3, "per": "minute", "window": window})
    before = exact.count()
    minute = int(time.time() // MINUTE_S)
    answers = [ask(metered, key) for _ in range(4)]
    if int(time.time() // MINUTE_S) != minute and window == "calendar":
        answers = [ask(metered, key) for _ in range(4)]  # all in the minute that has just begun
        before = exact.count() - 3
    assert [seen.status for seen in answers] == [200, 200, 200, 429]
    assert exact.count() == before + 3
    refused = answers[3]
    assert (refused.error["type"], refused.error["code"]) == ("requests", "rate_limit_exceeded")
    assert 1 <= int(refused.headers["retry-after"]) <= wait_s_max, refused
    assert refused.headers.get("x-should-retry") != "false"


def test_refusal_names_the_limit_and_what_is_left_of_it(metered: Tollgate,
                                                        exact: ExactUpstream) -> None:
    bound = price(MIDDLE).bound(plan(MIDDLE, {"gate": next(gates)}, 1000).body, 1000)
    key = key_with(metered, {"usd": dollars(bound + 200), "per": "month"})
    refused = while_running(metered, exact, key, 1, lambda: ask(metered, key))
    message = refused.error["message"]
    assert (refused.status, refused.error["code"]) == (429, "key_spend_limit_exceeded"), refused
    assert refused.headers["x-should-retry"] == "false"
    told = [int(amount.replace(".", "").ljust(10, "0")) for amount in
            re.findall(r"\$(\d+\.\d+)", message)]
    assert told[:3] == [bound + 200, 0, bound], message  # limit, spent, held
    assert "API key" in message and "month" in message, message
    # It comes back by itself as well: what is held may not be spent.
    assert "running" in message or "held" in message, message


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/St_Johns", "Pacific/Apia"])
def test_reset_of_a_calendar_day_is_midnight_there(metered: Tollgate, zone: str) -> None:
    def midnight() -> datetime.datetime:
        now = datetime.datetime.now(zoneinfo.ZoneInfo(zone))
        day = now.date() + datetime.timedelta(days=1)
        return datetime.datetime.combine(day, datetime.time(), zoneinfo.ZoneInfo(zone))

    key = key_with(metered, {"usd": "0.000001", "per": "day", "time_zone": zone})
    before, limit, after = midnight(), metered.limits(key["id"])[0], midnight()
    assert limit["time_zone"] == zone
    assert limit["resets_at"] in (before.timestamp(), after.timestamp())
    message = ask(metered, key).error["message"]
    assert any(str(when.date()) in message or
               when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M") in message
               for when in (before, after)), message


@pytest.mark.parametrize("per", ["hour", "week", "month", "quarter", "year"])
def test_reset_of_a_period_is_its_end(metered: Tollgate, per: str) -> None:
    key = key_with(metered, {"usd": "1", "per": per})
    ends = set()
    for now in (datetime.datetime.now(datetime.timezone.utc) for _ in range(2)):
        ends.add(end_of(per, now).timestamp())
        resets_at = metered.limits(key["id"])[0]["resets_at"]
    ends.add(end_of(per, datetime.datetime.now(datetime.timezone.utc)).timestamp())
    assert resets_at in ends


def end_of(per: str, now: datetime.datetime) -> datetime.datetime:
    hour = now.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    if per == "hour":
        return hour + datetime.timedelta(hours=1)
    if per == "week":
        return day + datetime.timedelta(days=7 - day.weekday())
    month = {"month": now.month, "quarter": (now.month - 1) // 3 * 3 + 3, "year": 12}[per]
    return day.replace(year=now.year + month // 12, month=month % 12 + 1, day=1)


@pytest.mark.parametrize("flags", [
    {"usd": "1", "per": "fortnight"},
    {"usd": "1", "per": "day", "window": "sideways"},
    {"usd": "1", "per": "day", "time_zone": "Mars/Olympus"},
    {"usd": "-1"},
    {"usd": "0.0000000001"},
    {"tokens": "-5", "per": "day"},
    {"requests": "many", "per": "day"},
    {"tokens": str(2**63), "per": "day"},
], ids=str)
def test_limit_that_makes_no_sense_is_refused(metered: Tollgate, flags: dict[str, str]) -> None:
    key = metered.create_key("nonsense")
    arguments = [text for name, value in flags.items()
                 for text in (f"--{name.replace('_', '-')}={value}",)]
    done = metered.run("limits", "set", "--key", key["id"], *arguments, "--json")
    assert done.returncode in (1, 2) and done.stderr, done
    assert metered.limits(key["id"]) == []
