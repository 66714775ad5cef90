#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time per event of a stream, beside nginx with `proxy_buffering off` in the same run.

64 streams at a time, each event sent by itself (sse_upstream.py), so that whoever passes it on in
the turn in which it came reads and writes once for each. One worker, 10,000 keys in rotation, the
default configuration otherwise; pinned as in proxy.py. Afterwards the ledger is compared with what
the load counted.

    ./dev bench streams [--rounds N] [--seconds N] [--no-result]

It ends with 1 where a stream was not what the upstream had sent, where the ledger does not have
what was counted, or where an event costs more than nginx's.
TOLLGATE_BINARY chooses the binary (build/release/tollgate). Writes bench/results/DATE-streams.md.
"""
from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import sys
from statistics import median

import peer_nginx
import report
from measure import CONNECTIONS, LOAD_CORE, cpu_when_quiet, pinned
from peer_tollgate import BINARY, KEYS, Tollgate, in_folder
from sse_upstream import running_upstream

EVENTS, PAUSE_MS = 250, 8
WARM_UP_SECONDS = 2
TOLLGATE_MOST = 1.0  # nginx = 1
HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Round:
    events: int
    streams: int
    cpu_us: float  # per event
    p50_us: float
    p99_us: float
    errors: int


def measure(contender: int, port: int, keys_file: pathlib.Path, seconds: int) -> Round:
    before = cpu_when_quiet(contender)
    done = subprocess.run(
        pinned(LOAD_CORE, sys.executable, str(HERE / "sse_load.py"), str(port), str(keys_file),
               str(CONNECTIONS), str(seconds)), stdout=subprocess.PIPE, text=True, check=True)
    counted = json.loads(done.stdout)
    used = cpu_when_quiet(contender) - before
    return Round(counted["events"], counted["streams"], used / max(counted["events"], 1) * 1e6,
                 counted["p50_us"], counted["p99_us"], counted["errors"])


def run_rounds(contenders: list, keys_file: pathlib.Path, rounds: int, seconds: int
               ) -> dict[str, list[Round]]:
    """The first of each warms up."""
    measured: dict[str, list[Round]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            result = measure(contender.process_id, contender.port, keys_file,
                             seconds if number else WARM_UP_SECONDS)
            measured[contender.name].append(result)
            print(f"{number or 'warm-up':>7}  {contender.name:<24} {result.cpu_us:6.2f} us/event  "
                  f"{result.events:7,} events  p50 {result.p50_us:5.0f} us  "
                  f"errors {result.errors}", flush=True)
    return measured


def table(measured: dict[str, list[Round]]) -> tuple[bool, str]:
    def cpu(name: str) -> list[float]:
        return [result.cpu_us for result in measured[name][1:]]
    yardstick = median(cpu(peer_nginx.Nginx.name))
    holds = median(cpu(Tollgate.name)) <= TOLLGATE_MOST * yardstick
    asked = {Tollgate.name: f"≤ {TOLLGATE_MOST} | {'yes' if holds else '**no**'}"}
    lines = ["| contender | CPU µs per event | range | nginx = 1 | asked | holds | "
             "an event's way, p50 µs | p99 µs | events | streams | errors |",
             "|---|" + "---|" * 10]
    for name, (_, *rounds) in measured.items():
        lines.append(
            f"| {name} | {median(cpu(name)):.2f} | {min(cpu(name)):.2f} – {max(cpu(name)):.2f} | "
            f"{median(cpu(name)) / yardstick:.2f} | {asked.get(name, ' | ')} | "
            f"{median(r.p50_us for r in rounds):,.0f} | {median(r.p99_us for r in rounds):,.0f} | "
            f"{sum(r.events for r in rounds):,} | {sum(r.streams for r in rounds):,} | "
            f"{sum(r.errors for r in measured[name])} |")
    return holds, "\n".join(lines)


def document(rows: str, ledger: str, arguments: argparse.Namespace, load_before: float) -> str:
    return f"""\
# CPU per streamed event beside nginx, {report.now():%Y-%m-%d %H:%M} UTC

{rows}

*CPU* is user and system time of the process tree until it had nothing left to do, the ledger's part
of the streams included. *An event's way* is from the upstream's send to the client's read, both in
Python on the other core, so only the difference between the rows says something. *Errors*: answers
other than 200, broken connections, streams whose events are not as many as their usage says.
Medians of {arguments.rounds} rounds of {arguments.seconds} s in turn, after {WARM_UP_SECONDS} s of
warm-up.

- Command: `{shlex.join(['bench/streams.py', *sys.argv[1:]])}`
- {CONNECTIONS} streams at a time, {EVENTS} events each, one every {PAUSE_MS} ms
- {KEYS:,} keys in rotation, each with a limit, as their project and organization
- nginx: `proxy_buffering off`; Tollgate: `--workers 1`, else default
- Pinned: contender on core 0, load and upstream on core 1
- Machine: {report.machine()}; load {load_before:.1f} before
- Binary: {os.path.relpath(BINARY, report.ROOT)}, {report.first_line(str(BINARY), 'version')}
- Source: {report.source()}; {report.first_line('nginx', '-v')}

## The ledger afterwards
{ledger}
"""


def bench(folder: pathlib.Path, arguments: argparse.Namespace) -> bool:
    load_before = os.getloadavg()[0]
    with running_upstream(str(EVENTS), PAUSE_MS, LOAD_CORE) as upstream_port:
        proxy = peer_nginx.make_proxy(folder, upstream_port, buffering=False)
        tollgate = Tollgate(folder, upstream_port)
        try:
            for process in proxy, tollgate:
                print(f"starts {process.name} …", flush=True)
                process.start()
            measured = run_rounds([proxy, tollgate], tollgate.keys_file, arguments.rounds,
                                  arguments.seconds)
            if (status := tollgate.stop()) != 0:
                sys.exit(f"tollgate ended with {status}")
        finally:
            for process in tollgate, proxy:
                process.stop()
    ours = measured[Tollgate.name]
    ledger_holds, ledger = tollgate.check_ledger(sum(result.streams for result in ours), len(ours),
                                                 CONNECTIONS * len(ours))
    figure_holds, rows = table(measured)
    text = document(rows, ledger, arguments, load_before)
    report.keep("streams", text, only_print=arguments.no_result)
    right = not any(result.errors for rounds in measured.values() for result in rounds)
    return right and ledger_holds and figure_holds


def main() -> int:
    parser = report.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6)
    arguments = parser.parse_args()
    return in_folder(lambda folder: bench(folder, arguments))


if __name__ == "__main__":
    sys.exit(main())
