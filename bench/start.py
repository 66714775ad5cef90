#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long a server with a million keys takes from exec to /readyz, and what it holds in memory.

    build/venv/bin/python bench/start.py [--keys N] [--rounds N]    medians of N (5) rounds

TOLLGATE_BINARY chooses the binary (build/bench/tollgate); behind `scripts/postgresql.sh run` it
measures on PostgreSQL.
"""
from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from statistics import median

import many_keys
from measure import cpu_of_process
from test_helpers import Tollgate, wait_for

KEYS = 1_000_000


@dataclasses.dataclass(frozen=True)
class Start:
    seconds: float      # exec to the first 200 of /readyz
    cpu_seconds: float  # until then
    resident_mb: float


def start_once(server: Tollgate, key: str) -> Start:
    began = time.monotonic()
    server.launch()
    assert server.process
    server.port = wait_for(server.port_in_log, 60, "the line with the address")
    wait_for(server.is_ready, 60, "/readyz")
    seconds = time.monotonic() - began
    start = Start(seconds, cpu_of_process(server.process.pid), server.resident_bytes() / 1e6)
    # Of the million, the one whose secret somebody has.
    assert server.get("/v1/models", key).status == 200
    assert server.get("/v1/models", key[:-1] + "x").status == 401
    server.stop()
    return start


def measure(keys: int, rounds: int) -> tuple[list[Start], list[Start]]:
    """With one key, and with so many."""
    with Tollgate(f"start-{keys}") as server:
        server.init()
        key = server.create_key()["key"]
        few = [start_once(server, key) for _ in range(rounds)]
        many_keys.add_keys(server, keys - 1)
        start_once(server, key)  # the file's pages are in the system's cache from now on
        return few, [start_once(server, key) for _ in range(rounds)]


def row(what: str, starts: list[Start]) -> str:
    def of(field: str, digits: int) -> str:
        values = [getattr(start, field) for start in starts]
        return (f"{median(values):.{digits}f} ({min(values):.{digits}f} – "
                f"{max(values):.{digits}f})")
    return f"| {what} | {of('seconds', 2)} | {of('cpu_seconds', 2)} | {of('resident_mb', 0)} |"


def report(keys: int, rounds: int) -> str:
    few, many = measure(keys, rounds)
    return "\n".join([
        "| `tollgate serve` with | s from exec to /readyz | of CPU | MB resident |",
        "|---|---|---|---|",
        row("1 key", few), row(f"{keys:,} keys", many)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=KEYS)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(report(arguments.keys, arguments.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
