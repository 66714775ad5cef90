#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that are slow on purpose: what others feel of them meanwhile.

    ./dev bench slow [--connections N] [--seconds N] [--no-result]

Debian's slowhttptest attacks a server of one worker with N (1,000) connections at once for N (30)
seconds in each of its ways: heads that never end (slowloris), bodies that never come, answers that
are hardly read. Meanwhile an ordinary client makes a call every 20 ms, each on a new connection.
Writes bench/results/DATE-slow.md; ends with 1 where a call of it failed.
TOLLGATE_BINARY chooses the binary (build/release/tollgate).
"""
from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from statistics import median

import report

os.environ.setdefault("TOLLGATE_BINARY", str(report.ROOT / "build/release/tollgate"))
from test_helpers import Tollgate  # noqa: E402

CALL_EVERY_S = 0.02


@dataclass(frozen=True)
class Attack:
    name: str
    flags: tuple[str, ...]
    path: str


ATTACKS = [
    Attack("slowloris: heads that never end", ("-H", "-i", "5", "-x", "24"), "/v1/models"),
    # With a key: without one, it is refused before its body is waited for. The program has no
    # option for a header, but writes as it is what it is given of this one.
    Attack("bodies that never come",
           ("-B", "-i", "5", "-s", "100000", "-f",
            "application/json\r\nAuthorization: Bearer {key}"), "/v1/chat/completions"),
    Attack("answers that are hardly read",
           ("-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"),
           "/v1/tollgate/openapi.json"),
]


@dataclass
class Felt:
    """By the ordinary client."""
    times_ms: list[float] = field(default_factory=list)
    failed: int = 0

    def add(self, server: Tollgate, key: str) -> None:
        began = time.monotonic()
        try:
            status = server.chat(key, "hello", model="sandbox/default").status
        except OSError:
            status = 0
        self.times_ms.append((time.monotonic() - began) * 1e3)
        self.failed += status != 200

    def at(self, share: float) -> float:
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def columns(self) -> tuple[object, ...]:
        return (len(self.times_ms), self.failed, f"{median(self.times_ms):.1f}",
                f"{self.at(0.99):.1f}")


def line(row: tuple[object, ...]) -> str:
    return f"| {' | '.join(map(str, row))} |"


def call_until(stop: threading.Event, server: Tollgate, key: str, felt: Felt) -> None:
    while not stop.wait(CALL_EVERY_S):
        felt.add(server, key)


def attack(server: Tollgate, key: str, how: Attack, connections: int,
           seconds: int) -> tuple[str, int]:
    felt, stop = Felt(), threading.Event()
    caller = threading.Thread(target=call_until, args=(stop, server, key, felt))
    caller.start()
    before = server.resident_bytes()
    output = server.folder / "slowhttptest.log"
    with output.open("w") as log:
        program = subprocess.Popen(
            ["slowhttptest", *(flag.replace("{key}", key) for flag in how.flags), "-c", str(connections), "-r", str(connections // 5),
             "-l", str(seconds), "-p", "5", "-u", f"http://127.0.0.1:{server.port}{how.path}"],
            stdout=log, stderr=subprocess.STDOUT)
    most = before
    while program.poll() is None:
        most = max(most, server.resident_bytes())
        time.sleep(0.1)
    said = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output.read_text())  # it colours what it says
    stop.set()
    caller.join()
    told = {name: [int(number) for number in re.findall(rf"{name}:\s+(\d+)", said)]
            for name in ("closed", "connected")}
    available = "no" if re.search(r"service available:\s+.*NO", said) else "yes"
    row = (how.name, max(told["connected"]), told["closed"][-1], available,
           *felt.columns(), f"{(most - before) / 1e6:.1f}")
    return line(row), felt.failed


def idle(server: Tollgate, key: str, seconds: int) -> tuple[str, int]:
    felt = Felt()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(CALL_EVERY_S)
        felt.add(server, key)
    return line(("nobody", "", "", "", *felt.columns(), "")), felt.failed


def main() -> int:
    arguments = report.parser(__doc__)
    arguments.add_argument("--connections", type=int, default=1000)
    arguments.add_argument("--seconds", type=int, default=30)
    chosen = arguments.parse_args()
    with Tollgate("slow", workers=1) as server:
        server.init().start()
        key = server.create_key("ordinary", "test")["key"]
        rows = [idle(server, key, min(10, chosen.seconds))]
        for how in ATTACKS:
            print(f"{how.name} …", flush=True)
            rows.append(attack(server, key, how, chosen.connections, chosen.seconds))
    table = "\n".join(row for row, _ in rows)
    head = line(("who attacks", "connected at most", "closed by the end",
                 "slowhttptest's probe is answered", "ordinary calls", "of them failed",
                 "median ms", "p99 ms", "memory it grew by, MB"))
    text = f"""# Slow clients

{report.source()}, {report.machine()}. One worker, settings as they come
(`head_timeout_ms` 15,000, `body_timeout_ms` 30,000). {chosen.connections} connections
for {chosen.seconds} s; the ordinary client makes a call to the sandbox
every {CALL_EVERY_S * 1e3:.0f} ms, each on a new connection, on the cores that the attacker uses.

{head}
|{"---|" * 9}
{table}
"""
    report.keep("slow", text, only_print=chosen.no_result)
    return 1 if any(failed for _, failed in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
