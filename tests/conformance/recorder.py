# SPDX-License-Identifier: Apache-2.0
"""A proxy between the SDKs and the server, which hands everything on unchanged and notes it.

Standing outside of the SDKs, it sees what really went over the wire, of both alike.
"""
from __future__ import annotations

import http.client
import json
import threading
import urllib.parse
from dataclasses import dataclass
from typing import Any

from conformance.operations import Operation, operation_of
from local_servers import LocalHttp, QuietHandler

# Of one hop only (RFC 9110, 7.6.1).
_HOP = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Call:
    operation: Operation | None
    sdk: str  # "python", "node", or "" for a hand-made request
    method: str
    target: str
    status: int
    headers: dict[str, str]  # by lower-case names
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Recorder(LocalHttp):
    def __init__(self, server_url: str) -> None:
        address = urllib.parse.urlsplit(server_url)
        assert address.hostname and address.scheme == "http", server_url
        self.address = (address.hostname, address.port or 80)
        self.lock = threading.Lock()
        self.calls: list[Call] = []
        super().__init__(_Handler)


class _Handler(QuietHandler):
    owner: Recorder
    upstream: http.client.HTTPConnection | None = None

    def finish(self) -> None:
        if self.upstream is not None:
            self.upstream.close()
        super().finish()

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.upstream is None:
            self.upstream = http.client.HTTPConnection(*self.owner.address, timeout=20)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        self.upstream.request(self.command, self.path, body or None, headers)
        response = self.upstream.getresponse()
        answer = response.read()
        # Noted before the caller has it, so that what a caller has seen is in the list.
        self.note(response, answer)
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_any

    def note(self, response: http.client.HTTPResponse, answer: bytes) -> None:
        path = self.path.partition("?")[0]
        sdk = {"python": "python", "js": "node"}.get(self.headers.get("X-Stainless-Lang", ""), "")
        headers = {name.lower(): value for name, value in response.getheaders()}
        call = Call(operation_of(self.command, path), sdk, self.command, self.path,
                    response.status, headers, answer)
        with self.owner.lock:
            self.owner.calls.append(call)
