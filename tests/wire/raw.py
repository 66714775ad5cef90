# SPDX-License-Identifier: Apache-2.0
"""Both ends of the wire by hand: a client that sends bytes, and an upstream that answers bytes."""
from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local_servers import LocalSocket
from tollgate import Tollgate
from upstreams import CREDENTIAL

BODY = b'{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"plain"}]}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
CANARY = b"GET /v1/canary HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
ANSWER = (b'{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4.1-mini",'
          b'"choices":[{"index":0,"finish_reason":"stop","logprobs":null,"message":'
          b'{"role":"assistant","content":"whole","refusal":null}}],'
          b'"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}')
PATIENCE_S = 10


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)])]


def splits(data: bytes) -> list[list[int]]:
    """In one write, in two at each side of the middle, and byte by byte where that is quick."""
    middle = len(data) // 2
    return [[], [middle], [middle + 1]] + ([list(range(1, len(data)))] if len(data) < 2000 else [])


def connect(server: Tollgate) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def statuses_of(received: bytes) -> list[int]:
    # A body may end without a line break: the next status line then follows it at once.
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


def answers(server: Tollgate, data: bytes, cuts: list[int] = []) -> list[int]:
    """The statuses that come back until the server closes."""
    with connect(server) as connection:
        try:
            for piece in pieces_of(data, cuts):
                connection.sendall(piece)
        except ConnectionError:
            pass  # refused before all was sent
        return statuses_of(read_to_end(connection))


def plain_answer(body: bytes = ANSWER, more: bytes = b"") -> bytes:
    return (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + more +
            b"Content-Length: %d\r\n\r\n" % len(body) + body)


@dataclass
class Script:
    """What the raw upstream does with a request once it has read it."""
    answer: bytes = b""
    cuts: list[int] = field(default_factory=list)
    act: Callable[[socket.socket], None] | None = None  # what else it does on the connection
    then_close: bool = False  # else it waits for the next request on the same connection


def chat_script(model: str, text: str, usage: dict[str, Any] | None = None) -> Script:
    """A whole chat answer of this model's, with what it says it used."""
    body: dict[str, Any] = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None,
                     "message": {"role": "assistant", "content": text}}]}
    if usage is not None:
        body["usage"] = usage
    return Script(plain_answer(json.dumps(body).encode()))


def tokens(prompt: int, output: int) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}


class RawUpstream(LocalSocket):
    """Reads requests as a plain server would, and answers what `scripts` says, one each; afterwards
    plain_answer()."""

    def __init__(self, models: list[str] = ["gpt-4.1-mini"]) -> None:
        listed = [{"id": model, "object": "model"} for model in models]
        self.models = json.dumps({"object": "list", "data": listed}).encode()
        self.lock = threading.Lock()
        self.scripts: list[Script] = []
        self.requests: list[bytes] = []
        self.early = b""  # answered once, as soon as a large request's head is there
        self.connections = 0
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def accepted(self, connection: socket.socket) -> None:
        with self.lock:
            self.connections += 1
        super().accepted(connection)

    def serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            try:
                while request := read_request(connection, self.take_early):
                    with self.lock:
                        models = request.startswith(b"GET ")
                        script = Script(plain_answer(self.models))
                        if not models:
                            self.requests.append(request)
                            script = self.scripts.pop(0) if self.scripts else Script(plain_answer())
                    for piece in pieces_of(script.answer, script.cuts):
                        connection.sendall(piece)
                    if script.act:
                        script.act(connection)
                    if script.then_close:
                        return
            except OSError:
                return  # the gateway dropped it

    def take_early(self) -> bytes:
        early, self.early = self.early, b""
        return early


@contextlib.contextmanager
def gateway_of(name: str, upstream: RawUpstream, flags: tuple[str, ...] = ()
               ) -> Iterator[Tollgate]:
    """One worker in front of the raw upstream; its books must agree at the end."""
    with Tollgate(name, workers=1, flags=flags) as server:
        server.init().start()
        server.add_provider("raw", upstream.url, CREDENTIAL)
        yield server
        server.verify()


def read_request(connection: socket.socket, take_early: Callable[[], bytes]) -> bytes:
    """One request with a Content-Length; empty where the peer has closed, or was refused early."""
    received = bytearray()
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    missing = (int(length[1]) if length else 0) - len(body)
    if missing > 1_000_000 and (early := take_early()):
        connection.sendall(early)
        connection.shutdown(socket.SHUT_WR)
        return b""
    while missing > 0:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
        missing -= len(piece)
    return bytes(received)
