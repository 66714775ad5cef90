# SPDX-License-Identifier: Apache-2.0
"""A peer as a process on the contender's core, and how it gets onto this machine."""
from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

from measure import CONTENDER_CORE, accepts, free_port, pinned, wait_for
from report import ROOT

# Outside of what ./run and ./test use: only the benchmark installs peers.
PEERS = ROOT / "build" / "peers"
KEY = "sk-peer-5180"  # of those that know one


def install_package(program: str) -> None:
    if shutil.which(program):
        return
    print(f"installs Debian's {program} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", program):
        subprocess.run(["apt-get", *command], check=True, env=environment,
                       stdout=subprocess.DEVNULL)
    # Debian starts its services; nobody asked for one.
    if pathlib.Path("/run/systemd/system").exists():
        subprocess.run(["systemctl", "disable", "--now", program], check=False)


class Peer:
    name = ""
    knows_keys = False  # and refuses others
    start_seconds = 30

    def __init__(self, folder: pathlib.Path, upstream_port: int, keys_file: pathlib.Path):
        self.port = free_port()
        self.folder, self.upstream_port, self.keys_file = folder, upstream_port, keys_file
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def install() -> None:
        """From a package registry, once."""

    @staticmethod
    def version() -> str:
        raise NotImplementedError

    @property
    def headers(self) -> tuple[str, ...]:
        """Of every call, beside its key."""
        return ()

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return {}

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("TOLLGATE_", "OPENAI_", "LITELLM_"))}
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                pinned(CONTENDER_CORE, *self.command()), stdout=output, stderr=output,
                stdin=subprocess.DEVNULL, cwd=self.folder, start_new_session=True,
                env={**inherited, **self.environment()})
        try:
            wait_for(self._accepts, self.start_seconds, self.name)
        except TimeoutError as error:
            raise RuntimeError(f"{error}: {self._last_words()}") from error

    @property
    def _log(self) -> pathlib.Path:
        return self.folder / "output.log"

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    def _accepts(self) -> bool:
        assert self._process
        if self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended: {self._last_words()}")
        return accepts(self.port)

    @property
    def process_id(self) -> int:
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        if not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        with contextlib.suppress(ProcessLookupError):  # its children, had it left any
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None
