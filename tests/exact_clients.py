# SPDX-License-Identifier: Apache-2.0
"""Many clients at once, and the other end of exact_upstream.py.

Each client keeps its connection as SDKs do, and leaves it in the middle of a call where its plan
says so. All of them live in one event loop; what they saw is compared with the upstream's records
and the server's ledger afterwards.
"""
from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tollgate import ROOT, Tollgate, wait_for

# Nothing that these tests order takes as long; a call that does has been forgotten by the server.
CALL_SECONDS_MAX = 30.0
# Names that no other test opens, all of one length: bodies of one length have one bound.
gates = (f"g{number:04}" for number in itertools.count(1))


@dataclass(frozen=True)
class Plan:
    body: bytes
    # Leave so many seconds after the request, after so many bytes of the answer's body, or once
    # that holds this text.
    leave_after_s: float | None = None
    leave_after_bytes: int | None = None
    leave_at: bytes | None = None


def plan(model: str, order: dict[str, Any], max_tokens: int | None = None, stream: bool = False,
         leave_after_s: float | None = None, leave_after_bytes: int | None = None,
         leave_at: bytes | None = None, **fields: Any) -> Plan:
    body: dict[str, Any] = {"model": model, "messages": [
        {"role": "user", "content": json.dumps(order, separators=(",", ":"))}], **fields}
    if max_tokens is not None:
        body["max_tokens"] = max_tokens
    if stream:
        body["stream"] = True
    return Plan(json.dumps(body, separators=(",", ":")).encode(), leave_after_s,
                leave_after_bytes, leave_at)


@dataclass
class Seen:
    """A call as its client saw it. Status 0: the connection ended before an answer began."""
    plan: Plan
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    left: bool = False
    whole: bool = False

    def is_enough(self) -> bool:
        """For a client that leaves."""
        most, text = self.plan.leave_after_bytes, self.plan.leave_at
        return (most is not None and len(self.body) >= most) or \
            (text is not None and text in self.body)

    @property
    def call_id(self) -> str:
        return self.headers.get("x-request-id", "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[str]:
        return [line[5:].strip().decode() for line in self.body.splitlines()
                if line.startswith(b"data:")]

    @property
    def json_of_last_event(self) -> Any:
        return json.loads(self.events[-1])

    @property
    def error(self) -> dict[str, Any]:
        error = self.json["error"]
        assert set(error) >= {"message", "type", "param", "code"}, error
        return error

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:300]!r}"


class Client:
    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key
        self.writer: asyncio.StreamWriter | None = None

    async def call(self, plan: Plan) -> Seen:
        seen = Seen(plan)
        patience = CALL_SECONDS_MAX if plan.leave_after_s is None else plan.leave_after_s
        try:
            async with asyncio.timeout(patience):
                await self._exchange(seen)
        except TimeoutError:
            if plan.leave_after_s is None:
                raise
            seen.left = True
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # as the server ended it; `whole` says so
        if not seen.whole or seen.headers.get("connection") == "close":
            self.leave()
        seen.ended = time.monotonic()
        return seen

    def leave(self) -> None:
        if self.writer is not None:
            self.writer.transport.abort()
        self.writer = None

    async def _exchange(self, seen: Seen) -> None:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = seen.plan.body
        self.writer.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/"
            b"json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
            % (self.key.encode(), len(body), body))
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        seen.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(":") for line in lines)}
        seen.status = int(first.split(" ")[1])
        async for piece in self._pieces(seen.headers):
            seen.body += piece
            if seen.is_enough():
                seen.left = True
                return
        seen.whole = True

    async def _pieces(self, headers: dict[str, str]) -> Any:
        if headers.get("transfer-encoding") != "chunked":
            yield await self.reader.readexactly(int(headers["content-length"]))
            return
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)


    async def calls(self, plans: Iterable[Plan], until: Callable[[Seen], bool] | None = None
                    ) -> list[Seen]:
        """One after the other; the one that `until` says is the last."""
        seen: list[Seen] = []
        for plan in plans:
            seen.append(await self.call(plan))
            if until is not None and until(seen[-1]):
                break
        return seen


async def one_after_the_other(port: int, key: str, plans: Iterable[Plan]) -> list[Seen]:
    client = Client(port, key)
    try:
        return await client.calls(plans)
    finally:
        client.leave()


def call(server: Tollgate, key: str, plan: Plan) -> Seen:
    """One, where nothing else is to happen meanwhile."""
    return asyncio.run(one_after_the_other(server.port, key, [plan]))[0]


def start_all(port: int, key: str, plans: Iterable[Plan]) -> list[asyncio.Task[Seen]]:
    """A connection for each plan."""
    async def one(plan: Plan) -> Seen:
        return (await one_after_the_other(port, key, [plan]))[0]
    return [asyncio.create_task(one(plan)) for plan in plans]


async def wait_until(condition: Callable[[], Any], what: str, seconds: float = 20.0) -> None:
    """wait_for() while the clients go on."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        await asyncio.sleep(0.005)


def start_metered(server: Tollgate, exact: ExactUpstream) -> Tollgate:
    server.init().start()
    server.add_provider("exact", exact.url)
    return server


class ExactUpstream:
    """The process, and what it has noted."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, str(ROOT / "tests/exact_upstream.py")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def stop(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self) -> ExactUpstream:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask(self, method: str, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def count(self) -> int:
        """How many calls have arrived."""
        return self._ask("GET", "/exact/count")

    def records(self, first: int = 0) -> list[dict[str, Any]]:
        """Calls in the order of their arrival, from the given one on; see exact_upstream.Record."""
        return self._ask("GET", f"/exact/records/{first}")

    def open(self, gate: str) -> None:
        self._ask("POST", f"/exact/open/{gate}")

    def wait_until_ended(self, first: int, calls: int) -> list[dict[str, Any]]:
        def have_ended() -> bool:
            records = self.records(first)
            return len(records) >= calls and all(record["end"] != "open" for record in records)
        wait_for(have_ended, 20, f"{calls} calls to end at the upstream")
        return self.records(first)
