#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams through a proxy, one after the other on each of so many connections.

    bench/sse_load.py PORT KEYS_FILE CONNECTIONS SECONDS

Prints a JSON object: streams, events, errors, and how late events came (p50_us, p99_us): the
upstream (sse_upstream.py) writes into each when it left.
"""
from __future__ import annotations

import itertools
import json
import pathlib
import re
import selectors
import socket
import sys
import time

TIME = re.compile(rb'tollgate (\d+\.\d+)"')
BODY = json.dumps({"model": "gpt-4.1-mini", "stream": True, "max_tokens": 4000,
                   "stream_options": {"include_usage": True},
                   "messages": [{"role": "user", "content": "What is a tollgate? " * 45}]}).encode()
END = b"0\r\n\r\n"


class Load:
    def __init__(self, port: int, keys: list[str], connections: int):
        self._keys = itertools.cycle(keys)
        self._selector = selectors.DefaultSelector()
        self.streams = self.events = self.errors = 0
        self.delays: list[float] = []
        self._connections = [socket.create_connection(("127.0.0.1", port), 10)
                             for _ in range(connections)]
        self._started: dict[socket.socket, bool] = {}
        for connection in self._connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connection, selectors.EVENT_READ)
            self._ask(connection)

    def _ask(self, connection: socket.socket) -> None:
        self._started[connection] = False
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
        received = connection.recv(65536)
        now = time.monotonic()
        if not received or (not self._started[connection]
                            and not received.startswith(b"HTTP/1.1 200")):
            self.errors += 1
            self._selector.unregister(connection)
            return
        self._started[connection] = True
        sent = TIME.findall(received)
        self.events += len(sent)
        self.delays += [now - float(at) for at in sent]
        if received.endswith(END):
            self.streams += 1
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
