# SPDX-License-Identifier: Apache-2.0
"""TLS to upstreams: verified against the system's roots or a given bundle, never turned off."""
from __future__ import annotations

import http.server
import json
import pathlib
import ssl
import threading
from collections.abc import Iterator

import pytest

from certificates import make_certificate
from tollgate import Tollgate, chat_body, new_folder

ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4.1-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None,
                 "message": {"role": "assistant", "content": "over TLS", "refusal": None}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def serve(certificate: pathlib.Path, key: pathlib.Path) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(params=["IP:127.0.0.1", "DNS:elsewhere.example"])
def upstream(request: pytest.FixtureRequest) -> Iterator[tuple[str, pathlib.Path, int]]:
    certificate, key = make_certificate(new_folder("tls-upstream"), request.param)
    server = serve(certificate, key)
    yield request.param, certificate, server.server_address[1]
    server.shutdown()


def call(flags: tuple[str, ...], port: int) -> tuple[int, dict]:
    with Tollgate("tls", flags=flags).init() as tollgate:
        key = tollgate.create_key()["key"]
        tollgate.add_provider("tls", f"https://127.0.0.1:{port}/v1", "sk-upstream-tls-credential")
        tollgate.start()
        answer = tollgate.post("/v1/chat/completions", chat_body("hello", "gpt-4.1-mini"), key)
        return answer.status, answer.json


def test_upstream_is_verified(upstream: tuple[str, pathlib.Path, int]) -> None:
    names, certificate, port = upstream
    status, body = call((), port)
    assert status == 502 and body["error"]["code"], "an unknown certificate was trusted"
    status, body = call(("--upstream-ca-file", str(certificate)), port)
    if names.startswith("IP"):
        assert (status, body["choices"][0]["message"]["content"]) == (200, "over TLS")
    else:
        assert status == 502, "a certificate for another host was trusted"
