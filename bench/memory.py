#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Resident memory of a connection, of thousands on one worker: idle, idle over TLS, with a stream.

The first 200 of each warm up the allocator and are not counted. An idle connection has had one
answer, as a kept one has; a stream has had its first event and waits for the next, and its
connection to the upstream is counted with it.
"""
from __future__ import annotations

import argparse
import json
import resource
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sse_upstream import running_upstream
from test_helpers import Tollgate, first_event, make_certificate

WARM_UP = 200
FOREVER_MS = 3_600_000
KIB_MAX = {"an idle connection": 2, "an idle connection over TLS": 20, "a running stream": 24}


def open_idle(port: int, context: ssl.SSLContext | None) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 10)
    if context:
        connection = context.wrap_socket(connection, server_hostname="127.0.0.1")
    connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n")
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    return connection


def open_stream(port: int, key: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 10)
    body = json.dumps({"model": "gpt-4.1-mini", "stream": True, "max_tokens": 4000, "messages": [
        {"role": "user", "content": "What is a tollgate? " * 45}]}).encode()
    connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\n"
                       b"Content-Type: application/json\r\nAuthorization: Bearer %b\r\n"
                       b"Content-Length: %d\r\n\r\n%b" % (key.encode(), len(body), body))
    first_event(connection)
    return connection


def measure(server: Tollgate, connections: int, connect: Callable[[], socket.socket]) -> float:
    held = [connect() for _ in range(WARM_UP)]
    before = server.resident_bytes()
    held += [connect() for _ in range(connections)]
    each = (server.resident_bytes() - before) / connections
    for connection in held:
        connection.close()
    return each


def idle(connections: int, folder: Path | None) -> float:
    """Over TLS where there is a folder for its certificate."""
    flags: tuple[str, ...] = ()
    context = None
    if folder:
        chain, key = make_certificate(folder, "IP:127.0.0.1")
        flags = ("--tls-certificate-file", str(chain), "--tls-key-file", str(key))
        context = ssl.create_default_context(cafile=str(chain))
    with Tollgate("memory", workers=1, flags=flags) as server:
        server.tls = context
        server.init().start()
        return measure(server, connections, lambda: open_idle(server.port, context))


def streams(connections: int) -> float:
    with (running_upstream("1000", FOREVER_MS) as upstream_port,
          Tollgate("memory", workers=1) as server):
        server.init().start()
        server.add_provider("bench", f"http://127.0.0.1:{upstream_port}/v1")
        key = server.create_key()["key"]
        return measure(server, connections, lambda: open_stream(server.port, key))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=2000)
    wanted = parser.parse_args().connections
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * wanted + 2000), hard))
    with tempfile.TemporaryDirectory() as folder:
        measured = (idle(wanted, None), idle(wanted, Path(folder)), streams(wanted))
    holds = True
    for (what, most), each in zip(KIB_MAX.items(), measured, strict=True):
        holds = holds and each <= most * 1024
        print(f"{what}: {each / 1024:.1f} KiB (may: {most})")
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
