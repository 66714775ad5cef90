# SPDX-License-Identifier: Apache-2.0
"""Runs the micro-benchmarks of build/bench, which are programs of Google Benchmark."""
from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import report

FOLDER = report.ROOT / "build" / "bench"


def run(program: str, benchmarks: Iterable[str], rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Of each benchmark, what each round found."""
    if not (FOLDER / program).exists():
        sys.exit(f"{program}: not in {FOLDER.relative_to(report.ROOT)}; ./dev build bench")
    names = "|".join(f"^{name}$" for name in dict.fromkeys(benchmarks))
    done = subprocess.run([str(FOLDER / program), f"--benchmark_filter={names}",
                           f"--benchmark_repetitions={rounds}", "--benchmark_format=json"],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program}: {done.stderr.strip()}")
    measured: dict[str, list[dict[str, Any]]] = {}
    for result in json.loads(done.stdout)["benchmarks"]:
        if result.get("error_occurred"):
            sys.exit(f"{program}, {result['run_name']}: {result['error_message']}")
        if result["run_type"] == "iteration":
            name = result["run_name"].removesuffix(f"/repeats:{rounds}")
            measured.setdefault(name, []).append(result)
    return measured
