#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The long proofs, one after the other: scripts/proof.py [NAME...]

Each step's outcome is kept in build/proof with the last commit that changed what is proven, and
docs/proof/DATE-proof.md is written from all of them: a step may be run alone. One that was last run
on another commit says so.
"""
from __future__ import annotations

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "proof"
SEEN_CHARACTERS_MAX = 600
PROVEN = ["src", "web", "cmake", "catalogue", "CMakeLists.txt", "CMakePresets.json"]
PYTEST = ["build/venv/bin/pytest", "-c", "tests/pytest.ini", "-q", "-s"]


@dataclass(frozen=True)
class Step:
    name: str
    what: str
    command: list[str]
    seen: str  # the lines of its output that say what was seen
    environment: dict[str, str] = field(default_factory=dict)


STEPS = [
    Step("kills", "kill -9 at random instants under load", [*PYTEST, "tests/test_kill9.py"],
         r"^\.?\d+ kills|^TOLLGATE_SEED", {"TOLLGATE_KILLS": "500"}),
    Step("never-over", "200 clients, random charges, streams, aborts, failures, against limits",
         [*PYTEST, "tests/test_never_over.py"], r"^\.?\d+ runs in|^TOLLGATE_SEED",
         {"TOLLGATE_NEVER_OVER_RUNS": "1000"}),
    Step("crash-points", "death at the n-th write, sync, rename, mmap",
         [*PYTEST, "tests/test_crash_points.py"], r"^\.?\d+ points|^TOLLGATE_SEED",
         {"TOLLGATE_CRASH_POINTS": "400"}),
    Step("disk", "full, read-only, broken disk; SQL away for a minute; the clock set back",
         [*PYTEST, "tests/test_disk.py"], r"passed|failed", {"TOLLGATE_AWAY_S": "60"}),
    Step("simulation", "simulated histories against the oracle",
         ["build/test/tollgate-sim", "--histories", os.environ.get("TOLLGATE_HISTORIES", "100000")],
         r"histories|seed|VIOLATED"),
    Step("mutants", "five planted bugs, each to be found by the simulation",
         ["scripts/mutants.py"], r"  (yes|NO|no) "),
    Step("conformance", "OpenAI's Admin API by the newest SDKs, answers against its description",
         [*PYTEST, "tests/test_conformance.py"], r"operations: |passed|failed"),
    Step("rows", "lists of a million rows, walked by OpenAI's client while rows come and go",
         [*PYTEST, "-o", "faulthandler_timeout=0", "tests/test_many_rows.py"],
         r"rows [\d,]+ of |passed|failed",
         {"TOLLGATE_ROWS": "1000000"}),
    Step("rows-postgresql", "the same on PostgreSQL, by plain requests",
         ["scripts/postgresql.sh", "run", *PYTEST, "-o", "faulthandler_timeout=0",
          "tests/test_many_rows.py"],
         r"rows [\d,]+ of |passed|failed",
         {"TOLLGATE_ROWS": "1000000", "TOLLGATE_WALK": "plain"}),
    Step("tokens", "of 532 languages, code, every character, hostile texts: tiktoken's tokens",
         [*PYTEST, "tests/test_tokens.py"], r"all the same|^TOLLGATE_SEED",
         {"TOLLGATE_TOKENS": "all"}),
    Step("timing", "whether an address has an account cannot be told by the time of an answer",
         [*PYTEST, "tests/test_entry.py", "-k", "takes_as_long"], r"median|passed|failed",
         {"TOLLGATE_TIMING": "1"}),
    Step("asan", "unit tests under AddressSanitizer and UBSan", ["./dev", "asan"],
         r"tests passed|FAILED|\(Failed\)"),
    Step("tsan", "unit tests under ThreadSanitizer", ["./dev", "tsan"],
         r"tests passed|FAILED|\(Failed\)"),
]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True,
                          text=True).stdout.strip()


def cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", "<br>")


def run(step: Step, commit: str) -> bool:
    print(f"==> {step.name}: {' '.join(step.command)}", flush=True)
    log = KEPT / f"{step.name}.log"
    began = time.monotonic()
    with log.open("w") as out:
        environment = {"TOLLGATE_RUN_FOLDER": f"build/run-{step.name}"} | step.environment
        code = subprocess.run(step.command, cwd=ROOT, env=os.environ | environment, stdout=out,
                              stderr=subprocess.STDOUT, check=False).returncode
    lines = [line.lstrip(".").strip() for line in log.read_text(errors="replace").splitlines()
             if re.search(step.seen, line)]
    outcome = {"commit": commit, "passed": code == 0, "seconds": round(time.monotonic() - began),
               "seen": "\n".join(lines)[-SEEN_CHARACTERS_MAX:],
               "at": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M}"}
    (KEPT / f"{step.name}.json").write_text(json.dumps(outcome))
    print(f"{'passed' if code == 0 else f'FAILED, see {log}'} in {outcome['seconds']} s\n"
          f"{outcome['seen']}", flush=True)
    return code == 0


def row(step: Step, commit: str) -> str:
    command = " ".join([*(f"{name}={value}" for name, value in step.environment.items()),
                        *step.command])
    kept = KEPT / f"{step.name}.json"
    outcome = json.loads(kept.read_text()) if kept.exists() else {}
    if not outcome:
        return f"| {step.what} | `{command}` | not run | |"
    seen = ("" if outcome["passed"] else "**failed**: ") + outcome["seen"]
    when = f"{outcome['at']}, {outcome['seconds']} s"
    if outcome["commit"] != commit:
        when += f", on {outcome['commit']}"
    return f"| {step.what} | `{command}` | {cell(seen)} | {when} |"


def write_down(commit: str) -> None:
    path = ROOT / "docs" / "proof" / f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}-proof.md"
    rows = "\n".join(row(step, commit) for step in STEPS)
    path.write_text(f"""\
# `./dev proof` on {commit}

{os.cpu_count()} cores. `{commit}` is the last commit that changed the code or its build.

| what | command | seen | when |
|---|---|---|---|
{rows}
""")
    print(f"written to {path.relative_to(ROOT)}")


def main() -> int:
    known = {step.name: step for step in STEPS}
    if unknown := set(sys.argv[1:]) - known.keys():
        sys.exit(f"no such step: {', '.join(unknown)}; there are {', '.join(known)}")
    if git("status", "--porcelain", "--", *PROVEN):
        sys.exit("what is proven must be committed first: git status")
    commit = git("log", "-1", "--format=%h", "--", *PROVEN)
    KEPT.mkdir(parents=True, exist_ok=True)
    passed = [run(known[name], commit) for name in sys.argv[1:] or known]
    write_down(commit)
    return 0 if all(passed) else 1


sys.exit(main())
