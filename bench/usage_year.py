#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A year of 100 million calls, and how long questions about it take, on SQLite and PostgreSQL.

    ./dev bench usage [--events N] [--raw-days N] [--engine sqlite|postgresql]

Writes bench/results/DATE-usage.md. `cold` is the first answer of a new connection after the kernel
has forgotten what it had read of the database (of PostgreSQL only the connection is new); `warm` is
the median of seven more. Ends with 1 where an answer is later than it may be, or where the engines
do not say the same.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys

import report

PROGRAM = report.ROOT / "build" / "bench" / "usage_year_bench"
MOST_MS, MOST_IN_A_ZONE_MS = 50, 1000
EVENTS_A_SECOND = 50_000


def run(engine: str, events: int, raw_days: int) -> list[dict]:
    command = [str(PROGRAM), str(events), str(raw_days)]
    if engine == "postgresql":
        command = [str(report.ROOT / "scripts" / "postgresql.sh"), "run", *command]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                          env=os.environ | {"TMPDIR": str(report.ROOT / "build")})
    return [json.loads(line) for line in done.stdout.splitlines() if '"what"' in line]


def most(name: str) -> int:
    return MOST_IN_A_ZONE_MS if "/" in name else MOST_MS


def table(found: dict[str, list[dict]]) -> tuple[list[str], bool]:
    engines = list(found)
    lines = ["| a year's | groups | " + " | ".join(f"{engine}, cold | warm" for engine in engines)
             + " | at most |", "|---|---|" + "---|---|" * len(engines) + "---|"]
    good = True
    asked = {engine: {each["name"]: each for each in found[engine] if each["what"] == "question"}
             for engine in engines}
    for name, first in asked[engines[0]].items():
        cells = []
        for engine in engines:
            answer = asked[engine][name]
            good = good and max(answer["cold_ms"], answer["warm_ms"]) <= most(name)
            good = good and answer["charge"] == first["charge"]
            cells += [f"{answer['cold_ms']:.1f} ms", f"{answer['warm_ms']:.1f} ms"]
        lines.append(f"| {name} | {first['groups']:,} | " + " | ".join(cells)
                     + f" | {most(name)} ms |")
    return lines, good


def written(engine: str, found: list[dict]) -> list[str]:
    lines = []
    for each in found:
        if each["what"] == "raw events":
            rate = each["events"] / each["seconds"]
            lines.append(f"- {engine}: {each['events']:,} calls into events, slices and rollups in "
                         f"{each['seconds']:.0f} s: **{rate:,.0f} a second**, by one thread.")
        if each["what"] == "rollups":
            lines.append(f"- {engine}: rollups of {each['days']} days ({each['events']:,} calls) "
                         f"in {each['seconds']:.0f} s.")
        if each["what"] == "removal":
            lines.append(f"- {engine}: the {each['events']:,} calls of one day removed in "
                         f"{each['seconds']:.1f} s.")
        if each["what"] == "size" and engine == "sqlite":
            lines.append(f"- {engine}: {each['bytes'] / 1e9:.1f} GB.")
    return lines


def main() -> int:
    parser = report.parser(__doc__)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--raw-days", type=int, default=62)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    engines = [options.engine] if options.engine else ["sqlite", "postgresql"]
    found = {engine: run(engine, options.events, options.raw_days) for engine in engines}
    lines, good = table(found)
    text = "\n".join([
        "# A year of usage", "",
        f"{report.now():%Y-%m-%d %H:%M} UTC, {report.source()}, {report.machine()}.",
        f"`./dev bench usage --events {options.events} --raw-days {options.raw_days}`: "
        f"{options.events:,} calls of 1,000 keys and 50 models, each question with its first 100 "
        "groups by charge.", "", *lines, "",
        *(line for engine in engines for line in written(engine, found[engine]))])
    report.keep("usage", text, options.no_result)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
