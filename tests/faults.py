# SPDX-License-Identifier: Apache-2.0
"""What the tests of faults share: load, a server under strace, and what must hold afterwards."""
from __future__ import annotations

import http.client
import pathlib
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tollgate import Tollgate, chat_body, exchange, send, wait_for
from upstreams import USAGE, Upstream

# Segments of an eighth of it: so small that a test fills some.
SMALL_JOURNAL = ("--journal-bytes-max", str(1 << 20))
MODEL = "gpt-4.1-mini"
# Nano-dollars per token, from the shipped catalogue.
CHARGE = USAGE["prompt_tokens"] * 400 + USAGE["completion_tokens"] * 1600


def strace(traced: str, *injected: str, log: str = "/dev/null") -> tuple[str, ...]:
    """-D: the server stays our own child, and whoever kills it kills it alone. (Without
    --seccomp-bpf, under which strace 6.1 injects no signals.)"""
    injections = [part for one in injected for part in ("-e", f"inject={one}")]
    return ("strace", "-D", "-f", "-qq", "-o", log, "-e", f"trace={traced}", *injections)


@contextmanager
def traced(server: Tollgate, syscalls: str, *options: str) -> Iterator[pathlib.Path]:
    """While this holds, the running server's `syscalls` are written to the file that it gives."""
    assert server.process
    log = server.folder / "traced.log"
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", str(log), "-p", str(server.process.pid), "-e", f"trace={syscalls}",
         *options], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    try:
        line = tracer.stderr.readline()
        assert "attached" in line, line
        yield log
    finally:
        tracer.terminate()
        tracer.wait()


@contextmanager
def injected(server: Tollgate, syscalls: str, what: str) -> Iterator[None]:
    """While this holds, the running server's `syscalls` all end with `what`."""
    with traced(server, syscalls, "-e", f"inject={syscalls}:{what}"):
        yield


def wait_for_sync(server: Tollgate) -> None:
    """Until what the journals of a server under load hold now is on the disk. A pass syncs each
    segment once at most, so where one of them is synced the third time, a pass that began after
    now has ended."""
    with traced(server, "fdatasync", "-y") as log:
        def most_syncs() -> int:
            segments = re.findall(r"fdatasync\(\d+<([^>]*/journal/[^>]*)>", log.read_text())
            return max(Counter(segments).values(), default=0)
        wait_for(lambda: most_syncs() >= 3, 20, "three syncs of a segment")


class Load:
    """Clients that call one after the other, and streams that do not end by themselves."""

    def __init__(self, server: Tollgate, key: str, callers: int, streamers: int) -> None:
        self.server, self.key = server, key
        self.statuses: Counter[int] = Counter()  # 0: the connection broke
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        prompts = ["plain"] * callers + ["trickle"] * streamers
        self.threads = [threading.Thread(target=self._calls, args=(prompt,), daemon=True)
                        for prompt in prompts]

    @property
    def answered(self) -> int:
        with self.lock:
            return self.statuses[200]

    @property
    def refused(self) -> int:
        with self.lock:
            return sum(times for status, times in self.statuses.items() if status >= 500)

    def _calls(self, prompt: str) -> None:
        while not self.stopped.is_set():
            connection = self.server.connect()
            try:
                while not self.stopped.is_set():
                    self._note(self._call(connection, prompt))
            except (OSError, http.client.HTTPException):
                self._note(0)
                if not self.server.is_alive():
                    return
            finally:
                connection.close()

    def _call(self, connection: http.client.HTTPConnection, prompt: str) -> int:
        if prompt == "plain":
            return exchange(connection, "POST", "/v1/chat/completions",
                            chat_body(prompt, MODEL), self.key).status
        send(connection, "POST", "/v1/chat/completions",
             chat_body(prompt, MODEL, stream=True), self.key)
        response = connection.getresponse()
        while response.status == 200 and response.read1(4096):
            if self.stopped.is_set():
                connection.close()
                return 200
        response.read()
        return response.status

    def _note(self, status: int) -> None:
        with self.lock:
            self.statuses[status] += 1
        if status not in (0, 200):
            time.sleep(0.01)  # as a client that was refused would


@contextmanager
def load(server: Tollgate, key: str, callers: int = 6, streamers: int = 0) -> Iterator[Load]:
    running = Load(server, key, callers, streamers)
    for thread in running.threads:
        thread.start()
    try:
        yield running
    finally:
        running.stopped.set()
        for thread in running.threads:
            thread.join(20)


def verify(server: Tollgate) -> None:
    if " ledger " in server.run("--help", data=False).stdout:
        server.verify()


def check_ledger(server: Tollgate, upstream: Upstream, unseen_max: int = 0) -> None:
    """Each call that reached the upstream stands in the ledger once, with its charge. At most
    `unseen_max` were on their way there when the server died."""
    wait_for(lambda: upstream.open_streams == 0, 10, "the upstream to notice")
    reached, recorded = Counter(upstream.call_ids()), Counter(server.call_ids())
    assert "" not in reached, "the gateway sends its call's id upstream"
    assert [call for call, times in reached.items() if times > 1] == [], "an id was used twice"
    assert [call for call, times in recorded.items() if times > 1] == [], "charged twice"
    assert reached.keys() - recorded.keys() == set(), "reached the upstream and is not recorded"
    assert len(recorded.keys() - reached.keys()) <= unseen_max
    events = server.ledger("SELECT outcome, stream, charge FROM usage_events")
    completed = {row["charge"] for row in events if row["outcome"] == 0 and not row["stream"]}
    assert completed <= {CHARGE}, completed
    assert all(row["charge"] > 0 for row in events), "a call that cost nothing"
    totals = server.usage()["totals"]
    assert (totals["calls"], totals["charge_nanousd"]) == (
        len(events), sum(row["charge"] for row in events))
    verify(server)


def settle_all(server: Tollgate, upstream: Upstream, seconds: float = 20) -> None:
    """Waits until the transfer has caught up with what reached the upstream by now: with load that
    runs on, it never has all that reached it meanwhile."""
    reached = set(upstream.call_ids())
    wait_for(lambda: reached <= set(server.call_ids()), seconds, "the transfer")
