#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An upstream whose answers are streams: each event is sent by itself, at its time, and says when.

    bench/sse_upstream.py EVENTS PAUSE_MS

EVENTS of each stream, or LEAST-MOST: so many as chance says, which its usage tells. Prints its
port. What nginx can be told to answer comes at once; nothing is learned from that about a proxy
that has to pass on each event as it comes. Who asks for no stream gets nginx's answer.
"""
from __future__ import annotations

import contextlib
import heapq
import itertools
import json
import random
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from measure import pinned
from peer_nginx import MODELS, chat_answer

HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n")
STREAM = re.compile(rb'"stream"\s*:\s*true')
WORD = " tollgate"


def whole(text: str) -> bytes:
    return (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(text.encode()), text.encode()))


WHOLE_MODELS, WHOLE_CHAT = whole(json.dumps(MODELS)), whole(chat_answer())


def event(data: object) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return f"data: {text}\n\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def completion_chunk(choices: list[dict[str, object]], **more: object) -> dict[str, object]:
    return {"id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion.chunk",
            "created": 1744316600, "model": "gpt-4.1-mini-2025-04-14",
            "service_tier": "default", "system_fingerprint": "fp_38343a2f8f",
            "choices": choices, **more}


def word_event() -> bytes:
    """One token's, with the time at which it left."""
    delta = {"content": f"{WORD} {time.monotonic():.6f}"}
    return event(completion_chunk([{"index": 0, "delta": delta, "logprobs": None,
                                    "finish_reason": None}]))


def last_events(events: int) -> bytes:
    usage = {"prompt_tokens": 230, "completion_tokens": events, "total_tokens": 230 + events}
    stop = completion_chunk([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}])
    return b"".join(chunk(one) for one in (
        event(stop), event(completion_chunk([], usage=usage)), event("[DONE]"))) + b"0\r\n\r\n"


class SseUpstream:
    def __init__(self, events_least: int, events_most: int, pause_ms: float):
        self._events, self._pause = (events_least, events_most), pause_ms / 1000
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, socket.socket, int, int]] = []
        self._order = itertools.count()
        self._heads: dict[socket.socket, bytes] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        while True:
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(wait):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(key.fileobj)  # type: ignore[arg-type]
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                self._send_next(*heapq.heappop(self._due))

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heads[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: socket.socket) -> None:
        try:
            more = connection.recv(65536)
        except OSError:
            more = b""
        if not more:
            self._selector.unregister(connection)
            del self._heads[connection]
            return connection.close()
        request = self._heads[connection] + more
        head, blank, body = request.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)
        if not blank or len(body) < length:
            self._heads[connection] = request
            return None
        self._heads[connection] = b""
        if head.startswith(b"GET "):
            connection.sendall(WHOLE_MODELS)
            return None
        if not STREAM.search(body):
            connection.sendall(WHOLE_CHAT)
            return None
        connection.sendall(HEAD)
        return self._plan(time.monotonic(), connection, 0, random.randint(*self._events))

    def _plan(self, at: float, connection: socket.socket, sent: int, events: int) -> None:
        heapq.heappush(self._due, (at, next(self._order), connection, sent, events))

    def _send_next(self, at: float, _: int, connection: socket.socket, sent: int,
                   events: int) -> None:
        try:
            connection.sendall(chunk(word_event()) if sent < events else last_events(events))
        except OSError:
            return  # it is read, and closed, in the next turn
        if sent < events:
            self._plan(at + self._pause, connection, sent + 1, events)


@contextlib.contextmanager
def running_upstream(events: str, pause_ms: float, core: int | None = None) -> Iterator[int]:
    """This program as a process; its port."""
    command = [sys.executable, __file__, events, str(pause_ms)]
    process = subprocess.Popen(command if core is None else pinned(core, *command),
                               stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    least, _, most = sys.argv[1].partition("-")
    upstream = SseUpstream(int(least), int(most or least), float(sys.argv[2]))
    print(upstream.port, flush=True)
    upstream.run()
