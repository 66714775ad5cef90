#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time and latency of a call beside HAProxy, Caddy, Portkey and LiteLLM, nginx the yardstick.

    ./dev bench peers [--rounds N] [--seconds N] [--only NAME …] [--no-result]

Installs peers that are missing: HAProxy and Caddy from Debian, Portkey from npm, LiteLLM from PyPI,
the last two into build/peers. All on core 0, one after the other in each round; load and upstream
on core 1, as in proxy.py. Three loads: 64 connections that never wait (CPU per call), one
connection (what a call's way costs), and 64 connections that wait between calls so that the
contender is half busy (p99). Tollgate runs a second time without its call log.

It ends with 1 where a call failed or an answer was not the upstream's, where a ledger does not have
what was counted, or where a figure is not what is asked.
TOLLGATE_BINARY chooses the binary (build/release/tollgate). Writes bench/results/DATE-peers.md.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import sys
from typing import Any

import peer_nginx
import peers_report
import report
from measure import CONNECTIONS, Load, Round, measure, resident_mib_of_tree, wrk
from peer_caddy import Caddy
from peer_haproxy import HaProxy
from peer_litellm import LiteLlm
from peer_nginx_map import NginxMap
from peer_portkey import Portkey
from peer_process import Peer
from peer_tollgate import Tollgate, TollgateWithoutCallLog, in_folder

PEERS: dict[str, type[Peer]] = {
    "nginx-map": NginxMap, "haproxy": HaProxy, "caddy": Caddy, "portkey": Portkey,
    "litellm": LiteLlm}
# Node compiles what it has run often enough: its calls get cheaper over thousands.
WARM_UP_CALLS, WARM_UP_SECONDS, WARM_UPS_MAX = 5_000, 5, 6
TRIAL_SECONDS_MAX = 10
# Of a round: those at once, alone, in the trial and half busy.
IN_FLIGHT_MAX = CONNECTIONS + 1 + 2 * CONNECTIONS


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    process: Any
    keys_file: pathlib.Path
    headers: tuple[str, ...] = ()
    knows_keys: bool = False

    def wrk(self, seconds: int, connections: int = CONNECTIONS, pause_ms: float = 0
            ) -> dict[str, Any]:
        return wrk(self.process.port, self.keys_file, seconds,
                   Load(connections, pause_ms, self.headers))

    def ask(self, key: str) -> tuple[int, bytes]:
        """One call as the load makes it."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}",
                   **dict(header.split(": ", 1) for header in self.headers)}
        body = json.dumps({"model": "gpt-4.1-mini", "max_tokens": 200, "messages": [
            {"role": "user", "content": "Say in one sentence what a tollgate is."}]})
        with contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", self.process.port, timeout=30)) as one:
            one.request("POST", "/v1/chat/completions", body, headers)
            answer = one.getresponse()
            return answer.status, answer.read()


@dataclasses.dataclass(frozen=True)
class Result:
    full: Round
    cpu_us: float  # of each call that reached the upstream, also of one answered too late for full
    alone: dict[str, Any]
    half: dict[str, Any]
    resident_mib: float
    calls: int    # of all loads
    missing: int  # answers that are too short to be the upstream's, or that it never gave

    @property
    def errors(self) -> int:
        return self.missing + self.full.errors + sum(
            counted["error_status"] + counted["error_socket"]
            for counted in (self.alone, self.half))


def check_answer(contender: Contender) -> int:
    """The load only looks at status and size; here stands what is in an answer. Its bytes."""
    key = contender.keys_file.open().readline().strip()
    status, body = contender.ask(key)
    told, right = (json.loads(text) if status == 200 else {} for text in
                   (body, peer_nginx.chat_answer()))
    tokens = ("prompt_tokens", "completion_tokens")
    if status != 200 or told["choices"][0]["message"]["content"] != (
            right["choices"][0]["message"]["content"]) or any(
            told["usage"][name] != right["usage"][name] for name in tokens):
        raise RuntimeError(f"{contender.name} answers {status}, {body[:1000]!r}")
    if contender.knows_keys and (status := contender.ask(key + "x")[0]) not in (400, 401):
        raise RuntimeError(f"{contender.name} answers {status} to a key that there is not")
    return len(body)


def half_busy(contender: Contender, seconds: int, saturation: float
              ) -> tuple[dict[str, Any], dict[str, Any]]:
    """Each connection calls once in twice the time that it takes at saturation. How long a call
    takes then is not known beforehand: a trial tells, which is returned as the second."""
    interval_ms = 2 * CONNECTIONS / saturation * 1000
    trial_seconds = min(TRIAL_SECONDS_MAX, max(1, round(5 * interval_ms / 1000)))
    trial = contender.wrk(trial_seconds, pause_ms=interval_ms)
    tried_ms = CONNECTIONS / max(trial["calls"] / trial["seconds"], 1) * 1000
    pause_ms = max(interval_ms / 10, interval_ms - (tried_ms - interval_ms))
    return contender.wrk(seconds, pause_ms=pause_ms), trial


def run_round(contender: Contender, upstream: peer_nginx.Nginx, seconds: int) -> Result:
    answer_bytes = check_answer(contender)
    asked_before = upstream.requests()
    full = measure(contender.process.process_id, upstream.process_id, contender.process.port,
                   contender.keys_file, seconds, Load(headers=contender.headers))
    reached = max(full.calls, upstream.requests() - asked_before)
    resident_mib = resident_mib_of_tree(contender.process.process_id)
    alone = contender.wrk(seconds, connections=1)
    half, trial = half_busy(contender, seconds, full.calls_per_second)
    loads = (alone, half, trial)
    calls = full.calls + sum(counted["calls"] for counted in loads)
    missing = max(0, calls - (upstream.requests() - asked_before))
    if full.bytes < full.calls * answer_bytes or any(
            counted["bytes"] < counted["calls"] * answer_bytes for counted in loads):
        missing = calls
    return Result(full, full.cpu_us * full.calls / reached, alone, half, resident_mib, calls,
                  missing)


@dataclasses.dataclass
class Counted:
    """What a Tollgate's ledger must have."""
    answered: int = 0
    rounds: int = 0
    in_flight_max: int = 0

    def add(self, calls: int, in_flight_max: int) -> None:
        self.answered += calls
        self.rounds += 1
        self.in_flight_max += in_flight_max


def run_rounds(contenders: list[Contender], upstream: peer_nginx.Nginx, rounds: int, seconds: int
               ) -> tuple[dict[str, list[Result]], dict[str, Counted], list[float]]:
    measured: dict[str, list[Result]] = {one.name: [] for one in contenders}
    counted = {one.name: Counted() for one in contenders}
    direct = Contender("no proxy", upstream, contenders[0].keys_file)
    direct_us: list[float] = []
    for one in contenders:
        check_answer(one)
        counted[one.name].add(1, 0)
        for _ in range(WARM_UPS_MAX):
            counted[one.name].add(one.wrk(WARM_UP_SECONDS)["calls"], CONNECTIONS)
            if counted[one.name].answered > WARM_UP_CALLS:
                break
    for number in range(1, rounds + 1):
        direct_us.append(direct.wrk(seconds, connections=1)["p50_us"])
        print(f"{number:>3}  {direct.name:<28} {'':10}           alone {direct_us[-1]:7.0f} us",
              flush=True)
        for one in contenders:
            result = run_round(one, upstream, seconds)
            measured[one.name].append(result)
            counted[one.name].add(result.calls + 1, IN_FLIGHT_MAX)
            print(f"{number:>3}  {one.name:<28} {result.cpu_us:10.2f} us/call  "
                  f"alone {result.alone['p50_us']:7.0f} us  half busy, p99 "
                  f"{result.half['p99_us'] / 1e3:8.2f} ms  errors {result.errors}", flush=True)
    return measured, counted, direct_us


def start_all(processes: list[Any]) -> None:
    for process in processes:
        print(f"starts {process.name} …", flush=True)
        process.start()


def stop_tollgate(one: Tollgate) -> None:
    if (status := one.stop()) != 0:
        sys.exit(f"{one.name} ended with {status}")


def stop_and_check(tollgates: list[Tollgate], counted: dict[str, Counted]
                   ) -> tuple[bool, list[str]]:
    checks = []
    for one in tollgates:
        stop_tollgate(one)
        of = counted[one.name]
        holds, words = one.check_ledger(of.answered, of.rounds, of.in_flight_max)
        checks.append((holds, f"{one.name}: {words}"))
    return all(holds for holds, _ in checks), [words for _, words in checks]


def bench(folder: pathlib.Path, arguments: argparse.Namespace) -> bool:
    load_before = os.getloadavg()[0]
    wanted = [PEERS[name] for name in PEERS if name in (arguments.only or PEERS)]
    for kind in wanted:
        kind.install()
    upstream = peer_nginx.make_upstream(folder)
    proxy = peer_nginx.make_proxy(folder, upstream.port)
    tollgates = [Tollgate(folder / "1", upstream.port),
                 TollgateWithoutCallLog(folder / "2", upstream.port)]
    keys_file = tollgates[0].keys_file
    peers = [kind(folder / f"peer{number}", upstream.port, keys_file)
             for number, kind in enumerate(wanted)]
    contenders = [
        Contender(proxy.name, proxy, keys_file),
        *(Contender(one.name, one, one.keys_file, knows_keys=True) for one in tollgates),
        *(Contender(peer.name, peer, peer.keys_file, peer.headers, peer.knows_keys)
          for peer in peers)]
    try:
        upstream.start()
        start_all([proxy, tollgates[0]])
        stop_tollgate(tollgates[0])
        tollgates[1].copy(tollgates[0])
        start_all([*tollgates, *peers])
        measured, counted, direct_us = run_rounds(contenders, upstream, arguments.rounds,
                                                  arguments.seconds)
        ledgers_hold, ledgers = stop_and_check(tollgates, counted)
    finally:
        for process in (*peers, *tollgates, proxy, upstream):
            process.stop()
    figures_hold, text = peers_report.document(
        peers_report.Measured(measured, direct_us, ledgers, [kind.version() for kind in wanted]),
        arguments, load_before)
    report.keep("peers", text, only_print=arguments.no_result)
    right = not any(result.errors for results in measured.values() for result in results)
    return right and ledgers_hold and figures_hold


def main() -> int:
    parser = report.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", nargs="+", choices=sorted(PEERS), metavar="NAME",
                        help="of the peers: " + ", ".join(PEERS))
    arguments = parser.parse_args()
    return in_folder(lambda folder: bench(folder, arguments))


if __name__ == "__main__":
    sys.exit(main())
