#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What exact money costs a call, beside what it may cost: reservation, journal, settlement, SQL.

    bench/money.py [--rounds N]    medians of N (5) rounds; build first: ./dev build bench

Runs the micro-benchmarks in build/bench and writes bench/results/DATE-money.md. CPU time is what
counts: it holds on a machine that does other things as well. Ends with 1 where something costs
more than it may.
"""
from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from statistics import median
from typing import Any

import micro
import report


@dataclass(frozen=True)
class Row:
    what: str
    program: str
    benchmark: str
    may_us: float | None = None  # CPU microseconds for one
    asked: str = ""


ROWS = [
    Row("reserve, write down, settle: a call, limits on key, project, organization, synced as by "
        "default", "call_account_bench", "whole_answer/interval/process_time/real_time", 2,
        "≤ 2 µs"),
    Row("the same without the sync's thread (durability `process`)", "call_account_bench",
        "whole_answer/process/process_time/real_time"),
    Row("synced, 4,200 tokens streamed in 420 pieces, with their instalments",
        "call_account_bench", "streamed_answer/process_time/real_time"),
    Row("of it the journal: three records", "journal_bench",
        "whole_call_interval/process_time/real_time", 5, "≥ 200,000 a second and core"),
    Row("of it the limits: hold and settle, none", "limits_bench", "no_limits/0"),
    Row("1 limit", "limits_bench", "limits_of_each_kind/1"),
    Row("4 limits", "limits_bench", "limits_of_each_kind/4"),
    Row("16 limits", "limits_bench", "limits_of_each_kind/16"),
    Row("durability `call`, 1 call waits alone for the disk", "journal_bench",
        "group_commit/1/process_time/real_time"),
    Row("durability `call`, 256 wait together, each", "journal_bench",
        "group_commit/256/process_time/real_time"),
    Row("an event into SQLite with rollups, batches of 10,000", "ledger_writer_bench",
        "write_batches/usual/10000/iterations:50", 20, "≥ 50,000 a second"),
    Row("the same, hardly two events of a batch in one rollup", "ledger_writer_bench",
        "write_batches/alike/10000/iterations:50", 20, "≥ 50,000 a second"),
    Row("batches of 1,000", "ledger_writer_bench", "write_batches/usual/1000/iterations:300"),
    Row("`ledger verify`, an event", "ledger_writer_bench", "verify/200000/iterations:2"),
]


def cpu_us(result: dict[str, Any]) -> float:
    """What one item took; a batch counts its items. CPU is the whole process's where it is asked
    for."""
    return result["cpu_time"] / 1000 / items_of(result["run_name"])


def items_of(name: str) -> int:
    kind, _, rest = name.partition("/")
    if kind not in ("group_commit", "write_batches", "verify"):
        return 1
    return int(next(part for part in rest.split("/") if part.isdigit()))


def line(row: Row, results: list[dict[str, Any]]) -> tuple[bool, str]:
    rounds = [cpu_us(result) for result in results]
    middle = median(rounds)
    holds = row.may_us is None or middle <= row.may_us
    verdict = "" if row.may_us is None else "yes" if holds else "**no**"
    return holds, (f"| {row.what} | {middle:.3f} | {min(rounds):.3f} – {max(rounds):.3f} | "
                   f"{1e6 / middle:,.0f} | {row.asked} | {verdict} |")


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
    report.keep("money", f"""\
# What exact money costs, {report.now():%Y-%m-%d %H:%M} UTC

| what | CPU µs | range | a second of CPU | asked | holds |
|---|---|---|---|---|---|
{chr(10).join(text for _, text in lines)}

Medians of {rounds} rounds. CPU is user and system time, of the whole process where a thread of its
own takes part (the journal's sync). Files are on the disk under `/tmp`.

- Command: `bench/money.py`
- Machine: {report.machine()}; load {load_before:.1f} before
- Source: {report.source()}
""")
    return 0 if all(holds for holds, _ in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
