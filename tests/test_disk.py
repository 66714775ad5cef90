# SPDX-License-Identifier: Apache-2.0
"""A full disk, one that turns read-only or fails to sync, SQL that is away, a clock that is set
back: calls go on or get 503, and each that reached an upstream is in the ledger once.

TOLLGATE_AWAY_S says for how many seconds the database is away (./dev proof: 60).
"""
from __future__ import annotations

import errno
import os
import pathlib
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from faults import (
    SMALL_JOURNAL,
    Load,
    check_ledger,
    injected,
    load,
    settle_all,
    verify,
    wait_for_sync,
)
from tollgate import Tollgate, wait_for
from upstreams import Upstream

AWAY_S = float(os.environ.get("TOLLGATE_AWAY_S", "4"))
CALLERS = 6
FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    fresh = Upstream()
    yield fresh
    fresh.stop()


@contextmanager
def small_disk(server: Tollgate, megabytes: int) -> Iterator[None]:
    """The data folder on a disk of its own."""
    server.data.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs",
                              str(server.data)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk must be mounted, which needs root: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        if server.process is not None:
            server.kill()
        subprocess.run(["umount", "--lazy", str(server.data)], check=True)


def fill_disk(folder: pathlib.Path) -> pathlib.Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return ballast


def start_with_key(server: Tollgate, upstream: Upstream) -> str:
    server.init().start()
    server.add_provider("upstream", upstream.url)
    return server.create_key("load")["key"]


def answers(running: Load, status: int, more: int, seconds: float = 20) -> None:
    before = running.statuses[status]
    wait_for(lambda: running.statuses[status] >= before + more, seconds, f"{more} times {status}")


def has_logged(server: Tollgate, message: str) -> Callable[[], bool]:
    return lambda: message in server.stderr_path.read_text()


def test_a_full_disk_gives_503_and_loses_nothing(upstream: Upstream) -> None:
    with Tollgate("full-disk", flags=SMALL_JOURNAL) as server, small_disk(server, 32):
        key = start_with_key(server, upstream)
        with load(server, key, CALLERS) as running:
            answers(running, 200, 50)
            ballast = fill_disk(server.data)
            answers(running, 503, 20)
            assert has_logged(server, "journal has no space for another call")()
            ballast.unlink()
            answers(running, 200, 50)  # without a restart
            ballast = fill_disk(server.data)
            answers(running, 503, 20)
            server.kill()
        assert running.statuses.keys() <= {0, 200, 503}, running.statuses
        ballast.unlink()
        server.start()
        check_ledger(server, upstream, CALLERS)


def test_a_disk_that_turns_read_only_gives_503_and_loses_nothing(upstream: Upstream) -> None:
    with Tollgate("read-only", flags=SMALL_JOURNAL) as server:
        key = start_with_key(server, upstream)
        with load(server, key, CALLERS) as running:
            answers(running, 200, 50)
            with injected(server, "fallocate,rename,unlink", "error=EROFS"):
                answers(running, 503, 20, 60)
            answers(running, 200, 50)  # without a restart
            with injected(server, "fallocate,rename,unlink", "error=EROFS"):
                answers(running, 503, 20, 60)
                server.kill()
        assert running.statuses.keys() <= {0, 200, 503}, running.statuses
        server.start()
        check_ledger(server, upstream, CALLERS)


@contextmanager
def breakable_disk(server: Tollgate) -> Iterator[Callable[[], None]]:
    """The data folder on an ext4 of its own; what is given repairs it as fsck at a boot would."""
    image = server.folder / "image"
    server.data.mkdir(mode=0o700)
    mount = ["mount", "-o", "loop", str(image), str(server.data)]
    with image.open("wb") as file:
        file.truncate(64 << 20)
    for command in (["mkfs.ext4", "-q", str(image)], mount):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"an ext4 must be made and mounted: {done.stderr.strip()}")

    def repair() -> None:
        subprocess.run(["umount", str(server.data)], check=True)
        assert subprocess.run(["e2fsck", "-fy", str(image)], capture_output=True).returncode < 4
        subprocess.run(mount, check=True)

    try:
        server.data.chmod(0o700)
        yield repair
    finally:
        if server.process is not None:
            server.kill()
        subprocess.run(["umount", "--lazy", str(server.data)], check=True)
        image.unlink()


@pytest.mark.parametrize("durability", ["interval", "call"])
def test_a_file_system_that_breaks_loses_nothing_of_what_was_synced(
        upstream: Upstream, durability: str) -> None:
    """What ext4 does at an error that it cannot mend: from then on nothing reaches the disk."""
    flags = (*SMALL_JOURNAL, "--durability", durability)
    with Tollgate("broken-disk", flags=flags) as server, breakable_disk(server) as repair:
        key = start_with_key(server, upstream)
        with load(server, key, CALLERS) as running:
            answers(running, 200, 100)
            synced = set(upstream.call_ids())
            wait_for_sync(server)
            subprocess.run(["mount", "-o", "remount,abort", str(server.data)], check=True)
            wait_for(has_logged(server, "cannot sync"), 20, "the log")
            wait_for(lambda: running.refused >= 20, 60, "20 refusals")
            assert server.is_alive()
        assert running.statuses.keys() <= {200, 500, 503}, running.statuses
        if durability == "call":
            synced = set(upstream.call_ids())  # no other went out
        server.kill()
        repair()
        server.start()
        assert server.chat(key, "plain").status == 200
        wait_for(lambda: upstream.call_ids()[-1] in server.call_ids(), what="the last call")
        recorded = server.call_ids()
        assert len(recorded) == len(set(recorded)), "charged twice"
        assert synced <= set(recorded), "synced, and not recorded"
        verify(server)


# Both the journal's sync and the database's: SQL is away as well.
def test_a_disk_that_fails_to_sync_is_told_of_and_loses_nothing_while_it_runs(
        upstream: Upstream) -> None:
    with Tollgate("eio", flags=SMALL_JOURNAL) as server:
        key = start_with_key(server, upstream)
        with load(server, key, CALLERS) as running:
            answers(running, 200, 50)
            with injected(server, "fdatasync", "error=EIO"):
                wait_for(has_logged(server, "cannot sync a journal segment"), 20, "the log")
                wait_for(has_logged(server, "calls not written to the ledger"), 20, "the log")
                answers(running, 200, 20)
            answers(running, 200, 50)
            settle_all(server, upstream)
            server.kill()
        assert running.statuses.keys() <= {0, 200, 503}, running.statuses
        assert server.stderr_path.read_text().count("cannot sync a journal segment") == 1
        server.start()
        check_ledger(server, upstream, CALLERS)


def test_calls_go_on_while_sql_is_away(upstream: Upstream) -> None:
    with Tollgate("sql-away") as server:
        key = start_with_key(server, upstream)
        with load(server, key, CALLERS) as running:
            answers(running, 200, 20)
            other = sqlite3.connect(server.data / "tollgate.db", isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            before, ends_at = running.answered, time.monotonic() + AWAY_S
            recorded = len(server.call_ids())
            while time.monotonic() < ends_at:
                answers(running, 200, 1)
            assert len(server.call_ids()) == recorded, "the ledger was not away"
            assert running.answered > before + 10 * AWAY_S
            other.execute("ROLLBACK")
            other.close()
        assert running.statuses.keys() == {200}, running.statuses
        settle_all(server, upstream)
        check_ledger(server, upstream)
        assert server.stop() == 0
        server.start()
        check_ledger(server, upstream)


def test_a_server_killed_while_sql_is_away_loses_nothing(upstream: Upstream) -> None:
    with Tollgate("sql-away-killed") as server:
        key = start_with_key(server, upstream)
        other = sqlite3.connect(server.data / "tollgate.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with load(server, key, CALLERS) as running:
            answers(running, 200, 100)
            server.kill()
        other.execute("ROLLBACK")
        other.close()
        server.start()
        check_ledger(server, upstream, CALLERS)


def test_a_clock_that_is_set_back_takes_money_nowhere_back(upstream: Upstream) -> None:
    if not FAKETIME.exists():
        pytest.skip(f"needs {FAKETIME} (scripts/install.sh --tests)")
    with Tollgate("clock", workers=1) as server:
        key = start_with_key(server, upstream)
        server.stop()
        offset = server.folder / "offset"
        plain_environment = dict(server.environment)
        server.environment |= {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1"}
        for when in ("+0", "-1d", "+2d", "+1d", "-400d"):
            offset.write_text(when)
            if server.process is None or when == "+1d":  # also set back while it was down
                if server.process is not None:
                    server.stop()
                server.start()
            for _ in range(5):
                assert server.chat(key, "plain").status == 200
        settle_all(server, upstream)
        server.stop()
        server.environment = plain_environment
        server.start()  # the real clock is two days behind
        assert server.chat(key, "plain").status == 200
        settle_all(server, upstream)
        times = [row["admitted_ms"] for row in server.ledger(
            "SELECT admitted_ms FROM usage_events ORDER BY epoch, sequence")]
        assert times == sorted(times)
        assert len(times) == 26
        assert times[-1] > (time.time() + 86_400) * 1000
        check_ledger(server, upstream)
