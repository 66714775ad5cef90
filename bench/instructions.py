#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a call executes on its worker's thread, and what it allocates there, by room: exact counts
(callgrind), which no other program on the machine changes.

    bench/instructions.py [--calls N] [--no-result]

One worker, the calls of proxy.py one after the other, 200 keys in rotation with limits on key,
project and organization, the default configuration otherwise; counted once it is warm. It ends with
1 where a call allocates more than it may. TOLLGATE_BINARY chooses the binary
(build/release/tollgate). Writes bench/results/DATE-instructions.md.
"""
from __future__ import annotations

import argparse
import http.client
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
from collections import Counter

import peer_nginx
import peer_tollgate
import report
from peer_tollgate import BINARY, Tollgate, in_folder

KEYS, CONNECTIONS, WARM_UP_CALLS = 200, 8, 400
ALLOCATIONS_MAX = 10
ALLOCATES_NOTHING = ("http", "limits", "keys")
ALLOCATION = "operator new(unsigned long)"
LINE = re.compile(r"^\s*([\d,]+)\s+\S*?:(.*?)(?: \[(\S+)\])?$")
CALLS = re.compile(r"^\s*[\d,]+\s+[<]\s+\S*?:(.*?) \(([\d,]+)x\)")


class Counted(Tollgate):
    flags = ("--workers", "1")
    start_seconds = 120

    def count(self, on: bool) -> None:
        subprocess.run(["callgrind_control", "-i", "on" if on else "off", str(self.process_id)],
                       check=True, stdout=subprocess.DEVNULL)


def body() -> bytes:
    text = "Say in one sentence what a tollgate is. " * 24
    return json.dumps({"model": "gpt-4.1-mini", "max_tokens": 200,
                       "messages": [{"role": "user", "content": text}]}).encode()


def call(tollgate: Counted, calls: int) -> None:
    keys = tollgate.keys_file.read_text().split()
    connections = [http.client.HTTPConnection("127.0.0.1", tollgate.port)
                   for _ in range(CONNECTIONS)]
    for number in range(calls):
        connection = connections[number % CONNECTIONS]
        connection.request("POST", "/v1/chat/completions", body(), {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {keys[number % len(keys)]}"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
    for connection in connections:
        connection.close()


def room_of(function: str, library: str) -> str:
    if found := re.search(r"tg::([a-z]+)::", function):
        return found[1]
    if "tg::" in function:
        return "base"
    for name in ("simdjson", "sodium", "libc", "libstdc++", "libfmt", "libz"):
        if name in library:
            return name
    return "other"


def annotate(profile: pathlib.Path, *options: str) -> list[str]:
    return subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=no", *options,
                           str(profile)], capture_output=True, text=True).stdout.splitlines()


def instructions_of(profile: pathlib.Path) -> Counter[str]:
    counted: Counter[str] = Counter()
    for line in annotate(profile):
        if (found := LINE.match(line)) and "PROGRAM TOTALS" not in line:
            counted[room_of(found[2], found[3] or "")] += int(found[1].replace(",", ""))
    return counted


def allocations_of(profile: pathlib.Path) -> Counter[str]:
    """By the room of the nearest function of ours that stands above the allocation."""
    counted: Counter[str] = Counter()
    callers: list[tuple[str, int]] = []
    for line in annotate(profile, "--tree=caller"):
        if not line.strip():
            callers = []
        elif found := CALLS.match(line):
            callers.append((found[1], int(found[2].replace(",", ""))))
        elif "  *  " in line and f":{ALLOCATION}'" in line + "'":
            above = line.partition(f":{ALLOCATION}")[2]
            ours = re.search(r"tg::([a-z]+)::", above)
            counted[ours[1] if ours else "other"] += sum(times for _, times in callers)
    return counted


def worker_of(folder: pathlib.Path) -> pathlib.Path:
    """The thread that ran the calls."""
    return max((path for path in folder.glob("profile-*")),
               key=lambda path: path.read_text().count("tg::gateway::Call::"))


def document(instructions: Counter[str], allocations: Counter[str],
             arguments: argparse.Namespace) -> tuple[bool, str]:
    calls = arguments.calls
    each = sum(allocations.values()) / calls
    # The date is written anew once a second.
    silent = all(allocations[room] < calls / 50 for room in ALLOCATES_NOTHING)
    holds = each <= ALLOCATIONS_MAX and silent
    rooms = sorted(instructions, key=lambda room: -instructions[room])
    rows = "\n".join(f"| {room} | {instructions[room] / calls:,.0f} | "
                     f"{allocations[room] / calls:.2f} |" for room in rooms)
    return holds, f"""\
# A call on its worker's thread, {report.now():%Y-%m-%d %H:%M} UTC

| room or library | instructions | allocations |
|---|---|---|
{rows}
| **all** | **{sum(instructions.values()) / calls:,.0f}** | **{each:.2f}** |

Asked: at most {ALLOCATIONS_MAX} allocations, none in {', '.join(ALLOCATES_NOTHING)}: \
{'holds' if holds else '**does not hold**'}. Counted in user mode alone, over {calls:,} calls; an
allocation is a call of `operator new`, in the room of the nearest function of ours above it.

- Command: `{shlex.join(['bench/instructions.py', *sys.argv[1:]])}`
- Binary: {os.path.relpath(BINARY, report.ROOT)}, {report.first_line(str(BINARY), 'version')}
- Source: {report.source()}; {report.first_line('valgrind', '--version')}
"""


def bench(folder: pathlib.Path, arguments: argparse.Namespace) -> bool:
    # Valgrind 3.19 cannot read clang 19's debug information; names it takes from the symbols.
    stripped = folder / "tollgate"
    subprocess.run(["objcopy", "--strip-debug", str(BINARY), str(stripped)], check=True)
    peer_tollgate.KEYS = KEYS
    upstream = peer_nginx.make_upstream(folder)
    upstream.start()
    tollgate = Counted(folder / "counted", upstream.port)
    try:
        tollgate.start()
        tollgate.stop()
        tollgate.served_by = (
            "valgrind", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes",
            f"--separate-callers6={ALLOCATION}", f"--callgrind-out-file={folder}/profile",
            str(stripped))
        tollgate.start()
        call(tollgate, WARM_UP_CALLS)
        tollgate.count(on=True)
        call(tollgate, arguments.calls)
        tollgate.count(on=False)
        tollgate.stop()
    finally:
        tollgate.stop()
        upstream.stop()
    profile = worker_of(folder)
    holds, text = document(instructions_of(profile), allocations_of(profile), arguments)
    report.keep("instructions", text, only_print=arguments.no_result)
    return holds


def main() -> int:
    parser = report.parser(__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    arguments = parser.parse_args()
    return in_folder(lambda folder: bench(folder, arguments))


if __name__ == "__main__":
    sys.exit(main())
