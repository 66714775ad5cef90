#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants one bug at a time in a copy of the tree: the simulation must find each.

    scripts/mutants.py [HISTORIES]    at most so many (2,000) for each bug
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / "build" / "mutants"
# Any number does; this one makes the table the same each time.
FIRST_SEED = "1"


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    right: str
    wrong: str


MUTANTS = [
    Mutant("skip a hold", "src/limits/reservation.cc",
           "    if (!counts(*limit, model)) continue;\n    const bool trusts",
           "    if (!counts(*limit, model) || level == 2) continue;\n    const bool trusts"),
    Mutant("settle twice", "src/limits/reservation.cc",
           "    entry.limit->settle(entry.hold, metric == Metric::kConcurrency ? 0 : "
           "used.of(metric));\n",
           "    entry.limit->settle(entry.hold, metric == Metric::kConcurrency ? 0 : "
           "used.of(metric));\n    entry.limit->add(used.of(metric), admitted_);\n"),
    Mutant("lose an instalment", "src/ledger/call_account.cc",
           "  journal_.instalment(id_, so_far);\n",
           "  if (noted_bytes_ < 8 * kNoteBytes) journal_.instalment(id_, so_far);\n"),
    Mutant("transfer a batch twice", "src/ledger/ledger_writer.cc",
           "      if (added[i] == 1) count(events[i]);\n",
           "      if (added[i] >= 0) count(events[i]);\n"),
    Mutant("reset a period early", "src/limits/calendar_limit.cc",
           "  const auto period = zone_.period(rule().period, time);\n  auto& next",
           "  auto period = zone_.period(rule().period, time);\n"
           "  const auto early = period.end - (period.end - period.begin) / 8;\n"
           "  (time < early ? period.end : period.begin) = early;\n  auto& next"),
]


def copy_tree() -> None:
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    wanted = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in sorted(wanted):
        source, target = ROOT / name, COPY / name
        # What is the same keeps its time, so that only what changed is built again.
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for stale in [*COPY.glob("src/**/*.cc"), *COPY.glob("src/**/*.h")]:
        if str(stale.relative_to(COPY)) not in wanted:
            stale.unlink()


def build() -> None:
    environment = os.environ | {"CCACHE_SLOPPINESS": "pch_defines,time_macros"}
    folder = COPY / "build" / "test"
    if not (folder / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "test"], cwd=COPY, check=True, env=environment,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", str(folder), "--target", "tollgate-sim", "--parallel",
                    os.environ.get("TOLLGATE_JOBS", "2")], check=True, env=environment,
                   stdout=subprocess.DEVNULL)


def simulate(histories: int) -> tuple[bool, str]:
    run = subprocess.run([str(COPY / "build/test/tollgate-sim"), "--seed", FIRST_SEED,
                          "--histories", str(histories)], capture_output=True, text=True,
                         check=False)
    told = run.stdout + run.stderr
    ran = re.search(r"^(\d+) histories", told, re.MULTILINE)
    why = re.search(r"^(?:VIOLATED: |ENDED BY )(.*)$", told, re.MULTILINE)
    found = run.returncode != 0
    if found and not why:
        sys.exit(f"tollgate-sim: {told}")
    return found, f"{ran[1] if ran else '-':>9}  {why[1] if why else ''}"


def main() -> int:
    histories = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    texts = {mutant: (ROOT / mutant.file).read_text() for mutant in MUTANTS}
    lost = [m.name for m, text in texts.items() if text.count(m.right) != 1]
    if lost:
        sys.exit(f"not exactly once in the source any more: {', '.join(lost)}")
    copy_tree()
    build()
    print(f"{'planted bug':24} {'found':6} histories  what the simulation says")
    found, told = simulate(min(histories, 200))
    print(f"{'none':24} {'yes' if found else 'no':6} {told}", flush=True)
    wrong = ["none"] if found else []
    for mutant, text in texts.items():
        target = COPY / mutant.file
        target.write_text(text.replace(mutant.right, mutant.wrong))
        try:
            build()
            found, told = simulate(histories)
        finally:
            target.write_text(text)
        print(f"{mutant.name:24} {'yes' if found else 'NO':6} {told}", flush=True)
        if not found:
            wrong.append(mutant.name)
    if wrong:
        print(f"not as it should be: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
