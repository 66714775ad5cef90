# SPDX-License-Identifier: Apache-2.0
"""What bench/peers.py measured, as tables, beside what is asked."""
from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

import peer_nginx
import report
from measure import CONNECTIONS
from peer_caddy import Caddy
from peer_haproxy import HaProxy
from peer_litellm import LiteLlm
from peer_portkey import Portkey
from peer_tollgate import BINARY, KEYS, Tollgate

if TYPE_CHECKING:
    from peers import Result

YARDSTICK = peer_nginx.Nginx.name
# CPU of a peer's call, Tollgate's = 1.
AT_LEAST = {HaProxy.name: 1, Caddy.name: 5, Portkey.name: 50, LiteLlm.name: 500}
TOLLGATE_MOST = 1.0  # nginx = 1: CPU, added latency, p99


@dataclasses.dataclass(frozen=True)
class Measured:
    results: dict[str, list[Result]]
    direct_us: list[float]  # of a call without a proxy, alone
    ledgers: list[str]
    versions: list[str]

    def middle(self, name: str, of: Callable[[Result], float]) -> float:
        return median(of(result) for result in self.results[name])


def cpu_us(result: Result) -> float:
    return result.cpu_us


def p99_us(result: Result) -> float:
    return result.half["p99_us"]


class Verdicts:
    """Counts what does not hold."""

    def __init__(self) -> None:
        self.hold = True

    def columns(self, holds: bool | None, asked: str) -> str:
        if holds is None:
            return " | "
        self.hold = self.hold and holds
        return f"{asked} | {'yes' if holds else '**no**'}"


def cpu_table(of: Measured, verdicts: Verdicts) -> str:
    yardstick, ours = of.middle(YARDSTICK, cpu_us), of.middle(Tollgate.name, cpu_us)
    lines = ["| contender | CPU µs per call | range | nginx = 1 | Tollgate = 1 | asked | holds | "
             "calls/s | p50 ms | p99 ms | MiB resident | errors |", "|---|" + "---|" * 11]
    for name, results in of.results.items():
        cpu, each = of.middle(name, cpu_us), [cpu_us(result) for result in results]
        holds, asked = None, ""
        if name == Tollgate.name:
            holds, asked = cpu <= TOLLGATE_MOST * yardstick, f"≤ {TOLLGATE_MOST} × nginx"
        elif name in AT_LEAST:
            holds, asked = cpu >= AT_LEAST[name] * ours, f"≥ {AT_LEAST[name]} × Tollgate"
        lines.append(
            f"| {name} | {cpu:,.1f} | {min(each):,.1f} – {max(each):,.1f} | {cpu / yardstick:.2f} "
            f"| {cpu / ours:.2f} | {verdicts.columns(holds, asked)} | "
            f"{of.middle(name, lambda r: r.full.calls_per_second):,.0f} | "
            f"{of.middle(name, lambda r: r.full.p50_ms):,.2f} | "
            f"{of.middle(name, lambda r: r.full.p99_ms):,.2f} | "
            f"{of.middle(name, lambda r: r.resident_mib):,.0f} | "
            f"{sum(result.errors for result in results)} |")
    return "\n".join(lines)


def latency_table(of: Measured, verdicts: Verdicts) -> str:
    direct_us = median(of.direct_us)

    def added_us(name: str) -> float:
        return of.middle(name, lambda r: r.alone["p50_us"]) - direct_us

    yardstick_us = max(added_us(YARDSTICK), 1)
    yardstick_p99_us = of.middle(YARDSTICK, p99_us)
    lines = ["| contender | 1 connection: p50 µs | added µs | nginx = 1 | asked | holds | "
             "half busy: calls/s | of saturation | p50 ms | p99 ms | nginx = 1 | asked | holds |",
             "|---|" + "---|" * 12,
             f"| no proxy | {direct_us:,.0f} |" + " |" * 11]
    for name in of.results:
        added, late = added_us(name) / yardstick_us, of.middle(name, p99_us) / yardstick_p99_us
        alone, half = (value <= TOLLGATE_MOST if name == Tollgate.name else None
                       for value in (added, late))
        asked = f"≤ {TOLLGATE_MOST}"
        rate = of.middle(name, lambda r: r.half["calls"] / r.half["seconds"])
        share = of.middle(
            name, lambda r: r.half["calls"] / r.half["seconds"] / r.full.calls_per_second)
        lines.append(
            f"| {name} | {added_us(name) + direct_us:,.0f} | {added_us(name):,.0f} | {added:.2f} | "
            f"{verdicts.columns(alone, asked)} | {rate:,.0f} | {share:.0%} | "
            f"{of.middle(name, lambda r: r.half['p50_us']) / 1e3:,.2f} | "
            f"{of.middle(name, p99_us) / 1e3:,.2f} | {late:.2f} | "
            f"{verdicts.columns(half, asked)} |")
    return "\n".join(lines)


def document(of: Measured, arguments: argparse.Namespace, load_before: float) -> tuple[bool, str]:
    verdicts = Verdicts()
    cpu, latency = cpu_table(of, verdicts), latency_table(of, verdicts)
    foreign = median(result.full.foreign_share
                     for results in of.results.values() for result in results)
    ledgers = "\n".join(f"- {words}" for words in of.ledgers)
    versions = "; ".join(dict.fromkeys([report.first_line("nginx", "-v"), *of.versions]))
    return verdicts.hold, f"""\
# Tollgate beside its peers, {report.now():%Y-%m-%d %H:%M} UTC

## CPU
{cpu}

## Latency
{latency}

*CPU* is user and system time of the process tree until it had nothing left to do, of each call that
reached the upstream: slow contenders go on with many of the {CONNECTIONS} calls in flight when a
round ends, which cost, too. *Added*: the median of a call's time less that of a call without a
proxy. *Half busy*: {CONNECTIONS} connections that wait between calls as long as chance says, so
that half as many calls come as each contender took at most. *Errors* are answers other than 200,
broken connections, answers shorter than the upstream's, and answers that it never gave. What stands
in an answer is looked at once a round, and that another key is refused by those who know keys.
Medians of {arguments.rounds} rounds of {arguments.seconds} s for each load, in turn.

- Command: `{shlex.join(['bench/peers.py', *sys.argv[1:]])}`
- Tollgate: `--workers 1`, else default; {KEYS:,} keys in rotation with limits on key, project and
  organization, every call held, metered, journaled, carried into the ledger and logged
- HAProxy and the second nginx look the same keys up in a map, and replace them. Of the others
  LiteLLM knows one key; none meters or limits anything
- Pinned: contenders on core 0, load and upstream on core 1
- Machine: {report.machine()}
- Other programs: load {load_before:.1f} before; {foreign:.0%} of the cores meanwhile
- Binary: {os.path.relpath(BINARY, report.ROOT)}, {report.first_line(str(BINARY), 'version')}
- Source: {report.source()}; {versions}

## The ledgers afterwards
{ledgers}
"""
