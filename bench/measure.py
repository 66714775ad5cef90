# SPDX-License-Identifier: Apache-2.0
"""What every contender is measured with: the load, and CPU time of a whole process tree."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
CONTENDER_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 64
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Polls until `condition` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.01)
    return result


def end_on_sigterm() -> None:
    """As on Ctrl-C: what was started is stopped, which Python by itself does not see to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def pinned(core: int, *command: str) -> list[str]:
    return ["taskset", "-c", str(core), *command]


# CPU time.

def stat_fields(path: pathlib.Path) -> list[str]:
    """What stands after the program's name, which may hold spaces: the state is number 0."""
    return path.read_text().rpartition(")")[2].split()


def tree_of(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int(stat_fields(entry / "stat")[1])
    tree = [root]
    for process in tree:
        tree += [child for child, parent in parents.items() if parent == process]
    return tree


def cpu_of_process(process: int) -> float:
    """Seconds of all its threads, user and system, and of the children it has waited for."""
    fields = stat_fields(pathlib.Path(f"/proc/{process}/stat"))
    return sum(int(field) for field in fields[11:15]) * TICK_SECONDS


def cpu_of_tree(root: int) -> float:
    return sum(cpu_of_process(process) for process in tree_of(root))


def resident_mib_of_tree(root: int) -> float:
    pages = sum(int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1])
                for process in tree_of(root))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_of_threads(root: int) -> dict[int, float]:
    """Seconds of each thread of the tree that is alive."""
    threads: dict[int, float] = {}
    for process in tree_of(root):
        for task in pathlib.Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(OSError):
                fields = stat_fields(task / "stat")
                threads[int(task.name)] = (int(fields[11]) + int(fields[12])) * TICK_SECONDS
    return threads


def cpu_when_quiet(root: int, seconds: float = 30) -> float:
    """Work that was put off, as a ledger's, belongs to the calls that caused it: waits for it."""
    deadline = time.monotonic() + seconds
    before = cpu_of_tree(root)
    while True:
        time.sleep(0.3)
        now = cpu_of_tree(root)
        if now - before <= TICK_SECONDS:
            return now
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {root} still works {seconds} s after the load")
        before = now


def cpu_of_machine() -> float:
    """Busy seconds of all cores, those stolen by the hypervisor among them."""
    user, nice, system, _, _, irq, softirq, steal, *_ = map(
        int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq + steal) * TICK_SECONDS


# The load.

@dataclasses.dataclass(frozen=True)
class Round:
    calls: int
    calls_per_second: float
    cpu_us: float         # per call: the whole tree, until it had nothing left to do
    cpu_load_us: float    # per call: until the last answer
    cpu_thread_us: float  # per call: the busiest thread, until the last answer
    p50_ms: float
    p99_ms: float
    errors: int
    bytes: int            # of all answers
    foreign_share: float  # of the machine's cores, taken by programs that are no part of this


@dataclasses.dataclass(frozen=True)
class Load:
    connections: int = CONNECTIONS
    pause_ms: float = 0  # between an answer and a connection's next call, on average
    headers: tuple[str, ...] = ()


def wrk(port: int, keys_file: pathlib.Path, seconds: int, load: Load = Load()) -> dict[str, Any]:
    done = subprocess.run(
        pinned(LOAD_CORE, "wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s",
               "--timeout", "10s", "-s", str(HERE / "post.lua"), f"http://127.0.0.1:{port}", "--",
               str(keys_file), f"{load.pause_ms:.3f}", *load.headers),
        capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(contender: int, upstream: int, port: int, keys_file: pathlib.Path,
            seconds: int, load: Load = Load()) -> Round:
    """One round against the process `contender`, which listens on `port`."""
    def ours() -> float:
        return cpu_of_tree(contender) + cpu_of_tree(upstream) + cpu_of_children()

    began = time.monotonic()
    cpu, threads, machine, own = (cpu_when_quiet(contender), cpu_of_threads(contender),
                                  cpu_of_machine(), ours())
    counted = wrk(port, keys_file, seconds, load)
    cpu_load, threads_load = cpu_of_tree(contender), cpu_of_threads(contender)
    cpu_all = cpu_when_quiet(contender)
    foreign = (cpu_of_machine() - machine) - (ours() - own)
    elapsed = time.monotonic() - began
    calls = max(counted["calls"], 1)
    busiest = max(used - threads.get(thread, 0) for thread, used in threads_load.items())
    return Round(
        calls=counted["calls"],
        calls_per_second=counted["calls"] / counted["seconds"],
        cpu_us=(cpu_all - cpu) / calls * 1e6,
        cpu_load_us=(cpu_load - cpu) / calls * 1e6,
        cpu_thread_us=busiest / calls * 1e6,
        p50_ms=counted["p50_us"] / 1e3,
        p99_ms=counted["p99_us"] / 1e3,
        errors=counted["error_status"] + counted["error_socket"],
        bytes=counted["bytes"],
        foreign_share=max(0.0, foreign) / elapsed / (os.cpu_count() or 1))
