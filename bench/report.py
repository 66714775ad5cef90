# SPDX-License-Identifier: Apache-2.0
"""Where and of what a result was measured, and where it is kept."""
from __future__ import annotations

import argparse
import datetime
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def machine() -> str:
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return (f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, "
            f"Linux {platform.release()}")


def first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return ((done.stdout + done.stderr).strip().splitlines() or ["unknown"])[0]


def source() -> str:
    return first_line("git", "describe", "--always", "--dirty")


def parser(description: str | None) -> argparse.ArgumentParser:
    """Of a benchmark that keeps what it found, unless it is told not to."""
    made = argparse.ArgumentParser(description=description,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--no-result", action="store_true", help="print, write no file")
    return made


def keep(name: str, text: str, only_print: bool = False) -> None:
    """Prints it, and writes bench/results/DATE-NAME.md."""
    print("\n" + text)
    if only_print:
        return
    path = RESULTS / f"{now():%Y-%m-%d}-{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.rstrip() + "\n")
    print(f"written to {path.relative_to(ROOT)}")
