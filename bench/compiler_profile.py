#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What calls execute most often, for the compiler: makes profile/tollgate.proftext anew.

    ./dev profile

A server that counts what it executes (build/profile/tollgate) passes on calls and streams of 10,000
keys, in its default configuration. Of what it counted, the functions are kept that calls ran
through; others would be taken for cold, though a question about a year of usage is not, and are
compiled as ever. Needs Debian's llvm-19.
"""
from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import peer_tollgate
from measure import LOAD_CORE, measure
from peer_tollgate import Tollgate, in_folder
from report import ROOT
from sse_upstream import running_upstream
import streams

EVENTS, PAUSE_MS = 250, 8
SECONDS = 4
PROFILE = ROOT / "profile/tollgate.proftext"
LLVM_PROFDATA = "llvm-profdata-19"
# A function that ran less often than once in a hundred calls or events is no call's.
RUNS_LEAST = 0.01


class Counting(Tollgate):
    def count_into(self, folder: pathlib.Path) -> None:
        self._environment["LLVM_PROFILE_FILE"] = str(folder / "%p.profraw")


def record(folder: pathlib.Path) -> tuple[list[pathlib.Path], int]:
    """What the server counted, and how many calls and events it had."""
    counts = folder / "counts"
    with running_upstream(str(EVENTS), PAUSE_MS, LOAD_CORE) as upstream:
        server = Counting(folder, upstream)
        server.count_into(folder / "thrown_away")
        try:
            server.start()
            server.stop()
            server.count_into(counts)
            server.start()
            calls = measure(server.process_id, server.process_id, server.port, server.keys_file,
                            SECONDS)
            streamed = streams.measure(server.process_id, server.port, server.keys_file, SECONDS)
            if calls.errors or streamed.errors:
                sys.exit(f"{calls.errors} calls and {streamed.errors} streams failed")
        finally:
            status = server.stop()
    if status != 0:
        sys.exit(f"tollgate ended with {status}")
    return list(counts.glob("*.profraw")), calls.calls + streamed.events


def llvm_profdata(*arguments: str | pathlib.Path) -> None:
    subprocess.run([LLVM_PROFDATA, *map(str, arguments)], check=True)


def hot_only(text: str, runs_least: float) -> tuple[str, int]:
    """A profile's text without the functions whose highest count is below `runs_least`."""
    head, kind, functions = text.partition(":ir\n")
    kept = [function for function in functions.strip().split("\n\n")
            if highest_count(function) >= runs_least]
    return head + kind + "\n\n".join(kept) + "\n", len(kept)


def highest_count(function: str) -> int:
    """Of one record: name, "# Func Hash:" and it, "# Num Counters:" and it, then the counters."""
    lines = function.splitlines()
    at = lines.index("# Num Counters:")
    number = int(lines[at + 1])
    counters = [line for line in lines[at + 2:] if not line.startswith("#")][:number]
    return max(map(int, counters), default=0)


def make(folder: pathlib.Path) -> bool:
    counted, calls = record(folder)
    merged, text = folder / "merged.profdata", folder / "merged.proftext"
    llvm_profdata("merge", "-o", merged, *counted)
    llvm_profdata("merge", "--text", "-o", text, merged)
    hot, functions = hot_only(text.read_text(), calls * RUNS_LEAST)
    PROFILE.parent.mkdir(exist_ok=True)
    PROFILE.write_text(hot)
    print(f"{functions:,} functions of {calls:,} calls and events: {PROFILE.relative_to(ROOT)}, "
          f"{PROFILE.stat().st_size:,} bytes")
    return functions > 0


def main() -> int:
    if not shutil.which(LLVM_PROFDATA):
        sys.exit(f"{LLVM_PROFDATA} is missing: scripts/install.sh --dev")
    return in_folder(make)


if __name__ == "__main__":
    sys.exit(main())
