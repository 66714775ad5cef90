#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""10,000 streams at once through one Tollgate for an hour: flat memory, no error.

    ./dev bench soak [--streams N] [--seconds N] [--pause-seconds N] [--no-result]

Each stream has an event every 20 seconds and ends after 2 to 30 of them; then its connection asks
for the next, so that streams begin and end all the time (30 a second of 10,000). Default settings
and workers, 10,000 keys with limits, every stream held, settled, journaled and logged. Resident
memory is read each minute. Before that, ordinary calls fill the page cache of SQLite, which may
hold 64 MiB: from then on nothing may grow. It ends with 1 where memory grew once all streams ran,
where any stream was not what the upstream had sent, or where the ledger does not have what was
counted.

A stream takes two of Tollgate's open files. Where the system lets a process open too few, the limit
is raised, and where that is not allowed, as many streams run as it permits, which the result says;
with --streams, it is an error.
TOLLGATE_BINARY chooses the binary (build/release/tollgate). Writes bench/results/DATE-soak.md.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import pathlib
import resource
import shlex
import sys
import time
from statistics import median

import report
from measure import CONNECTIONS, cpu_of_tree, wait_for, wrk
from peer_tollgate import BINARY, KEYS, Tollgate, in_folder
from soak_load import SoakLoad
from sse_upstream import running_upstream

ASKED_STREAMS = 10_000
EVENTS_LEAST, EVENTS_MOST = 2, 30  # of a stream
OPENED_PER_SECOND = 200
SILENCE_MORE_SECONDS = 30   # than the pause between events: then a stream counts as stuck
FILES_BESIDE = 200          # of the process, beside two for each stream
CALLS_BEFORE = 200_000      # by measurement: from 150,000 on, nothing grew in 1,100,000
PAUSE_SECONDS = (5, 20)     # between a stream's events: in a short run, and in one of an hour
GROWTH_MAX = 0.01           # of what is resident; a leak of 60 bytes a stream is more in an hour
GROWTH_KIB_MIN = 2048       # of few streams: what SQLite and the allocator take and give back
# Two segments of 8 MiB a worker: the one that fills, and the one that is carried into the ledger.
JOURNAL_KIB_MAX = 2 * 8 * 1024 * (os.cpu_count() or 1)
ROWS_MAX = 30


class Soaked(Tollgate):
    flags = ()
    core = None


@dataclasses.dataclass(frozen=True)
class Sample:
    seconds: float        # since all streams ran
    resident: Resident
    running: int
    asked: int
    completed: int
    events: int
    comments: int
    p99_ms: float         # how late events came since the last sample
    cpu_share: float      # of one core, since the last sample
    errors: int


def permit_files(wanted: int) -> int:
    """Raises the limit of open files, for our children, too. What it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def streams_permitted(wanted: int | None) -> int:
    files = permit_files(2 * (wanted or ASKED_STREAMS) + FILES_BESIDE)
    most = (files - FILES_BESIDE) // 2
    if wanted and most < wanted:
        sys.exit(f"a process may open {files:,} files here (ulimit -Hn), which is enough for "
                 f"{most:,} streams: --streams {most}, or a higher limit")
    if not wanted and most < ASKED_STREAMS:
        print(f"A process may open {files:,} files here (ulimit -Hn), and nobody may raise that: "
              f"{most:,} streams, not {ASKED_STREAMS:,}", flush=True)
    return min(wanted or ASKED_STREAMS, most)


class Sampler:
    def __init__(self, server: Soaked, load: SoakLoad):
        self._server, self._load = server, load
        self._began = self._last = time.monotonic()
        self._cpu = cpu_of_tree(server.process_id)

    def take(self) -> Sample:
        now, cpu = time.monotonic(), cpu_of_tree(self._server.process_id)
        load, delays = self._load, sorted(self._load.delays)
        load.delays.clear()
        sample = Sample(
            seconds=now - self._began, resident=Resident.of(self._server.process_id),
            running=load.running, asked=load.asked, completed=load.completed, events=load.events,
            comments=load.comments, p99_ms=delays[int(len(delays) * .99)] * 1e3 if delays else 0,
            cpu_share=(cpu - self._cpu) / max(now - self._last, 1e-9),
            errors=load.errors.total())
        self._last, self._cpu = now, cpu
        return sample


@dataclasses.dataclass(frozen=True)
class Before:
    """The ordinary calls that filled the caches."""
    calls: int
    in_flight_max: int  # beyond those, which the load did not wait for
    resident: Resident  # before them


@dataclasses.dataclass(frozen=True)
class Resident:
    kib: int
    journal_kib: int  # of that, segments of the journal, which are mapped while they fill

    @property
    def rest_kib(self) -> int:
        return self.kib - self.journal_kib

    @classmethod
    def of(cls, process: int) -> Resident:
        kib = journal_kib = 0
        in_journal = False
        for line in pathlib.Path(f"/proc/{process}/smaps").read_text().splitlines():
            if "-" in line.split(" ", 1)[0]:  # a mapping begins: FROM-TO … FILE
                in_journal = line.endswith(".journal")
            elif line.startswith("Rss:"):
                resident = int(line.split()[1])
                kib, journal_kib = kib + resident, journal_kib + in_journal * resident
        return cls(kib, journal_kib)


def fill_caches(server: Soaked) -> Before:
    resident = Resident.of(server.process_id)
    calls = in_flight_max = 0
    while calls < CALLS_BEFORE:
        counted = wrk(server.port, server.keys_file, 5)
        if not counted["calls"] or counted["error_status"] or counted["error_socket"]:
            raise RuntimeError(f"calls before the streams failed: {counted}")
        calls, in_flight_max = calls + counted["calls"], in_flight_max + CONNECTIONS
        print(f"{calls:9,} ordinary calls, {Resident.of(server.process_id).kib / 1024:.1f} MiB "
              "resident", flush=True)
    return Before(calls, in_flight_max, resident)


def soak(server: Soaked, load: SoakLoad, streams: int, seconds: int) -> list[Sample]:
    deadline = time.monotonic() + streams / OPENED_PER_SECOND + 60
    while load.running < streams and time.monotonic() < deadline:
        load.run_until(time.monotonic() + .5)
    if load.running < streams:
        raise TimeoutError(f"{load.running:,} of {streams:,} streams run: {load.messages}")
    every = min(60.0, seconds / 30)
    sampler = Sampler(server, load)
    samples = [sampler.take()]
    began = time.monotonic()
    while samples[-1].seconds < seconds - every / 2:
        load.run_until(began + len(samples) * every)
        load.look_for_silence()
        samples.append(sampler.take())
        one = samples[-1]
        print(f"{one.seconds:6.0f} s  {one.resident.kib / 1024:7.1f} MiB resident, "
              f"{one.resident.rest_kib / 1024:7.1f} without the journal  "
              f"{one.running:6,} run  {one.completed:7,} ended  {one.events:9,} events, "
              f"p99 {one.p99_ms:6.1f} ms late  {one.cpu_share:4.0%} of a core  "
              f"errors {one.errors}", flush=True)
    return samples


@dataclasses.dataclass(frozen=True)
class Growth:
    """Of what is resident without the journal's segments: those are mapped while they fill, so that
    what is resident of them rises and falls."""
    first_kib: float  # median of the first third, once settled
    last_kib: float   # of the last one
    most_kib: float   # that it may have grown by
    journal_most_kib: int
    settled_seconds: float

    @property
    def holds(self) -> bool:
        return (self.last_kib - self.first_kib <= self.most_kib
                and self.journal_most_kib <= JOURNAL_KIB_MAX)

    def words(self) -> str:
        return (f"{self.first_kib / 1024:,.1f} MiB at first (the median of a third of the time, "
                f"from {self.settled_seconds:,.0f} s on), {self.last_kib / 1024:,.1f} MiB at last: "
                f"{(self.last_kib - self.first_kib) / 1024:+,.1f} MiB, of at most "
                f"{self.most_kib / 1024:,.1f}; and of the journal at most "
                f"{self.journal_most_kib / 1024:,.1f} MiB, which may be "
                f"{JOURNAL_KIB_MAX / 1024:,.0f}")


def growth_of(samples: list[Sample], pause_seconds: float) -> Growth:
    # Until then connections still have their first stream, and hold less.
    settled = min(EVENTS_MOST * pause_seconds, samples[-1].seconds / 2)
    rest = [one.resident.rest_kib for one in samples if one.seconds >= settled]
    third = max(1, len(rest) // 3)
    first, last = median(rest[:third]), median(rest[-third:])
    return Growth(first, last, max(first * GROWTH_MAX, GROWTH_KIB_MIN),
                  max(one.resident.journal_kib for one in samples), settled)


def check_ledger(server: Soaked, load: SoakLoad, running: int, before: Before
                 ) -> tuple[bool, str]:
    """Each stream that was asked for is recorded: as completed, or, where the end of the run cut
    it, as that. Of those and the calls before, the last bytes may have been on their way."""
    recorded = server.recorded_calls()
    completed, cut = recorded.get("completed", 0), recorded.get("client gone", 0)
    rows, asked, read = sum(recorded.values()), load.asked + before.calls, (
        load.completed + before.calls)
    holds = (completed + cut == rows and asked <= rows <= asked + before.in_flight_max
             and read <= completed <= read + running + before.in_flight_max and server.verify())
    by_outcome = ", ".join(f"{count:,} {name}" for name, count in recorded.items())
    return holds, (f"{load.asked:,} streams were asked for, {load.completed:,} read to their end, "
                   f"{running:,} ran when all were cut; with the {before.calls:,} calls before, "
                   f"and up to {before.in_flight_max:,} that were not waited for, the ledger has "
                   f"{by_outcome}")


def table(samples: list[Sample]) -> str:
    step = max(1, -(-len(samples) // ROWS_MAX))
    chosen = samples[::step] + ([samples[-1]] if (len(samples) - 1) % step else [])
    return "\n".join([
        "| s | MiB resident | without the journal | streams | ended | events | comments | "
        "events' p99, ms late | CPU of a core | errors |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(f"| {one.seconds:,.0f} | {one.resident.kib / 1024:.1f} | "
          f"{one.resident.rest_kib / 1024:.1f} | {one.running:,} | {one.completed:,} | "
          f"{one.events:,} | {one.comments:,} | {one.p99_ms:.1f} | {one.cpu_share:.0%} | "
          f"{one.errors} |" for one in chosen)])


def yes(holds: bool) -> str:
    return "yes" if holds else "**no**"


def document(samples: list[Sample], load: SoakLoad, ledger: tuple[bool, str], before: Before,
             arguments: argparse.Namespace, streams: int) -> str:
    growth = growth_of(samples, arguments.pause_seconds)
    fewer = "" if streams >= ASKED_STREAMS or arguments.streams else (
        f"**{streams:,} streams, not {ASKED_STREAMS:,}**: a process may open no more files here "
        f"({resource.getrlimit(resource.RLIMIT_NOFILE)[1]:,}, two for each stream).\n\n")
    errors = "".join(f"  - {count:,} × {kind}\n" for kind, count in load.errors.items())
    messages = "".join(f"  - `{message}`\n" for message in load.messages)
    return f"""\
# {streams:,} streams for {samples[-1].seconds:,.0f} s, {report.now():%Y-%m-%d %H:%M} UTC

{fewer}| asked | holds | |
|---|---|---|
| flat memory | {yes(growth.holds)} | {growth.words()} |
| no error | {yes(not load.errors)} | {load.errors.total():,} of {load.asked:,} streams |
| the ledger has what was counted, and agrees with its journal | {yes(ledger[0])} | {ledger[1]} |

{errors}{messages}
{table(samples)}

Seconds since all streams ran, which were opened at {OPENED_PER_SECOND} a second. *Late* is from the
upstream's send to the client's read, both in Python on the same cores. *Comments* keep a silent
stream alive. Before the streams, {before.calls:,} ordinary calls filled the caches: SQLite's may
hold 64 MiB. Before those, {before.resident.kib / 1024:.1f} MiB were resident.

- Command: `{shlex.join(['bench/soak.py', *sys.argv[1:]])}`
- Server: `tollgate serve --listen 127.0.0.1:0`, else default
- {KEYS:,} keys, each with a limit, as their project and organization
- Streams: an event every {arguments.pause_seconds:g} s, {EVENTS_LEAST} to {EVENTS_MOST} of them
- Machine: {report.machine()}
- Binary: {os.path.relpath(BINARY, report.ROOT)}, {report.first_line(str(BINARY), 'version')}
- Source: {report.source()}
"""


def bench(folder: pathlib.Path, arguments: argparse.Namespace, streams: int) -> bool:
    with running_upstream(f"{EVENTS_LEAST}-{EVENTS_MOST}",
                          arguments.pause_seconds * 1e3) as upstream_port:
        server = Soaked(folder, upstream_port)
        try:
            print(f"starts a server with {KEYS:,} keys …", flush=True)
            server.start()
            keys = server.keys_file.read_text().split()
            before = fill_caches(server)
            load = SoakLoad(server.port, keys, streams, OPENED_PER_SECOND,
                            arguments.pause_seconds + SILENCE_MORE_SECONDS)
            print(f"opens {streams:,} streams …", flush=True)
            samples = soak(server, load, streams, arguments.seconds)
            running = load.running
            load.close()
            asked = load.asked + before.calls
            wait_for(lambda: sum(server.recorded_calls().values()) >= asked, 120,
                     f"{asked:,} calls in the ledger")
            if (status := server.stop()) != 0:
                sys.exit(f"tollgate ended with {status}")
        finally:
            server.stop()
        ledger = check_ledger(server, load, running, before)
    text = document(samples, load, ledger, before, arguments, streams)
    report.keep("soak", text, only_print=arguments.no_result)
    return growth_of(samples, arguments.pause_seconds).holds and not load.errors and ledger[0]


def main() -> int:
    parser = report.parser(__doc__)
    parser.add_argument("--streams", type=int, help=f"{ASKED_STREAMS:,}")
    parser.add_argument("--seconds", type=int, default=3600, help="once all streams run")
    parser.add_argument("--pause-seconds", type=float,
                        help="between a stream's events: 20, less in a run of less than 40 minutes")
    arguments = parser.parse_args()
    if arguments.pause_seconds is None:
        least, most = PAUSE_SECONDS
        arguments.pause_seconds = max(least, min(most, arguments.seconds / 4 / EVENTS_MOST))
    streams = streams_permitted(arguments.streams)
    return in_folder(lambda folder: bench(folder, arguments, streams))


if __name__ == "__main__":
    sys.exit(main())
