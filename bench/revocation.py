#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon a revoked key is dead: its streams on every worker, and the connections that wait.

    build/venv/bin/python bench/revocation.py [--streams N] [--connections N] [--workers N]
        [--rounds N]

Each round makes a key, opens N streams and N idle connections with it, deletes it through the Admin
API, and notes how long after the DELETE was sent each stream ended. Once it is answered, the very
next request on each of the connections must be refused, and another key's stream must go on. Half
of the streams are silent, so that no next word is what ends them, and half receive one every 20 ms.
Ends with 1 where a stream took 100 ms or more, or was not cut. TOLLGATE_BINARY chooses the binary
(build/bench/tollgate).
"""
from __future__ import annotations

import argparse
import dataclasses
import http.client
import json
import multiprocessing
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from test_helpers import (CREDENTIAL, Tollgate, Upstream, chat_body, exchange, first_event,
                          secret)

MAY_MS = 100
DELETE_SECONDS_MAX = 10
# Of the tests' upstream.
BEHAVIOURS = {"idle": "silent streams", "trickle": "streams with a word every 20 ms"}


def run_upstream(pipe: Any) -> None:
    """In a process of its own: its threads would disturb our clock."""
    upstream = Upstream()
    pipe.send(upstream.url)
    pipe.recv()


@dataclasses.dataclass(frozen=True)
class Options:
    streams: int = 200
    connections: int = 64
    workers: int = 4
    rounds: int = 10

    def words(self) -> str:
        return (f"{self.rounds} rounds, each with {self.streams} streams and {self.connections} "
                f"idle connections of one key over {self.workers} workers. Sent, watched and "
                f"answered on the same two cores.")


@dataclasses.dataclass
class Stream:
    connection: socket.socket
    worker: int
    behaviour: str
    received: bytes = b""
    ended_ms: float | None = None  # after the DELETE was sent


@dataclasses.dataclass
class Round:
    answered_ms: float  # the DELETE
    sending_ms: float   # ours, meanwhile: the next requests
    streams: list[Stream]
    refused: dict[int, int]  # of the idle connections of each worker


def worker_of(head: str) -> int:
    """Call ids say which worker has the connection."""
    found = re.search(r"x-request-id: call_\d+-(\d+)-", head, re.IGNORECASE)
    assert found, head
    return int(found[1])


def request(method: str, path: str, key: str, body: Any = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    return (f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            ).encode() + content


def open_stream(server: Tollgate, key: str, behaviour: str) -> Stream:
    """One whose first event has come."""
    connection = socket.create_connection(("127.0.0.1", server.port), 10)
    connection.sendall(request("POST", "/v1/chat/completions", key,
                               chat_body(behaviour, stream=True)))
    received = first_event(connection)
    return Stream(connection, worker_of(received.decode()), behaviour, received)


def open_idle(server: Tollgate, key: str) -> tuple[http.client.HTTPConnection, int]:
    """A connection that has made a call, and stays open."""
    connection = server.connect()
    answer = exchange(connection, "POST", "/v1/chat/completions", chat_body("plain"), key)
    assert answer.status == 200, answer
    return connection, worker_of(str(answer.headers))


def delete_and_watch(server: Tollgate, delete: bytes, streams: list[Stream],
                     on_answer: Callable[[], None]) -> float:
    """Notes when each stream ends; when the DELETE was answered."""
    answered_ms = None
    with selectors.DefaultSelector() as selector, \
            socket.create_connection(("127.0.0.1", server.port), 10) as control:
        for stream in streams:
            selector.register(stream.connection, selectors.EVENT_READ, stream)
        selector.register(control, selectors.EVENT_READ, None)
        began = time.monotonic()
        control.sendall(delete)
        left = len(streams) + 1
        while left and time.monotonic() - began < DELETE_SECONDS_MAX:
            for ready, _ in selector.select(0.1):
                now_ms = (time.monotonic() - began) * 1e3
                stream = ready.data
                if stream is None:
                    answer = control.recv(65536)
                    assert answer.startswith(b"HTTP/1.1 200"), answer
                    answered_ms = now_ms
                    on_answer()
                elif not read_some(stream):
                    stream.ended_ms = now_ms
                else:
                    continue
                selector.unregister(ready.fileobj)
                left -= 1
    assert answered_ms is not None
    return answered_ms


def read_some(stream: Stream) -> bool:
    try:
        more = stream.connection.recv(65536)
    except ConnectionError:
        return False
    stream.received += more
    return bool(more)


def run_round(server: Tollgate, admin: str, spared: Stream, options: Options) -> Round:
    key = server.operate("create_key", name="to be revoked")
    value = secret(key["value"])
    opened = [open_stream(server, value, "idle" if number % 2 else "trickle")
              for number in range(options.streams)]
    waiting = [open_idle(server, value) for _ in range(options.connections)]
    path = f"/v1/organization/projects/{key['project_id']}/api_keys/{key['id']}"

    # Made before: what our own clock waits for must not be counted.
    again = request("POST", "/v1/chat/completions", value, chat_body("plain"))
    on_answer_ms: list[float] = []

    def call_again() -> None:
        began = time.monotonic()
        for connection, _ in waiting:
            connection.sock.sendall(again)
        on_answer_ms.append((time.monotonic() - began) * 1e3)

    answered_ms = delete_and_watch(server, request("DELETE", path, admin), opened, call_again)
    refused: dict[int, int] = {}
    for connection, worker in waiting:
        answer = http.client.HTTPResponse(connection.sock, method="POST")
        answer.begin()
        assert answer.status == 401 and b"invalid_api_key" in answer.read()
        refused[worker] = refused.get(worker, 0) + 1
        connection.close()
    for stream in opened:
        assert b"[DONE]" not in stream.received
        stream.connection.close()
    assert read_some(spared), "another key's stream was cut"
    return Round(answered_ms, on_answer_ms[0], opened, refused)


def row(what: str, times: list[float], refused: int | str = "") -> str:
    return f"| {what} | {len(times)} | {median(times):.1f} | {max(times):.1f} | {refused} |"


def table(rounds: list[Round], workers: int) -> tuple[bool, str]:
    streams = [stream for each in rounds for stream in each.streams]
    ended = [stream for stream in streams if stream.ended_ms is not None]
    holds = len(ended) == len(streams) and all(each.ended_ms < MAY_MS for each in ended)
    lines = ["| ms from the DELETE's first byte to a stream's end | number | median | longest | "
             "idle connections, refused at once |", "|---|---|---|---|---|"]
    for worker in range(workers):
        own = [stream.ended_ms for stream in ended if stream.worker == worker]
        refused = sum(each.refused.get(worker, 0) for each in rounds)
        if own:
            lines.append(row(f"worker {worker}", own, refused))
    for behaviour, what in BEHAVIOURS.items():
        own = [stream.ended_ms for stream in ended if stream.behaviour == behaviour]
        lines.append(row(what, own))
    everyone = sum(sum(each.refused.values()) for each in rounds)
    lines.append(row("all", [each.ended_ms for each in ended], everyone))
    lines.append(row("the DELETE's own answer", [each.answered_ms for each in rounds]))
    lines.append(row("from this answer to a round's last stream", [
        max(stream.ended_ms or 0 for stream in each.streams) - each.answered_ms
        for each in rounds]))
    lines.append(row("our own sending of the next requests, in which nobody watches",
                     [each.sending_ms for each in rounds]))
    if len(ended) < len(streams):
        lines.append(f"\n**{len(streams) - len(ended)} streams were not cut.**")
    return holds, "\n".join(lines)


def report(options: Options) -> tuple[bool, str]:
    ours, theirs = multiprocessing.Pipe()
    upstream = multiprocessing.Process(target=run_upstream, args=(theirs,), daemon=True)
    upstream.start()
    try:
        with Tollgate("revocation", workers=options.workers) as server:
            server.init()
            server.start()
            server.add_provider("upstream", ours.recv(), CREDENTIAL)
            admin = server.create_key("admin", "admin")["key"]
            spared = open_stream(server, server.create_key("other")["key"], "trickle")
            measured = [run_round(server, admin, spared, options) for _ in range(options.rounds)]
            spared.connection.close()
            assert server.stop() == 0
            return table(measured, options.workers)
    finally:
        upstream.kill()
        upstream.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in dataclasses.fields(Options):
        parser.add_argument(f"--{option.name}", type=int, default=option.default)
    arguments = parser.parse_args()
    holds, text = report(Options(**vars(arguments)))
    print(text)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
