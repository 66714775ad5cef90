# SPDX-License-Identifier: Apache-2.0
"""An upstream that serves to the token what each prompt orders, and notes what it truly served.

A process of its own, so that it does not compete with its clients for one interpreter; one serves
many runs. The last message of a chat completion is the order, in JSON; every member is optional:

    out    tokens to write, or "all" that the request (else the model) allows; never more (8)
    in     prompt tokens to report (10)
    step   tokens in each event of a stream (64)
    pause  milliseconds between two events (0)
    wait   milliseconds before the answer (0)
    gate   the name of a gate that a test opens; the answer waits there
    at     where: "begin", "usage" (everything is told but that), or after so many tokens ("begin")
    fail   the status to refuse with
    cut    break off after so many tokens
    mute   say nothing more after so many tokens, and keep the connection
    usage  "none", or the object to report whatever was served
    lie    report so many times the tokens that were asked for (or written, if nothing was asked)
    each   true: the usage so far stands in every event
    wide   true: a token has four bytes and not one

A token has at least one byte, and here exactly one or four: bounds that count bytes are exact.
"""
from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from exact_prices import MODELS, UNPRICED, price

# While this much waits to be read by the gateway nothing more is written.
WRITE_BUFFER_BYTES = 256 << 10
OUTPUT_NAMES = ("max_completion_tokens", "max_tokens")


@dataclass
class Record:
    """One call as it was here. `end`: open, whole, error, cut, mute or gone (the gateway left)."""
    call_id: str
    prompt: str
    model: str
    stream: bool
    asked: dict[str, int]  # what the body allowed, under the names it used
    body_bytes: int
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    end: str = "open"
    status: int = 0
    tokens: int = 0  # written
    bytes: int = 0
    reported: dict[str, Any] | None = None  # usage, as it was written


class Gone(Exception):
    """The gateway closed the connection."""


class Upstream:
    def __init__(self) -> None:
        self.records: list[Record] = []
        self.gates: dict[str, asyncio.Event] = {}

    def gate(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    def control(self, method: str, path: str) -> Any:
        """What tests ask: records from a number on, how many there are, a gate to be opened."""
        _, what, *arguments = path.strip("/").split("/")
        if what == "count":
            return len(self.records)
        if what == "records":
            return [asdict(record) for record in self.records[int(arguments[0]):]]
        if what == "open" and method == "POST":
            self.gate(arguments[0]).set()
        return None


class Connection(asyncio.Protocol):
    """One request after the other; a head is small and a body has a Content-Length."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.received = b""
        self.answering: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(WRITE_BUFFER_BYTES)

    def connection_lost(self, _: Exception | None) -> None:
        self.lost.set()
        self.writable.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.take_request()

    def take_request(self) -> None:
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator or self.answering is not None:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in
                  (line.partition(":") for line in lines)}
        length = int(fields.get("content-length", 0))
        if len(rest) < length:
            return
        self.received = rest[length:]
        method, path, _ = first.split(" ")
        self.answering = asyncio.create_task(
            self.answer(method, path, fields.get("x-tollgate-call-id", ""), rest[:length]))

    async def answer(self, method: str, path: str, call_id: str, body: bytes) -> None:
        try:
            if path.startswith("/exact/"):
                self.whole(200, self.upstream.control(method, path))
            elif method == "GET":
                self.whole(200, {"object": "list", "data": [
                    {"id": name, "object": "model", "created": 1, "owned_by": "exact"}
                    for name in MODELS]})
            else:
                await Answer(self, call_id, body).run()
        finally:
            self.answering = None
        self.take_request()

    def whole(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.transport.write(b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (status, len(body), body))


class Answer:
    def __init__(self, connection: Connection, call_id: str, body: bytes) -> None:
        self.connection = connection
        request = json.loads(body)
        self.order = json.loads(request["messages"][-1]["content"])
        self.usage_wanted = bool((request.get("stream_options") or {}).get("include_usage"))
        self.record = Record(
            call_id, request["messages"][-1]["content"], request["model"],
            bool(request.get("stream")),
            {name: request[name] for name in OUTPUT_NAMES if request.get(name) is not None},
            len(body))
        connection.upstream.records.append(self.record)
        allowed = min(self.record.asked.values(), default=limit_of(self.record.model))
        wanted = self.order.get("out", 8)
        self.tokens = allowed if wanted == "all" else min(allowed, wanted)
        self.finish = "stop" if wanted != "all" and wanted <= allowed else "length"
        self.letter = "\\ud83d\\ude00" if self.order.get("wide") else "x"
        self.token_bytes = 4 if self.order.get("wide") else 1

    async def run(self) -> None:
        record = self.record
        try:
            await self.sleep(self.order.get("wait", 0))
            await self.pass_gate("begin")
            if status := self.order.get("fail"):
                record.status, record.end = status, "error"
                self.connection.whole(status, {"error": {
                    "message": f"The order says {status}.", "type": "server_error",
                    "param": None, "code": None}})
            else:
                record.status = 200
                record.end = await (self.stream() if record.stream else self.plain())
        except Gone:
            record.end = "gone"
        record.ended = time.monotonic()

    # The answer's parts.

    async def plain(self) -> str:
        await self.pass_gate("usage")
        usage = self.usage(self.tokens)
        cut = self.order.get("cut", self.order.get("mute"))
        tokens = self.tokens if cut is None else min(cut, self.tokens)
        head = (f'{{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":'
                f'{json.dumps(self.record.model)},"choices":[{{"index":0,"finish_reason":'
                f'"{self.finish}","message":{{"role":"assistant","content":"')
        tail = '"}}]' + (f',"usage":{json.dumps(usage)}' if usage is not None else "") + "}"
        length = len(head) + self.tokens * len(self.letter) + len(tail)
        self.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}"
                   f"\r\n\r\n{head}{self.letter * tokens}")
        self.served(tokens)
        if cut is not None:
            return await self.break_off()
        self.write(tail)
        self.record.reported = usage
        return "whole"

    async def stream(self) -> str:
        self.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n")
        cut = self.order.get("cut", self.order.get("mute"))
        gate = self.order.get("at", "begin")
        while self.record.tokens < self.tokens:
            stops = [self.record.tokens + self.order.get("step", 64), self.tokens]
            stops += [stop for stop in (cut, gate) if isinstance(stop, int)
                      and stop > self.record.tokens]
            step = min(stops) - self.record.tokens
            self.delta(f'{{"content":"{self.letter * step}"}}', "null", self.record.tokens + step)
            self.served(step)
            await self.connection.writable.wait()
            await self.pass_gate(self.record.tokens)
            if cut is not None and self.record.tokens >= cut:
                return await self.break_off()
            await self.sleep(self.order.get("pause", 0))
        self.delta("{}", f'"{self.finish}"', self.tokens)
        await self.pass_gate("usage")
        usage = self.usage(self.tokens)
        if usage is not None and self.usage_wanted:
            self.event(f'{self.chunk_head()},"choices":[],"usage":{json.dumps(usage)}}}')
            self.record.reported = usage
        self.event("[DONE]")
        self.write("0\r\n\r\n")
        return "whole"

    def chunk_head(self) -> str:
        return ('{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":'
                f'{json.dumps(self.record.model)}')

    def delta(self, delta: str, finish: str, tokens: int) -> None:
        usage = ""
        if self.order.get("each"):
            self.record.reported = self.usage(tokens)
            usage = f',"usage":{json.dumps(self.record.reported)}'
        self.event(f'{self.chunk_head()},"choices":[{{"index":0,"delta":{delta},'
                   f'"finish_reason":{finish}}}]{usage}}}')

    def event(self, data: str) -> None:
        text = f"data: {data}\n\n"
        self.write(f"{len(text):x}\r\n{text}\r\n")

    def usage(self, tokens: int) -> dict[str, Any] | None:
        ordered = self.order.get("usage")
        if ordered is not None:
            return ordered if isinstance(ordered, dict) else None
        if factor := self.order.get("lie"):
            tokens = int(factor * min(self.record.asked.values(), default=tokens))
        prompt = self.order.get("in", 10)
        return {"prompt_tokens": prompt, "completion_tokens": tokens,
                "total_tokens": prompt + tokens}

    # Writing and waiting.

    def write(self, text: str) -> None:
        if self.connection.transport.is_closing():
            raise Gone
        self.connection.transport.write(text.encode())

    def served(self, tokens: int) -> None:
        self.record.tokens += tokens
        self.record.bytes += tokens * self.token_bytes

    async def sleep(self, milliseconds: int) -> None:
        if milliseconds:
            await asyncio.sleep(milliseconds / 1000)
        if self.connection.lost.is_set():
            raise Gone

    async def pass_gate(self, place: str | int) -> None:
        name = self.order.get("gate")
        if name is None or place != self.order.get("at", "begin"):
            return
        waits = [asyncio.create_task(event.wait()) for event in
                 (self.connection.upstream.gate(name), self.connection.lost)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self.connection.lost.is_set():
            raise Gone

    async def break_off(self) -> str:
        if "mute" in self.order:
            await self.connection.lost.wait()
            return "mute"
        self.connection.transport.close()
        return "cut"


def limit_of(model: str) -> int:
    return 1000 if model == UNPRICED else price(model).output_tokens_max


async def serve() -> None:
    upstream = Upstream()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(upstream), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    # The test that started this process holds the other end, and may itself be killed.
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
