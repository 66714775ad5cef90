# SPDX-License-Identifier: Apache-2.0
"""What tests of credit share: calls of a known charge before an upstream that says what it is told,
and what the command line says of credit."""
from __future__ import annotations

import contextlib
import datetime
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tollgate import ROOT, Answer, Tollgate, wait_for

sys.path.append(str(ROOT / "tests/wire"))
from raw import RawUpstream, chat_script, gateway_of, tokens  # noqa: E402

__all__ = ["RawUpstream"]

MODEL = "gpt-4.1-mini"
INPUT, OUTPUT = 400, 500
COST = INPUT * 400 + OUTPUT * 1_600  # nano-dollars


@pytest.fixture
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream([MODEL])
    yield upstream
    upstream.stop()


@pytest.fixture
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    with gateway_of("credits", raw) as server:
        yield server


def answer_of(raw: RawUpstream) -> None:
    raw.scripts.append(chat_script(MODEL, "word " * OUTPUT, tokens(INPUT, OUTPUT)))


def ask(gateway: Tollgate, key: str) -> Answer:
    return gateway.chat(key, "hello " * 400, MODEL, max_tokens=OUTPUT)


def call(raw: RawUpstream, gateway: Tollgate, key: str) -> str:
    answer_of(raw)
    answer = ask(gateway, key)
    assert answer.status == 200, answer
    return answer.headers["x-request-id"]


class HeldCall:
    """A call whose upstream answers when it is told to."""

    def __init__(self, raw: RawUpstream, gateway: Tollgate, key: str) -> None:
        self._may_answer = threading.Event()
        script = chat_script(MODEL, "word " * OUTPUT, tokens(INPUT, OUTPUT))
        whole, script.answer = script.answer, b""

        def answer_later(connection: socket.socket) -> None:
            self._may_answer.wait(30)
            connection.sendall(whole)
        script.act = answer_later
        before = len(raw.requests)
        raw.scripts.append(script)
        self._answers: list[Answer] = []
        self._thread = threading.Thread(target=lambda: self._answers.append(ask(gateway, key)))
        self._thread.start()
        wait_for(lambda: len(raw.requests) > before, 10, "the call is upstream")

    def end(self) -> str:
        self._may_answer.set()
        self._thread.join()
        assert self._answers[0].status == 200, self._answers
        return self._answers[0].headers["x-request-id"]


@contextlib.contextmanager
def held(raw: RawUpstream, gateway: Tollgate, key: str) -> Iterator[HeldCall]:
    call = HeldCall(raw, gateway, key)
    try:
        yield call
    finally:
        call._may_answer.set()
        call._thread.join()


def paid_by(gateway: Tollgate, call_id: str) -> dict[str, int]:
    return {each["grant_id"]: each["amount_nanousd"]
            for each in gateway.explained(call_id)["credit"]}


def kinds(gateway: Tollgate) -> list[str]:
    return [entry["kind"] for entry in gateway.json("credits", "history")["data"]]


def refused(gateway: Tollgate, *arguments: str) -> str:
    done = gateway.run("credits", *arguments)
    assert done.returncode != 0, done
    return done.stderr


def grant(gateway: Tollgate, usd: str, *options: str) -> dict[str, Any]:
    return gateway.json("credits", "grant", usd, *options)


def balances(gateway: Tollgate) -> list[dict[str, Any]]:
    return gateway.json("credits", "list")["balances"]


def soon(seconds: float) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def verified(gateway: Tollgate) -> None:
    done = gateway.run("ledger", "verify")
    assert done.returncode == 0, done.stdout + done.stderr


def usd(nanousd: int) -> str:
    """As Tollgate writes it, of less than a dollar."""
    return "$0." + f"{nanousd:09}".rstrip("0").ljust(2, "0")
