# SPDX-License-Identifier: Apache-2.0
"""Tollgate itself: 10,000 keys, a limit on each, on their project and on their organization."""
from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from measure import CONTENDER_CORE, end_on_sigterm, wait_for
from report import ROOT

BINARY = pathlib.Path(os.environ.get("TOLLGATE_BINARY", ROOT / "build/release/tollgate")).resolve()
KEYS = 10_000
# Names of the ledger's `outcome`, as src/ledger/usage_event.h numbers them.
OUTCOMES = ("completed", "upstream error", "upstream failed", "upstream truncated", "client gone",
            "key revoked", "interrupted", "limit reached")


def in_folder(bench: Callable[[pathlib.Path], bool]) -> int:
    """The exit status of a benchmark, which works in a folder of its own and says if it holds."""
    if not BINARY.exists():
        sys.exit(f"{BINARY} is missing: ./dev build release")
    end_on_sigterm()
    # Short: a control socket's path has at most 107 bytes. On disk, as a data folder is.
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-", dir="/var/tmp") as folder:
        return 0 if bench(pathlib.Path(folder)) else 1


class Tollgate:
    name = "Tollgate"
    flags: tuple[str, ...] = ("--workers", "1")
    core: int | None = CONTENDER_CORE  # None: all of them
    served_by: tuple[str, ...] = (str(BINARY),)  # the program, and what runs it
    start_seconds = 20

    def __init__(self, folder: pathlib.Path, upstream_port: int):
        self.port = 0
        self.keys_file = folder / "keys"
        self.setup_seconds = 0.0
        self._folder, self._data = folder, folder / "data"
        self._upstream_port = upstream_port
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {name: value for name, value in os.environ.items()
                             if not name.startswith(("TOLLGATE_", "OPENAI_"))}

    def start(self) -> Tollgate:
        if self._data.exists():
            self._serve()
        else:
            self._prepare()
        # Not before: the keys are made faster with both cores.
        if self.core is not None:
            subprocess.run(["taskset", "-a", "-c", "-p", str(self.core), str(self.process_id)],
                           check=True, stdout=subprocess.DEVNULL)
        return self

    def copy(self, other: Tollgate) -> None:
        """Takes the keys of one that has stopped, and all else: making them takes half a minute."""
        shutil.copytree(other._folder, self._folder)

    def _prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        password_file = self._folder / "password"
        password_file.write_text("a password of this run only 5180\n")
        self._command("init", "--owner-email", "bench@example.com",
                      "--owner-password-file", str(password_file))
        self._serve()
        # On the running server: it asks the upstream for its models.
        self._command("providers", "add", "bench", "--kind", "openai-compatible",
                      "--base-url", f"http://127.0.0.1:{self._upstream_port}/v1")
        self._create_keys()

    @property
    def process_id(self) -> int:
        assert self._process
        return self._process.pid

    def _command(self, *arguments: str) -> Any:
        done = subprocess.run([str(BINARY), *arguments, "--data", str(self._data), "--json"],
                              capture_output=True, text=True, env=self._environment,
                              cwd=self._folder)
        if done.returncode != 0:
            raise RuntimeError(f"tollgate {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def _serve(self) -> None:
        output = self._folder / "stdout.log"
        with output.open("wb") as stdout, (self._folder / "stderr.log").open("wb") as stderr:
            self._process = subprocess.Popen(
                [*self.served_by, "serve", "--data", str(self._data), "--listen", "127.0.0.1:0",
                 *self.flags, "--json"],
                stdout=stdout, stderr=stderr, env=self._environment, cwd=self._folder)
        address = wait_for(lambda: re.search(r"127\.0\.0\.1:(\d+)", output.read_text()),
                           self.start_seconds, f"tollgate's address; see {self._folder}/stderr.log")
        self.port = int(address[1])
        wait_for(self._is_ready, self.start_seconds, "/readyz")

    def _is_ready(self) -> bool:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            with contextlib.suppress(OSError):
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
        return False

    # A process for each of 20,000 changes would take minutes.
    def _operation(self, operation: str, /, **arguments: str) -> Any:
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self._data / "control.sock"))
            request = {"operation": operation, "arguments": arguments}
            control.sendall(json.dumps(request).encode() + b"\n")
            with control.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        if "result" not in answer:
            raise RuntimeError(f"{operation}: {answer['error']['message']}")
        return answer["result"]

    def _create_keys(self) -> None:
        began = time.monotonic()
        # The server takes one change after the other; with several asking, it never waits for us.
        with concurrent.futures.ThreadPoolExecutor(4) as askers:
            keys = list(askers.map(
                lambda number: self._operation("create_key", name=f"bench {number}"), range(KEYS)))
            list(askers.map(
                lambda key: self._operation("set_limit", scope="key", id=key["id"], usd="1000",
                                            per="total"), keys))
        [(project, organization)] = self.ledger("SELECT id, organization_id FROM projects")
        for scope, identifier in ("project", project), ("organization", organization):
            self._operation("set_limit", scope=scope, id=identifier, usd="1000000", per="total")
        self.keys_file.touch(0o600)
        self.keys_file.write_text("".join(key["value"] + "\n" for key in keys))
        self.setup_seconds = time.monotonic() - began

    # Afterwards.

    def stop(self) -> int | None:
        """As systemd would: SIGTERM, and wait. Nothing when it did not run."""
        if self._process is None:
            return None
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._process = None
        return status

    def verify(self) -> bool:
        """Whether journal, events, rollups and meters agree, as the stopped server's own command
        sees it."""
        try:
            self._command("ledger", "verify")
        except RuntimeError as error:
            print(error, flush=True)
            return False
        return True

    def ledger(self, sql: str) -> list[tuple[Any, ...]]:
        path = f"file:{self._data}/tollgate.db?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True, timeout=10)) as database:
            return database.execute(sql).fetchall()

    def recorded_calls(self) -> dict[str, int]:
        """How many calls stand in the ledger, by how they ended."""
        rows = self.ledger("SELECT outcome, count(*) FROM usage_events GROUP BY outcome")
        return {OUTCOMES[outcome]: count for outcome, count in rows}

    def charges_of_completed(self) -> tuple[int, int]:
        """The smallest and the largest, in nano-dollars."""
        [(least, most)] = self.ledger(
            "SELECT min(charge), max(charge) FROM usage_events WHERE outcome = 0")
        return least or 0, most or 0

    def check_ledger(self, answered: int, rounds: int, in_flight_max: int) -> tuple[bool, str]:
        """Every call that the load saw answered is recorded; beyond those, at most the calls that
        each round left in flight when its time was up."""
        recorded = self.recorded_calls()
        rows = sum(recorded.values())
        holds = answered <= rows <= answered + in_flight_max
        least, most = self.charges_of_completed()
        by_outcome = ", ".join(f"{count:,} {name}" for name, count in recorded.items())
        return holds, (
            f"{'Holds' if holds else '**DOES NOT HOLD**'}: the load saw {answered:,} answers in "
            f"{rounds} rounds (warm-up among them); the ledger has {rows:,} calls ({by_outcome}), "
            f"{rows - answered:,} more, of at most {in_flight_max:,} that may have been in flight "
            f"when rounds ended. Completed calls were charged {least:,} to {most:,} nano-dollars "
            "each.")


class TollgateWithoutCallLog(Tollgate):
    """The ledger has every call all the same; what a line of the log costs is the difference."""
    name = "Tollgate, no call log"
    flags = (*Tollgate.flags, "--log-calls", "off")
