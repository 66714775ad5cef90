#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams through a proxy, one after the other on each of so many connections.

    bench/sse_load.py PORT KEYS_FILE CONNECTIONS SECONDS

Prints a JSON object: streams, events, errors, and how late events came (p50_us, p99_us): the
upstream (sse_upstream.py) writes into each when it left. A stream whose events are fewer or more
than its usage says is an error.
"""
from __future__ import annotations

import dataclasses
import itertools
import json
import pathlib
import re
import selectors
import socket
import sys
import time

TIME = re.compile(rb'tollgate (\d+\.\d+)"')
USAGE = re.compile(rb'"completion_tokens":(\d+)')
BODY = json.dumps({"model": "gpt-4.1-mini", "stream": True, "max_tokens": 4000,
                   "stream_options": {"include_usage": True},
                   "messages": [{"role": "user", "content": "What is a tollgate? " * 45}]}).encode()
END = b"0\r\n\r\n"


@dataclasses.dataclass(slots=True)
class Stream:
    started: bool = False  # its head has come
    events: int = 0
    told: int = -1         # how many the usage says there were
    rest: bytes = b""      # of an event that has come in part


class Load:
    def __init__(self, port: int, keys: list[str], connections: int):
        self._keys = itertools.cycle(keys)
        self._selector = selectors.DefaultSelector()
        self.streams = self.events = self.errors = 0
        self.delays: list[float] = []
        self._running: dict[socket.socket, Stream] = {}
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port), 10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connection, selectors.EVENT_READ)
            self._ask(connection)

    def _ask(self, connection: socket.socket) -> None:
        self._running[connection] = Stream()
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: application/json\r\nAuthorization: Bearer %b\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (next(self._keys).encode(), len(BODY), BODY))

    def run(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (now := time.monotonic()) < deadline:
            for key, _ in self._selector.select(deadline - now):
                self._read(key.fileobj)  # type: ignore[arg-type]

    def _read(self, connection: socket.socket) -> None:
        stream = self._running[connection]
        try:
            received = connection.recv(65536)
        except OSError:
            received = b""
        now = time.monotonic()
        if not received or not (stream.started or received.startswith(b"HTTP/1.1 200")):
            self.errors += 1
            self._selector.unregister(connection)
            return
        stream.started = True
        received = stream.rest + received
        stream.rest = received[received.rfind(b"\n\n") + 2:]
        sent = TIME.findall(received)
        self.events += len(sent)
        self.delays += [now - float(at) for at in sent]
        stream.events += len(sent)
        if b'"usage":{' in received and (usage := USAGE.search(received)):
            stream.told = int(usage[1])
        if received.endswith(END):
            self.streams += 1
            self.errors += stream.told != stream.events
            self._ask(connection)

    def counted(self) -> dict[str, float]:
        self.delays.sort()

        def late_us(share: float) -> float:
            return self.delays[int(len(self.delays) * share)] * 1e6 if self.delays else 0
        return {"streams": self.streams, "events": self.events, "errors": self.errors,
                "p50_us": late_us(.5), "p99_us": late_us(.99)}


def main() -> None:
    port, keys_file, connections, seconds = sys.argv[1:5]
    load = Load(int(port), pathlib.Path(keys_file).read_text().split(), int(connections))
    load.run(float(seconds))
    print(json.dumps(load.counted()))


if __name__ == "__main__":
    main()
