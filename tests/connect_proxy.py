# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy that knows CONNECT and nothing else."""
from __future__ import annotations

import base64
import re
import socket
import threading

from local_servers import LocalSocket


class ConnectProxy(LocalSocket):
    """Resolves every name to this machine; `says` is its answer where it makes no connection."""

    def __init__(self, credentials: str = "", says: bytes = b"") -> None:
        self.expected = base64.b64encode(credentials.encode()).decode() if credentials else ""
        self.says = says
        self.silent = False
        self.lock = threading.Lock()
        self.asked: list[str] = []  # "host:port" of each CONNECT
        super().__init__()

    def __enter__(self) -> ConnectProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := connection.recv(65536)):
                    return
                head += piece
            target = re.match(rb"CONNECT (\S+):(\d+) HTTP/1.1\r\n", head)
            assert target, head
            with self.lock:
                self.asked.append(f"{target[1].decode()}:{target[2].decode()}")
            if self.silent:
                connection.recv(1)  # until the client gives up
                return
            given = re.search(rb"Proxy-Authorization: Basic (\S+)\r\n", head)
            if self.expected and (not given or given[1].decode() != self.expected):
                connection.sendall(b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\n\r\n")
                return
            if self.says:
                connection.sendall(self.says)
                return
            with socket.create_connection(("127.0.0.1", int(target[2]))) as upstream:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: a proxy\r\n\r\n")
                back = threading.Thread(target=pour, args=(upstream, connection), daemon=True)
                back.start()
                pour(connection, upstream)
                back.join()


def pour(source: socket.socket, into: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            into.sendall(piece)
        into.shutdown(socket.SHUT_WR)
    except OSError:
        pass
