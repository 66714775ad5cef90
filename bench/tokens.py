#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tokenizer beside Python's tiktoken, on one thread, and on texts made to be slow.

    ./dev bench tokens [--rounds N]    medians of N (5) rounds, of both in turn

Writes bench/results/DATE-tokens.md. CPU time is what counts: it holds on a machine that does other
things as well. Ends with 1 where something is slower than it may be.
"""
from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from statistics import geometric_mean, median

import report

sys.path.insert(0, str(report.ROOT / "tests"))
import token_corpus  # noqa: E402
import token_oracle  # noqa: E402

PROGRAM = report.ROOT / "build" / "bench" / "tokenizer_bench"
ENCODINGS = ["o200k_base", "cl100k_base", "p50k_base", "r50k_base"]
TIMES_FASTER = 3
SLOW_MS = 100
HOSTILE = ["letter", "spaces", "newlines", "one_emoji", "one_mark", "one_ideograph", "zeros",
           "exclamation_marks"]


def texts() -> dict[str, str]:
    """Large documents; of one language it is the declaration, again and again."""
    of_language = {name: token_corpus.language(code) for name, code in [
        ("English", "eng"), ("Spanish", "spa"), ("German", "deu_1996"), ("Russian", "rus"),
        ("Arabic", "arb"), ("Hindi", "hin"), ("Thai", "tha"), ("Korean", "kor"),
        ("Japanese", "jpn"), ("Chinese", "cmn_hans")]}
    return {"532 languages": "\n".join(token_corpus.people()),
            "code": "\n".join(token_corpus.programs()),
            **{name: text * (1_000_000 // len(text.encode()))
               for name, text in of_language.items()}}


def ours(pattern: str, folder: str | None = None) -> dict[str, dict]:
    """What each benchmark found."""
    done = subprocess.run([PROGRAM, f"--benchmark_filter={pattern}", "--benchmark_format=json",
                           "--benchmark_min_time=0.1"], check=True, capture_output=True, text=True,
                          env=os.environ | ({"TOLLGATE_TOKEN_TEXTS": folder} if folder else {}))
    return {result["name"]: result for result in json.loads(done.stdout)["benchmarks"]}


def seconds(result: dict) -> float:
    return result["cpu_time"] / {"ns": 1e9, "ms": 1e3}[result["time_unit"]]


def theirs(encoding, text: str) -> float:
    began = time.thread_time()
    encoding.encode_ordinary(text)
    return time.thread_time() - began


def compare(corpus: dict[str, str], rounds: int, folder: str) -> tuple[list[str], dict[str, float]]:
    tiktoken = token_oracle.tiktoken()
    lines, faster = [], {}
    for encoding in ENCODINGS:
        oracle = tiktoken.get_encoding(encoding)
        ratios = []
        for name, text in corpus.items():
            size = len(text.encode()) / 1e6
            stem = name.replace(" ", "_")
            rates = {"count": [], "encode": [], "stream": [], "tiktoken": []}
            for _ in range(rounds):
                rates["tiktoken"].append(size / theirs(oracle, text))
                for what, result in ours(f"/{encoding}/{stem}$", folder).items():
                    rates[what.split("/")[0]].append(size / seconds(result))
            middle = {what: median(values) for what, values in rates.items()}
            ratios.append(middle["encode"] / middle["tiktoken"])
            cells = [f"{middle[what]:.1f}" for what in ("tiktoken", "encode", "count", "stream")]
            lines.append(f"| {encoding} | {name} | {' | '.join(cells)} | {ratios[-1]:.1f} |")
            print(lines[-1], flush=True)
        faster[encoding] = geometric_mean(ratios)
    return lines, faster


def hostile(rounds: int) -> tuple[list[str], bool]:
    measured: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, result in ours("^count/.*a_megabyte").items():
            measured.setdefault(name, []).append(seconds(result) * 1000)
    middle = {name: median(values) for name, values in measured.items()}
    lines = []
    for name in HOSTILE:
        cells = [f"{middle[f'count/{encoding}/a_megabyte_of_{key}']:.1f}" for encoding in ENCODINGS
                 for key in [name if name != "letter" else "one_letter"]]
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return lines, max(middle.values()) < SLOW_MS


def verdict(holds: bool) -> str:
    return "yes" if holds else "**no**"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        corpus = texts()
        for name, text in corpus.items():
            pathlib.Path(folder, f"{name.replace(' ', '_')}.txt").write_text(text)
        lines, faster = compare(corpus, rounds, folder)
    slow, none_is_slow = hostile(rounds)
    built = ours("^build/")
    tables = [f"| {encoding} | {seconds(built[f'build/{encoding}']) * 1000:.0f} | "
              f"{built[f'build/{encoding}']['memory_bytes'] / 1e6:.1f} |" for encoding in ENCODINGS]
    middle = ", ".join(f"{encoding} {ratio:.1f}" for encoding, ratio in faster.items())
    all_fast = min(faster.values()) >= TIMES_FASTER
    report.keep("tokens", f"""\
# The tokenizer beside tiktoken, {report.now():%Y-%m-%d %H:%M} UTC

MB of text a second of CPU, one thread. `tiktoken` is Python's 0.14, `encode_ordinary` of the whole
document; `encode` and `count` are ours of the same, `stream` counts it in parts of 5 bytes.

| encoding | text | tiktoken | encode | count | stream | encode / tiktoken |
|---|---|---|---|---|---|---|
{chr(10).join(lines)}

`encode` beside tiktoken, geometric mean: {middle}; asked ≥ {TIMES_FASTER}: {verdict(all_fast)}.

A megabyte of one thing, CPU ms to count it; asked < {SLOW_MS}: {verdict(none_is_slow)}.

| of | {' | '.join(ENCODINGS)} |
|---|{'---|' * len(ENCODINGS)}
{chr(10).join(slow)}

What an encoding's first use costs:

| encoding | CPU ms | MB |
|---|---|---|
{chr(10).join(tables)}

- Command: `bench/tokens.py --rounds {rounds}`, medians
- Machine: {report.machine()}; load {load_before:.1f} before
- Source: {report.source()}
""")
    return 0 if all_fast and none_is_slow else 1


if __name__ == "__main__":
    sys.exit(main())
