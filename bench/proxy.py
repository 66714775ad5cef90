#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time per non-streamed call, beside nginx's plain proxy_pass in the same run.

One worker, 64 connections, 10,000 keys in rotation, limits on key, project and organization, the
default configuration otherwise. The contender has a core of its own; the load and the upstream
share the other. Rounds in turn, medians. Afterwards the ledger is compared with what the load
counted.

    bench/proxy.py [--rounds N] [--seconds N] [--perf] [--no-result]

TOLLGATE_BINARY chooses the binary (build/release/tollgate). Writes bench/results/DATE-proxy.md.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
from statistics import median

import peer_nginx
import report
from measure import CONNECTIONS, Round, measure
from peer_tollgate import BINARY, KEYS, Tollgate, in_folder

WARM_UP_SECONDS = 1
SYMBOLS = 15


def run_rounds(contenders: list, upstream: int, keys_file: pathlib.Path, rounds: int,
               seconds: int) -> dict[str, list[Round]]:
    """A B A B: what disturbs the machine for a while disturbs both."""
    measured: dict[str, list[Round]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            result = measure(contender.process_id, upstream, contender.port, keys_file,
                             seconds if number else WARM_UP_SECONDS)
            measured[contender.name].append(result)
            print(f"{number or 'warm-up':>7}  {contender.name:<24} {result.cpu_us:6.2f} us/call  "
                  f"{result.calls_per_second:8.0f}/s  errors {result.errors}  "
                  f"foreign {result.foreign_share:.0%}", flush=True)
    return measured


# perf.

def record_perf(contender: Tollgate, upstream: int, folder: pathlib.Path, seconds: int
                ) -> tuple[str, Round]:
    """The costliest symbols of one more round, or a sentence that says why there are none."""
    data = folder / "perf.data"
    perf = subprocess.Popen(["perf", "record", "-q", "-F", "1999", "-p",
                             str(contender.process_id), "-o", str(data)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    result = measure(contender.process_id, upstream, contender.port, contender.keys_file, seconds)
    perf.send_signal(signal.SIGINT)
    _, errors = perf.communicate(timeout=60)
    if not data.exists():
        return f"perf could not record: {errors.strip()[:300]}", result
    return perf_report(data), result


def perf_report(data: pathlib.Path) -> str:
    def rows(sort: str) -> list[str]:
        done = subprocess.run(["perf", "report", "-i", str(data), "--stdio", "-g", "none",
                               "--percent-limit", "0.1", "--sort", sort],
                              capture_output=True, text=True)
        return [line.rstrip() for line in done.stdout.splitlines()
                if line.strip() and not line.startswith("#")]
    return "\n".join(["By thread:", *rows("pid")[:4], "", "By file:", *rows("dso")[:6], "",
                      "By symbol:",
                      *(line[:110].rstrip() for line in rows("dso,symbol")[:SYMBOLS])])


def count_allocations(contender: Tollgate, upstream: int) -> tuple[str, Round]:
    """Calls of malloc per API call in one more round: slow, so nothing else is read from it."""
    probe = "tollgate_bench:malloc"
    libc = next((line.split()[-1] for line in
                 pathlib.Path(f"/proc/{contender.process_id}/maps").read_text().splitlines()
                 if line.endswith("/libc.so.6")), "libc.so.6")
    added = subprocess.run(["perf", "probe", "-q", "-x", libc, f"{probe}=malloc"],
                           capture_output=True, text=True)
    try:
        counter = subprocess.Popen(["perf", "stat", "-x,", "-e", probe, "-p",
                                    str(contender.process_id)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        result = measure(contender.process_id, upstream, contender.port, contender.keys_file,
                         WARM_UP_SECONDS)
        counter.send_signal(signal.SIGINT)
        _, counted = counter.communicate(timeout=60)
    finally:
        if added.returncode == 0:
            subprocess.run(["perf", "probe", "-q", "-d", probe], capture_output=True)
    found = re.search(rf"^(\d+),.*{probe}", counted, re.MULTILINE)
    if not found:
        return f"Allocations: not counted: {(added.stderr + counted).strip()[:300]}", result
    return f"Allocations (malloc): {int(found[1]) / max(result.calls, 1):.1f} per call", result


# The result.

def table_row(name: str, rounds: list[Round], yardstick_us: float) -> str:
    def middle(field: str) -> float:
        return median(getattr(result, field) for result in rounds)
    cpu = [result.cpu_us for result in rounds]
    return (f"| {name} | {middle('cpu_us'):.2f} | {min(cpu):.2f} – {max(cpu):.2f} | "
            f"{middle('cpu_us') / yardstick_us:.2f} | {middle('cpu_load_us'):.2f} | "
            f"{middle('cpu_thread_us'):.2f} | {middle('calls_per_second'):,.0f} | "
            f"{middle('p50_ms'):.2f} | {middle('p99_ms'):.2f} | "
            f"{sum(result.errors for result in rounds)} |")


def table(measured: dict[str, list[Round]]) -> str:
    timed = {name: rounds[1:] for name, rounds in measured.items()}  # without the warm-up
    yardstick = median(result.cpu_us for result in timed[peer_nginx.Nginx.name])
    return "\n".join([
        "| contender | CPU µs per call | range | nginx = 1 | until the last answer | "
        "busiest thread | calls/s | p50 ms | p99 ms | errors |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(table_row(name, rounds, yardstick) for name, rounds in timed.items())])


def document(measured: dict[str, list[Round]], tollgate: Tollgate, ledger: str, symbols: str,
             arguments: argparse.Namespace, load_before: tuple[float, float, float]) -> str:
    foreign = median(result.foreign_share for rounds in measured.values() for result in rounds[1:])
    symbols_text = ("## perf\nOf two more rounds of Tollgate: one sampled, one with allocations "
                    f"counted.\n```\n{symbols}\n```\n")
    return f"""\
# CPU per call beside nginx, {report.now():%Y-%m-%d %H:%M} UTC

{table(measured)}

*CPU* is user and system time of the process tree, until it had nothing left to do (Tollgate moves
its journal to the ledger meanwhile and afterwards). *Busiest thread* is until the last answer; of
Tollgate's it is usually the worker, else the one that moves the journal (see perf).
Medians of {arguments.rounds} rounds of {arguments.seconds} s in turn, after {WARM_UP_SECONDS} s of
warm-up.

- Command: `{shlex.join(['bench/proxy.py', *sys.argv[1:]])}`
- Server: `tollgate serve --workers 1 --listen 127.0.0.1:0`, else default
- Keys: {KEYS:,}, each with a limit, as their project and organization; made through the control
  socket in {tollgate.setup_seconds:.0f} s
- Load: `wrk -t1 -c{CONNECTIONS}`, 1 KB in, 1 KB out, the keys in rotation
- Upstream: nginx, `return 200`
- Pinned: contender on core 0, load and upstream on core 1
- Machine: {report.machine()}
- Other programs: load {load_before[0]:.1f} before; {foreign:.0%} of the cores meanwhile
- Binary: {os.path.relpath(BINARY, report.ROOT)}, {report.first_line(str(BINARY), 'version')}
- Source: {report.source()}; {report.first_line('nginx', '-v')}

## The ledger afterwards
{ledger}

{symbols_text if symbols else ''}"""


# The run.

def parse_arguments() -> argparse.Namespace:
    parser = report.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--perf", action="store_true",
                        help="two more rounds: the costliest symbols, and allocations per call")
    return parser.parse_args()


def check_tools() -> None:
    missing = [tool for tool in ("nginx", "wrk", "taskset") if not shutil.which(tool)]
    if missing:
        sys.exit(f"bench/proxy.py needs {', '.join(missing)}: scripts/install.sh --tests --dev")
    if (os.cpu_count() or 1) < 2:
        sys.exit("bench/proxy.py needs two cores: one for the contender, one for the load")


def bench(folder: pathlib.Path, arguments: argparse.Namespace) -> bool:
    load_before = os.getloadavg()
    upstream = peer_nginx.make_upstream(folder)
    proxy = peer_nginx.make_proxy(folder, upstream.port)
    tollgate = Tollgate(folder, upstream.port)
    symbols = ""
    try:
        for process in upstream, proxy, tollgate:
            process.start()
        print(f"{KEYS:,} keys with limits in {tollgate.setup_seconds:.1f} s", flush=True)
        measured = run_rounds([proxy, tollgate], upstream.process_id, tollgate.keys_file,
                              arguments.rounds, arguments.seconds)
        counted = list(measured[Tollgate.name])
        if arguments.perf:
            symbols, extra = record_perf(tollgate, upstream.process_id, folder, arguments.seconds)
            allocations, another = count_allocations(tollgate, upstream.process_id)
            symbols += "\n\n" + allocations
            counted += [extra, another]
        if (status := tollgate.stop()) != 0:
            sys.exit(f"tollgate ended with {status}")
    finally:
        for process in tollgate, proxy, upstream:
            process.stop()
    holds, ledger = tollgate.check_ledger(sum(result.calls for result in counted), len(counted),
                                          CONNECTIONS * len(counted))
    text = document(measured, tollgate, ledger, symbols, arguments, load_before)
    report.keep("proxy", text, only_print=arguments.no_result)
    return holds and not any(result.errors for rounds in measured.values() for result in rounds)


def main() -> int:
    arguments = parse_arguments()
    check_tools()
    return in_folder(lambda folder: bench(folder, arguments))


if __name__ == "__main__":
    sys.exit(main())
