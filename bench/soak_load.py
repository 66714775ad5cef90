# SPDX-License-Identifier: Apache-2.0
"""Thousands of streams at once, each read to its last byte, and asked for again when it has ended.

Each event is looked at: whatever is none of the upstream's (sse_upstream.py), a stream whose events
are not as many as its usage says, one that ends before its [DONE], and one that is silent for too
long are errors. One thread: events are slow, streams are many.
"""
from __future__ import annotations

import collections
import dataclasses
import itertools
import json
import selectors
import socket
import time
from typing import Any

from sse_load import BODY, TIME

READ_BYTES = 65536
MESSAGES_OF_A_KIND_MAX = 3
CHUNKED = b"\r\ntransfer-encoding: chunked"


class Wrong(Exception):
    """What came is no part of a stream as it should be."""


@dataclasses.dataclass(slots=True)
class Stream:
    connection: socket.socket
    heard: float                  # when anything of the upstream's came last
    received: bytes = b""         # and not yet looked at
    head: bool = False            # has come
    text: bytes = b""             # of the chunks, up to the end of an event that has come in part
    events: int = 0
    told: int = -1                # how many the usage says there were
    done: bool = False            # [DONE] has come


class SoakLoad:
    """Opens `streams` streams, at most `per_second`, and keeps so many running."""

    def __init__(self, port: int, keys: list[str], streams: int, per_second: float,
                 silence_seconds_max: float):
        self._port, self._keys = port, itertools.cycle(keys)
        self._wanted, self._per_second = streams, per_second
        self._silence_max = silence_seconds_max
        self._selector = selectors.DefaultSelector()
        self._running: dict[socket.socket, Stream] = {}
        self._next_open = time.monotonic()
        self.asked = self.completed = self.events = self.comments = 0
        self.errors: collections.Counter[str] = collections.Counter()  # by kind
        self.messages: list[str] = []
        self.delays: list[float] = []  # of events, since somebody took them away

    @property
    def running(self) -> int:
        """How many have their head."""
        return sum(stream.head for stream in self._running.values())

    def run_until(self, deadline: float) -> None:
        while (now := time.monotonic()) < deadline:
            wait = deadline - now
            if len(self._running) < self._wanted:
                wait = min(wait, max(0.0, self._next_open - now))
            for key, _ in self._selector.select(wait):
                self._read(key.data)
            self._open_more()

    def look_for_silence(self) -> None:
        longest_ago = time.monotonic() - self._silence_max
        for stream in [one for one in self._running.values() if one.heard < longest_ago]:
            self._fail(stream, f"silent for {self._silence_max:.0f} s")

    def close(self) -> None:
        for connection in self._running:
            connection.close()
        self._running.clear()
        self._selector.close()

    # Opening.

    def _open_more(self) -> None:
        now = time.monotonic()
        while len(self._running) < self._wanted and self._next_open <= now:
            self._next_open = max(self._next_open, now - 1) + 1 / self._per_second
            try:
                connection = socket.create_connection(("127.0.0.1", self._port), 10)
            except OSError as error:
                self._note(f"connect: {error}")
                continue
            connection.setblocking(False)
            stream = Stream(connection, now)
            self._running[connection] = stream
            self._selector.register(connection, selectors.EVENT_READ, stream)
            self._ask(stream)

    def _ask(self, stream: Stream) -> None:
        self.asked += 1
        request = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   b"Content-Type: application/json\r\nAuthorization: Bearer %b\r\n"
                   b"Content-Length: %d\r\n\r\n%b" % (next(self._keys).encode(), len(BODY), BODY))
        try:
            stream.connection.sendall(request)  # its buffer is empty, and larger
        except OSError as error:
            self._fail(stream, f"request: {error}")

    def _fail(self, stream: Stream, why: str) -> None:
        """Another takes its place."""
        self._note(f"{why} (after {stream.events} events)")
        self._selector.unregister(stream.connection)
        del self._running[stream.connection]
        stream.connection.close()

    def _note(self, why: str) -> None:
        kind = why.split(":")[0]
        self.errors[kind] += 1
        if self.errors[kind] <= MESSAGES_OF_A_KIND_MAX:
            self.messages.append(why)

    # Reading.

    def _read(self, stream: Stream) -> None:
        if stream.connection not in self._running:
            return  # failed earlier in this turn
        try:
            more = stream.connection.recv(READ_BYTES)
            if not more:
                raise Wrong("closed before its end")
            stream.received += more
            self._look(stream)
        except BlockingIOError:
            return
        except (Wrong, OSError, ValueError) as error:
            self._fail(stream, str(error) or type(error).__name__)

    def _look(self, stream: Stream) -> None:
        if not stream.head:
            head, blank, rest = stream.received.partition(b"\r\n\r\n")
            if not blank:
                return
            if not head.startswith(b"HTTP/1.1 200 ") or CHUNKED not in head.lower():
                raise Wrong(f"refused: {(head[:40] + rest[:200]).decode(errors='replace')}")
            stream.head, stream.received = True, rest
        while (size_end := stream.received.find(b"\r\n")) >= 0:
            size = int(stream.received[:size_end], 16)
            end = size_end + 2 + size + 2
            if len(stream.received) < end:
                return
            if stream.received[end - 2:end] != b"\r\n":
                raise Wrong("chunk without its end")
            data, stream.received = stream.received[size_end + 2:end - 2], stream.received[end:]
            if size == 0:
                return self._end(stream)
            self._look_at_events(stream, data)

    def _look_at_events(self, stream: Stream, data: bytes) -> None:
        *events, stream.text = (stream.text + data).split(b"\n\n")
        for event in events:
            if event.startswith(b":"):
                self.comments += 1
            elif event == b"data: [DONE]":
                stream.done = True
            elif event.startswith(b"data: {") and not stream.done:
                self._look_at_event(stream, event)
            else:
                raise Wrong(f"unknown event: {event[:200]!r}")

    def _look_at_event(self, stream: Stream, event: bytes) -> None:
        stream.heard = time.monotonic()
        if sent := TIME.search(event):
            stream.events += 1
            self.events += 1
            self.delays.append(stream.heard - float(sent[1]))
            return
        data: dict[str, Any] = json.loads(event[6:])
        if data.get("object") != "chat.completion.chunk":
            raise Wrong(f"unknown event: {event[:200]!r}")
        if data.get("usage"):
            stream.told = data["usage"]["completion_tokens"]

    def _end(self, stream: Stream) -> None:
        if stream.received or stream.text or not stream.done:
            raise Wrong("ended without [DONE]")
        if stream.events != stream.told:
            raise Wrong(f"events lost: {stream.events} came, {stream.told} in the usage")
        self.completed += 1
        stream.head, stream.done, stream.events, stream.told = False, False, 0, -1
        stream.heard = time.monotonic()
        self._ask(stream)
