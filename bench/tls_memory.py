#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Resident memory of an idle connection, plain and over TLS: 2,000 of them on one worker.

The first 200 warm up the allocator and are not counted; each connection has had one answer, as a
kept one has.
"""
from __future__ import annotations

import argparse
import resource
import socket
import ssl
import sys
import tempfile
from pathlib import Path

from test_helpers import Tollgate, make_certificate

WARM_UP = 200
TLS_BYTES_MAX = 20 << 10


def open_idle(port: int, context: ssl.SSLContext | None) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 10)
    if context:
        connection = context.wrap_socket(connection, server_hostname="127.0.0.1")
    connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n")
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    return connection


def measure(connections: int, folder: Path | None) -> float:
    """Over TLS where there is a folder for its certificate."""
    flags: tuple[str, ...] = ()
    context = None
    if folder:
        chain, key = make_certificate(folder, "IP:127.0.0.1")
        flags = ("--tls-certificate-file", str(chain), "--tls-key-file", str(key))
        context = ssl.create_default_context(cafile=str(chain))
    with Tollgate("tls-memory", workers=1, flags=flags) as server:
        server.tls = context
        server.init().start()
        held = [open_idle(server.port, context) for _ in range(WARM_UP)]
        before = server.resident_bytes()
        held += [open_idle(server.port, context) for _ in range(connections)]
        each = (server.resident_bytes() - before) / connections
        for connection in held:
            connection.close()
    return each


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=2000)
    wanted = parser.parse_args().connections
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * wanted + 1000), hard))
    plain = measure(wanted, None)
    with tempfile.TemporaryDirectory() as folder:
        over_tls = measure(wanted, Path(folder))
    print(f"an idle connection: {plain / 1024:.1f} KiB; over TLS: {over_tls / 1024:.1f} KiB "
          f"(may: {TLS_BYTES_MAX >> 10})")
    return int(over_tls > TLS_BYTES_MAX)


if __name__ == "__main__":
    sys.exit(main())
