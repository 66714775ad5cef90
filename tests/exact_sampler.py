# SPDX-License-Identifier: Apache-2.0
"""Looks at a running server's limits some hundred times a second, as the command line would.

A process of its own: beside two hundred clients in one interpreter it would see little. A line of
standard input names what to watch, the next one ends that, and is answered.
"""
from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from typing import Any

from tollgate import ROOT

# Between two looks, so that the calls get on.
PAUSE_SECONDS = 0.004
# Without a buffer: a line that a buffer has taken already is none that select() sees.
COMMANDS = open(0, "rb", buffering=0, closefd=False)


def reading(listed: dict[str, Any]) -> tuple[int, int, int]:
    """Amount, spent and held, in whatever the limit counts."""
    if listed.get("metric", "money") == "money":
        return (listed["limit_nanousd"], listed["spent_nanousd"], listed["held_nanousd"])
    return listed["amount"], listed["spent"], listed["held"]


class Sampler:
    """The process, as tests use it."""

    def __init__(self, control_socket: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/exact_sampler.py"), control_socket],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Sampler:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def start(self, amounts: dict[str, int]) -> None:
        """From here on these limits, by id, must not be exceeded."""
        self._say({"amounts": amounts})

    def stop(self) -> int:
        """How often it has looked; no look may have found a limit exceeded."""
        self._say({"amounts": {}})
        assert self.process.stdout
        seen = json.loads(self.process.stdout.readline())
        assert not seen["exceeded"], seen["exceeded"]
        return seen["samples"]

    def _say(self, value: Any) -> None:
        assert self.process.stdin
        print(json.dumps(value), file=self.process.stdin, flush=True)


def look(control_socket: str) -> dict[str, tuple[int, int, int]]:
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(control_socket)
        control.sendall(b'{"operation":"list_limits","arguments":{}}\n')
        with control.makefile() as lines:
            listed = json.loads(lines.readline())["result"]["data"]
    return {limit["id"]: reading(limit) for limit in listed}


def watch(control_socket: str, amounts: dict[str, int]) -> dict[str, Any]:
    """Until the next line of standard input."""
    samples, exceeded = 0, []
    while True:
        readings = look(control_socket)
        samples += 1
        for limit_id, amount in amounts.items():
            listed, spent, held = readings[limit_id]
            if listed != amount or spent + held > amount or min(spent, held) < 0:
                exceeded.append(f"{limit_id}: spent {spent}, held {held} of {listed}")
        if select.select([COMMANDS], [], [], PAUSE_SECONDS)[0]:
            COMMANDS.readline()
            return {"samples": samples, "exceeded": exceeded[:5]}


def main(control_socket: str) -> None:
    while line := COMMANDS.readline():
        print(json.dumps(watch(control_socket, json.loads(line)["amounts"])), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
