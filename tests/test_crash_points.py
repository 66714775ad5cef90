# SPDX-License-Identifier: Apache-2.0
"""The server is killed at its n-th write, sync, rename, mapping: each call that reached the
upstream is in the ledger once.

strace delivers SIGKILL at a thread's n-th system call of a kind, at start, in the recovery or
under load. TOLLGATE_CRASH_POINTS says how many points (./dev proof: 400), TOLLGATE_SEED repeats
them.
"""
from __future__ import annotations

import os
import pathlib
import random
import re
import time
from collections import Counter

from faults import SMALL_JOURNAL, check_ledger, load, strace
from tollgate import Tollgate, wait_for
from upstreams import Upstream

POINTS = int(os.environ.get("TOLLGATE_CRASH_POINTS", "20"))
SEED = int(os.environ.get("TOLLGATE_SEED", str(random.randrange(2**32))))
CALLERS, STREAMERS = 8, 2
CALLS = 250  # of one run: more than a segment holds
LOAD_MIN, LOAD_MAX = 0.8, 3.0  # seconds; the transfer comes by four times in one

SYSCALLS = ["pwrite64", "fdatasync", "fsync", "rename", "fallocate", "mmap", "munmap", "ftruncate",
            "unlink"]


def is_ready(server: Tollgate) -> bool:
    server.port = server.port_in_log()
    return server.port != 0 and server.is_ready()


def run_until_it_dies(server: Tollgate, upstream: Upstream, key: str) -> bool:
    """False where it outlived its load."""
    server.launch()
    wait_for(lambda: not server.is_alive() or is_ready(server), 30, "one that is ready or dead")
    before, began = len(upstream.calls), time.monotonic()
    with load(server, key, CALLERS, STREAMERS):
        while server.is_alive() and time.monotonic() < began + LOAD_MAX:
            if (len(upstream.calls) >= before + CALLS and time.monotonic() > began + LOAD_MIN):
                break
            time.sleep(0.005)
        died = not server.is_alive()
        server.kill()
    return died


class Points:
    """At which count of a system call a run can be killed. strace counts each thread's by itself,
    so a point is met by whichever thread comes to it first. Those before the database's first touch
    are the dynamic linker's."""

    def __init__(self, log: pathlib.Path) -> None:
        counts: Counter[tuple[str, str]] = Counter()
        self.points: dict[str, list[int]] = {syscall: [] for syscall in SYSCALLS}
        before: Counter[str] = Counter()
        opened = False
        for line in log.read_text(errors="replace").splitlines():
            if not (found := re.match(r"(\d+) +(\w+)\(", line)):
                continue
            thread, syscall = found[1], found[2]
            opened = opened or "tollgate.db" in line
            counts[thread, syscall] += 1
            if not opened:
                before[syscall] += 1
            elif syscall in self.points and counts[thread, syscall] > before[syscall]:
                self.points[syscall].append(counts[thread, syscall])


def test_a_server_killed_at_any_system_call_loses_nothing_and_charges_nothing_twice() -> None:
    dice = random.Random(SEED)
    print(f"TOLLGATE_SEED={SEED}")
    upstream = Upstream()
    deaths: Counter[str] = Counter()
    with Tollgate("crash-points", flags=SMALL_JOURNAL) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        key = server.create_key("load")["key"]
        server.kill()
        log = server.folder / "strace.log"
        server.under = strace(",".join([*SYSCALLS, "openat"]), log=str(log))
        run_until_it_dies(server, upstream, key)
        points = Points(log).points
        print({syscall: len(counts) for syscall, counts in points.items()})
        syscalls = [syscall for syscall in SYSCALLS if points[syscall]]
        for number in range(POINTS):
            # Each kind in turn, so that a few points already see all.
            syscall = syscalls[number % len(syscalls)]
            # The smaller of two: a run under load of its own makes fewer calls than the first did.
            at = min(dice.choices(points[syscall], k=2))
            server.under = strace(syscall, f"{syscall}:signal=SIGKILL:when={at}")
            server.flags = ("--workers", str(dice.randint(1, 2)), *SMALL_JOURNAL)
            if run_until_it_dies(server, upstream, key):
                deaths[syscall] += 1
            server.under = ()
            server.start()
            check_ledger(server, upstream, (number + 2) * (CALLERS + STREAMERS))
            server.kill()
        assert sum(deaths.values()) >= POINTS // 2, deaths
        print(f"{POINTS} points, at {sum(deaths.values())} of them it died there "
              f"({dict(deaths)}): {len(upstream.calls)} calls reached the upstream, each is in "
              "the ledger once")
    upstream.stop()
