# SPDX-License-Identifier: Apache-2.0
"""One truth: calls, rollups, OpenAI's usage and costs, our report and its CSV agree to the
nano-dollar, for any filter and any interval, in zones whose midnights lie on quarters of an hour
and whose days have 23 or 25 hours.
"""
from __future__ import annotations

import csv
import datetime
import io
import json
import pathlib
import random
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from faults import settle_all
from tollgate import Tollgate
from upstreams import Upstream

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
SEED = random.randrange(1 << 30)
ZONES = ["UTC", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
# Summer time begins in Berlin on March 29th 2026, and ends in Lord Howe on April 5th; a month ends
# between the two. The days of New York's change, March 8th, are among the calls as well.
STOPS = ["2026-03-07 20:10:00", "2026-03-08 06:58:30", "2026-03-08 23:50:00",
         "2026-03-28 18:14:50", "2026-03-29 00:40:00", "2026-03-29 21:59:00",
         "2026-03-31 23:59:30", "2026-04-01 18:15:10", "2026-04-04 14:50:00",
         "2026-04-05 12:31:00"]
MODELS = ["gpt-4.1-mini", "gpt-4.1", "gpt-4o-mini"]
CALLS = 12  # at each stop
NANO = 1_000_000_000


class World:
    def __init__(self, server: Tollgate, upstream: Upstream) -> None:
        self.server, self.upstream = server, upstream
        self.chance = random.Random(SEED)
        server.init().start()
        server.add_provider("upstream", upstream.url)
        self.keys = [server.create_key(name)["key"] for name in ("one", "two", "three")]
        self.admin = server.create_key("admin", "admin")["key"]

    def call_at_each_stop(self) -> None:
        clock = self.server.folder / "clock"
        self.server.stop()
        plain = dict(self.server.environment)
        self.server.environment |= {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
        for number, stop in enumerate(STOPS):
            at = datetime.datetime.fromisoformat(stop + "+00:00").timestamp()
            clock.write_text(f"{at - time.time():+.0f}")
            if number % 4 == 0:  # also over a restart
                if number > 0:
                    self.server.stop()
                self.server.start()
            for _ in range(CALLS):
                answer = self.server.chat(self.chance.choice(self.keys), "plain",
                                          model=self.chance.choice(MODELS))
                assert answer.status == 200, answer
            settle_all(self.server, self.upstream)
        self.server.stop()
        self.server.environment = plain
        self.server.start()

    def events(self) -> list[dict[str, Any]]:
        return self.server.ledger("SELECT * FROM usage_events")

    def get(self, path: str, **query: Any) -> Any:
        text = urllib.parse.urlencode(query, doseq=True)
        answer = self.server.get(f"{path}?{text}", self.admin)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def pages(self, path: str, **query: Any) -> list[dict[str, Any]]:
        page = self.get(path, **query)
        buckets = page["data"]
        while page["has_more"]:
            page = self.get(path, **query, page=page["next_page"])
            buckets += page["data"]
        return buckets


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    if not FAKETIME.exists():
        pytest.skip(f"needs {FAKETIME} (scripts/install.sh --tests)")
    upstream = Upstream()
    with Tollgate("agrees", workers=2) as server:
        made = World(server, upstream)
        made.call_at_each_stop()
        assert len(made.events()) == CALLS * len(STOPS)
        yield made
    upstream.stop()


def midnights(zone: str, first: str, last: str) -> list[int]:
    """The beginnings of the zone's days from `first` to the day after `last`, in Unix seconds."""
    day, found = datetime.date.fromisoformat(first), []
    while day <= datetime.date.fromisoformat(last) + datetime.timedelta(1):
        begin = datetime.datetime.combine(day, datetime.time(), ZoneInfo(zone))
        found.append(int(begin.timestamp()))
        day += datetime.timedelta(1)
    return found


def inside(events: list[dict[str, Any]], begin: int, end: int) -> list[dict[str, Any]]:
    return [event for event in events if begin * 1000 <= event["admitted_ms"] < end * 1000]


def by(events: list[dict[str, Any]], *columns: str) -> Counter:
    charges: Counter = Counter()
    for event in events:
        charges[tuple(event[column] for column in columns)] += event["charge"]
    return charges


@pytest.mark.parametrize("zone", ZONES)
def test_a_zones_days_are_the_sums_of_its_calls(world: World, zone: str) -> None:
    print("seed", SEED)
    events = world.events()
    bounds = midnights(zone, "2026-03-05", "2026-04-07")
    report = world.get("/v1/tollgate/usage", time_zone=zone, step="day", by=["key", "model"],
                       **{"from": "2026-03-05", "to": "2026-04-07"})
    assert report["bounds"] == bounds
    for i, (begin, end) in enumerate(zip(bounds, bounds[1:])):
        expected = by(inside(events, begin, end), "key_id", "model")
        found = {(group["key_id"], group["model"]): group["points"][i]["charge_nanousd"]
                 for group in report["groups"] if group["points"][i]}
        assert found == dict(expected), (zone, begin)
    totals = report["totals"]
    assert totals["charge_nanousd"] == sum(event["charge"] for event in events)
    assert totals["calls"] == len(events) and totals["errors"] == 0


@pytest.mark.parametrize("zone", ZONES)
def test_the_spreadsheet_has_the_same(world: World, zone: str) -> None:
    events = world.events()
    done = world.server.run("usage", "--from", "2026-03-05", "--to", "2026-04-07", "--time-zone",
                            zone, "--by", "model", "--step", "day", "--csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    bounds = midnights(zone, "2026-03-05", "2026-04-07")
    expected = {(begin, model): charge for begin, end in zip(bounds, bounds[1:])
                for (model,), charge in by(inside(events, begin, end), "model").items()}
    found = {(int(datetime.datetime.fromisoformat(row["from"]).timestamp()), row["model"]):
             int(row["charge"].replace(".", "")) for row in rows}
    assert found == expected
    assert sum(int(row["calls"]) for row in rows) == len(events)


def test_openai_s_operations_say_the_same_in_minutes_hours_and_days(world: World) -> None:
    events = world.events()
    begin, end = midnights("UTC", "2026-03-28", "2026-04-01")[0::5]
    for width, seconds in (("1d", 86_400), ("1h", 3_600)):
        buckets = world.pages("/v1/organization/usage/completions", start_time=begin, end_time=end,
                              bucket_width=width, group_by=["model", "api_key_id"])
        assert [bucket["start_time"] for bucket in buckets] == list(range(begin, end, seconds))
        for bucket in buckets:
            mine = inside(events, bucket["start_time"], bucket["end_time"])
            calls = Counter((event["model"], event["key_id"]) for event in mine)
            found = {(result["model"], result["api_key_id"]): result["num_model_requests"]
                     for result in bucket["results"]}
            assert found == dict(calls)
            for field, column in (("input_tokens", "input_text_tokens"),
                                  ("output_tokens", "output_text_tokens")):
                assert sum(result[field] for result in bucket["results"]) == sum(
                    event[column] for event in mine)


def test_costs_are_the_charges_of_usages_days(world: World) -> None:
    events = world.events()
    begin, end = (bounds := midnights("UTC", "2026-03-05", "2026-04-07"))[0], bounds[-1]
    buckets = world.pages("/v1/organization/costs", start_time=begin, end_time=end, limit=10,
                          group_by=["line_item", "project_id"])
    assert len(buckets) == len(bounds) - 1
    for bucket in buckets:
        expected = by(inside(events, bucket["start_time"], bucket["end_time"]),
                      "model", "project_id")
        found = {(result["line_item"], result["project_id"]):
                 round(result["amount"]["value"] * NANO) for result in bucket["results"]}
        assert found == dict(expected)


def test_any_filter_and_any_interval_of_whole_quarters_agree(world: World) -> None:
    print("seed", SEED)
    events = world.events()
    chance = random.Random(SEED)
    first, last = (bounds := midnights("UTC", "2026-03-05", "2026-04-07"))[0], bounds[-1]
    keys = sorted({event["key_id"] for event in events})
    for _ in range(40):
        begin = first + 900 * chance.randrange((last - first) // 900 - 1)
        end = begin + 900 * chance.randrange(1, (last - begin) // 900 + 1)
        models = chance.sample(MODELS, chance.randrange(1, 4))
        key = chance.choice(keys)
        mine = [event for event in inside(events, begin, end)
                if event["model"] in models and event["key_id"] == key]
        charge = sum(event["charge"] for event in mine)
        report = world.get("/v1/tollgate/usage", models=models, key_ids=key,
                           **{"from": begin, "to": end})
        assert report["totals"]["charge_nanousd"] == charge
        assert report["totals"]["calls"] == len(mine)
        usage = world.pages("/v1/organization/usage/completions", start_time=begin, end_time=end,
                            models=models, api_key_ids=[key], limit=31)
        assert sum(result["num_model_requests"] for bucket in usage
                   for result in bucket["results"]) == len(mine)
        costs = world.pages("/v1/organization/costs", start_time=begin, end_time=end, limit=180,
                            api_key_ids=[key], line_items=models)
        assert sum(round(result["amount"]["value"] * NANO) for bucket in costs
                   for result in bucket["results"]) == charge


def test_the_ledger_proves_it_and_blocks_can_be_made_anew(world: World) -> None:
    world.server.verify()
    before = world.server.json("usage", "--by", "key,model,project,user,endpoint")
    rebuilt = world.server.run("ledger", "rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    after = world.server.json("usage", "--by", "key,model,project,user,endpoint")
    assert after["groups"] == before["groups"] and after["totals"] == before["totals"]
    world.server.verify()
