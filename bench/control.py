#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the control plane promises: a million keys, revocation, the audit log.

    ./dev bench control [--rounds N]    medians of N (5) rounds

Runs micro-benchmarks in build/bench, bench/start.py and bench/revocation.py, and writes
bench/results/DATE-control-plane.md. Ends with 1 where something takes longer than it may.
"""
from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from statistics import median

import micro
import report
import revocation
import start


@dataclass(frozen=True)
class Row:
    what: str
    program: str
    benchmark: str
    unit: str
    scale: float = 1  # what the benchmark counts of it, times so much
    field: str = "cpu_time"
    digits: int = 1
    may: float | None = None
    asked: str = ""


LOAD = "load_a_million/iterations:1"
ROWS = [
    Row("a million keys, read into the table", "key_rows_bench", LOAD, "s", 1e-3, digits=2,
        field="real_time", may=2, asked="≤ 2 s"),
    Row("memory for them", "key_rows_bench", LOAD, "MB", field="MB", digits=0, may=300,
        asked="≤ 300 MB"),
    Row("a key found by its digest, none of it in the cache", "key_rows_bench",
        "find_among_a_million", "ns CPU", digits=0, may=200, asked="≤ 200 ns"),
    Row("a million audit entries verified", "audit_bench", "verify/iterations:1", "s CPU", 1e-3,
        may=10, asked="≤ 10 s"),
    Row("an audit entry written, many in a transaction", "audit_bench",
        "append_entry/iterations:20", "µs CPU", 1, digits=0),  # ms for a thousand
    Row("the same in a transaction of its own", "audit_bench", "append_alone/iterations:1000",
        "µs CPU", digits=0),
    Row("its time with the disk's sync", "audit_bench", "append_alone/iterations:1000", "µs",
        field="real_time", digits=0),
    Row("a page of 100 of an organization's 100,000 entries, the newest", "audit_bench",
        "find/newest", "µs CPU", digits=0),
    Row("those of one target", "audit_bench", "find/target", "µs CPU", digits=0),
]


def line(row: Row, results: list[dict]) -> tuple[bool, str]:
    values = [result[row.field] * row.scale for result in results]
    middle = median(values)
    holds = row.may is None or middle <= row.may
    verdict = "" if row.may is None else "yes" if holds else "**no**"
    low, high = (f"{value:,.{row.digits}f}" for value in (min(values), max(values)))
    return holds, (f"| {row.what} | {middle:,.{row.digits}f} {row.unit} | {low} – {high} | "
                   f"{row.asked} | {verdict} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    load_before = os.getloadavg()[0]
    measured = {program: micro.run(program, [row.benchmark for row in ROWS
                                             if row.program == program], rounds)
                for program in dict.fromkeys(row.program for row in ROWS)}
    lines = [line(row, measured[row.program][row.benchmark]) for row in ROWS]
    starts = start.report(start.KEYS, rounds)
    revoked_in_time, revoked = revocation.report(revocation.Options())
    report.keep("control-plane", f"""\
# What the control plane costs, {report.now():%Y-%m-%d %H:%M} UTC

## Keys and the audit log

| what | median | range | asked | holds |
|---|---|---|---|---|
{chr(10).join(text for _, text in lines)}

The keys belong by chance to 100 organizations, 1,000 projects and 10,000 users.

## Start

{starts}

Median and range; the database file is in the system's cache.

## Revocation

{revoked}

{revocation.Options().words()} Asked: each below {revocation.MAY_MS} ms: \
{"yes" if revoked_in_time else "**no**"}.

- Command: `./dev bench control`; of it, `bench/start.py` and `bench/revocation.py` run alone, too
- Rounds: {rounds}. Others worked on the same two cores: CPU is user and system time
- Machine: {report.machine()}; load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after
- Source: {report.source()}
""")
    return 0 if revoked_in_time and all(holds for holds, _ in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
