# SPDX-License-Identifier: Apache-2.0
"""Providers for tests: aimock, a third party's server of the protocol, and one that misbehaves.

The misbehaving one is told by the prompt what to do (see `Upstream`), so that one server and one
provider serve a whole file of tests.
"""
from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from typing import Any

from local_servers import LocalHttp, QuietHandler
from tollgate import NODE, ROOT, new_folder, secret, wait_for

CREDENTIAL = secret("sk-upstream-3b9f0c7de5a1488fb62d")
FIXTURES = ROOT / "tests/aimock.json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Aimock:
    """npm @copilotkit/aimock with tests/aimock.json; refuses any credential but CREDENTIAL."""

    def __init__(self) -> None:
        self.port = free_port()
        self.log = new_folder("aimock") / "aimock.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(NODE), str(NODE.parent / "llmock"), "--port", str(self.port),
                 "--fixtures", str(FIXTURES), "--validate-on-load", "--journal-max", "0"],
                stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, "AIMOCK_API_KEYS": CREDENTIAL})
        wait_for(self._listens, 20, "aimock")

    def _listens(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(self.log.read_text())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


USAGE = {"prompt_tokens": 12, "completion_tokens": 1000, "total_tokens": 1012}


class Upstream(LocalHttp):
    """A provider of chat completions that does what the prompt's first word says.

    plain       a whole answer with USAGE                      (also for any other word)
    no-usage    a whole answer without usage
    error-500, error-429, error-400   that status, in OpenAI's form
    garbage     bytes that are not HTTP
    not-json    200 with a body that is not JSON
    disconnect  closes the connection before its answer
    truncated   announces more bytes than it sends, then closes
    hold        answers when `release` is set
    trickle     a stream of a word every 20 ms, for ever
    idle        a stream that sends one word and then nothing
    cut         a stream that breaks off after three words, without its last chunk
    """

    models = ["gpt-4.1-mini", "gpt-4.1", "gpt-4o-mini"]

    def __init__(self, models: list[str] | None = None) -> None:
        self.models = models or self.models
        self.lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.open_streams = 0
        self.release = threading.Event()
        self.stopped = threading.Event()

        super().__init__(_Handler)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Requests for a model, in the order of their arrival."""
        with self.lock:
            return [request for request in self.requests if request["method"] == "POST"]

    def call_ids(self) -> list[str]:
        """The gateway's ids of the calls that arrived here."""
        return [request["call_id"] for request in self.calls]

    def stop(self) -> None:
        self.stopped.set()
        self.release.set()
        super().stop()


class _Handler(QuietHandler):
    owner: Upstream

    def _record(self, body: bytes) -> None:
        call_ids = self.headers.get_all("X-Tollgate-Call-Id") or []
        with self.owner.lock:
            self.owner.requests.append({
                "method": self.command, "path": self.path, "headers": dict(self.headers.items()),
                "body": body, "call_id": ", ".join(call_ids)})

    def do_GET(self) -> None:
        self._record(b"")
        models = [{"id": name, "object": "model", "created": 1, "owned_by": "upstream"}
                  for name in self.owner.models]
        self._json(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._record(body)
        try:
            request = json.loads(body)
            prompt = request["messages"][-1]["content"]
        except (ValueError, KeyError, IndexError, TypeError):
            self._json(200, {"object": "list", "data": [], "usage": USAGE})
            return
        behaviour = prompt.split()[0] if prompt else ""
        act = getattr(self, "_" + behaviour.replace("-", "_"), None)
        try:
            if act is not None and behaviour not in ("json", "record"):
                act(request)
            elif request.get("stream"):
                self._stream(request)
            else:
                self._plain(request)
        except OSError:
            self.close_connection = True

    # Whole answers.

    def _json(self, status: int, value: Any, headers: dict[str, str] = {}) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, request: dict[str, Any], usage: dict[str, int] | None) -> None:
        choice = {"index": 0, "finish_reason": "stop",
                  "message": {"role": "assistant", "content": "an answer"}}
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1,
                  "model": request.get("model"), "choices": [choice]}
        self._json(200, {**answer, "usage": usage} if usage else answer)

    def _plain(self, request: dict[str, Any]) -> None:
        self._answer(request, USAGE)

    def _no_usage(self, request: dict[str, Any]) -> None:
        if request.get("stream"):
            self._words(request, ["some ", "words ", "came"], usage=False)
        else:
            self._answer(request, None)

    def _hold(self, request: dict[str, Any]) -> None:
        self.owner.release.wait()
        self._answer(request, USAGE)

    def _error(self, status: int, kind: str) -> None:
        self._json(status, {"error": {"message": f"The upstream says {status}.", "type": kind,
                                      "param": None, "code": None}})

    def _error_500(self, _: Any) -> None:
        self._error(500, "server_error")

    def _error_429(self, _: Any) -> None:
        self._json(429, {"error": {"message": "Slow down.", "type": "requests", "param": None,
                                   "code": "rate_limit_exceeded"}}, {"Retry-After": "7"})

    def _error_400(self, _: Any) -> None:
        self._error(400, "invalid_request_error")

    # Broken ones.

    def _garbage(self, _: Any) -> None:
        self.wfile.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        self._drop()

    def _not_json(self, _: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b"<html>oh</html>")

    def _disconnect(self, _: Any) -> None:
        self._drop()

    def _truncated(self, _: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(b'{"id":"chatcmpl-1","choices":[')
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        self.wfile.flush()

    # Streams.

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _event(self, value: Any) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        data = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _delta(self, request: dict[str, Any], text: str, finish: str | None = None) -> None:
        delta = {"content": text} if text else {}
        self._event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
                     "model": request.get("model"),
                     "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def _words(self, request: dict[str, Any], words: list[str], usage: bool = True) -> None:
        self._begin_stream()
        for word in words:
            self._delta(request, word)
        self._delta(request, "", "stop")
        if usage and (request.get("stream_options") or {}).get("include_usage"):
            self._event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
                         "model": request.get("model"), "choices": [], "usage": USAGE})
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _stream(self, request: dict[str, Any]) -> None:
        self._words(request, ["one ", "two ", "three"])

    def _cut(self, request: dict[str, Any]) -> None:
        self._begin_stream()
        for word in ["one ", "two ", "three"]:
            self._delta(request, word)
        self._drop()

    def _open(self, step: int) -> None:
        with self.owner.lock:
            self.owner.open_streams += step

    def _trickle(self, request: dict[str, Any]) -> None:
        self._begin_stream()
        self._open(+1)
        try:
            while not self.owner.stopped.wait(0.02):
                self._delta(request, "word ")
        finally:
            self._open(-1)

    def _idle(self, request: dict[str, Any]) -> None:
        self._begin_stream()
        self._open(+1)
        try:
            self._delta(request, "word ")
            # Nothing more is written; the gateway's end of the connection is what ends it.
            self.connection.settimeout(60)
            self.connection.recv(1)
        finally:
            self._open(-1)
            self.close_connection = True
