# SPDX-License-Identifier: Apache-2.0
"""Prepaid money: granted, drained with each settled call, refused when it is used up, never lost or
doubled, whatever is killed."""
from __future__ import annotations

import datetime
import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tollgate import ROOT, Answer, Tollgate, wait_for

sys.path.append(str(ROOT / "tests/wire"))
from raw import RawUpstream, Script, gateway_of, plain_answer  # noqa: E402

MODEL = "gpt-4.1-mini"
INPUT, OUTPUT = 1_000, 500
COST = INPUT * 400 + OUTPUT * 1_600  # 1.2 milli-dollars


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
    raw.scripts.append(Script(plain_answer(json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL,
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None,
                     "message": {"role": "assistant", "content": "word " * OUTPUT}}],
        "usage": {"prompt_tokens": INPUT, "completion_tokens": OUTPUT,
                  "total_tokens": INPUT + OUTPUT}}).encode())))


def ask(gateway: Tollgate, key: str) -> Answer:
    return gateway.chat(key, "hello " * 400, MODEL, max_tokens=OUTPUT)


def call(raw: RawUpstream, gateway: Tollgate, key: str) -> str:
    answer_of(raw)
    answer = ask(gateway, key)
    assert answer.status == 200, answer
    return answer.headers["x-request-id"]


def explained(gateway: Tollgate, call_id: str) -> dict[str, Any]:
    def found() -> Any:
        done = gateway.run("explain", call_id, "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None
    return wait_for(found, 5, "the call stands in the ledger")


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


def test_who_has_none_is_billed(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("billed")["key"]
    assert explained(gateway, call(raw, gateway, key))["credit"] == []
    assert gateway.json("credits", "list") == {"object": "list", "data": [], "has_more": False,
                                               "balances": []}


def test_a_grant_pays_until_it_is_used_up(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("prepaid")["key"]
    before = call(raw, gateway, key)
    made = grant(gateway, "0.004", "--reason", "a start")
    assert (made["amount_nanousd"], made["remaining_nanousd"]) == (4_000_000, 4_000_000)
    paid = []
    while True:
        answer_of(raw)
        answer = ask(gateway, key)
        if answer.status != 200:
            break
        paid.append(answer.headers["x-request-id"])
        assert len(paid) < 5
    assert answer.status == 429 and answer.headers["x-should-retry"] == "false"
    assert answer.error["type"] == "insufficient_quota"
    assert answer.error["code"] == "credit_balance_exhausted"
    for part in ("granted $0.004", f"used $0.00{12 * len(paid)}", "held by running calls $0.00"):
        assert part in answer.error["message"], answer.error
    assert paid
    for call_id in paid:
        got = explained(gateway, call_id)
        assert got["credit"] == [{"grant_id": made["id"], "amount_nanousd": COST}]
    assert explained(gateway, before)["credit"] == [], "it was settled before the grant"
    [balance] = balances(gateway)
    assert balance["used_nanousd"] == COST * len(paid)
    assert balance["left_nanousd"] == 4_000_000 - COST * len(paid)
    history = gateway.json("credits", "history")["data"]
    assert [entry["kind"] for entry in history] == ["drain"] * len(paid) + ["grant"]
    assert all(entry["debit"] == made["id"] and entry["credit"] == "usage"
               for entry in history[:-1])
    verified(gateway)
    # More opens it again, and a restart changes nothing.
    grant(gateway, "1")
    call(raw, gateway, key)
    gateway.stop()
    gateway.start()
    call(raw, gateway, key)
    wait_for(lambda: len(gateway.json("credits", "history")["data"]) >= len(paid) + 4, 5, "paid")
    verified(gateway)
    [balance] = balances(gateway)
    assert balance["left_nanousd"] == 1_004_000_000 - COST * (len(paid) + 2)


def test_the_oldest_end_pays_first_and_a_call_may_need_several(raw: RawUpstream,
                                                               gateway: Tollgate) -> None:
    key = gateway.create_key("several")["key"]
    last = grant(gateway, "1")["id"]
    second = grant(gateway, "0.0005", "--expires", "2999-02-01")["id"]
    first = grant(gateway, "0.0004", "--expires", "2999-01-01")["id"]
    got = explained(gateway, call(raw, gateway, key))
    assert got["credit"] == [{"grant_id": first, "amount_nanousd": 400_000},
                             {"grant_id": second, "amount_nanousd": 500_000},
                             {"grant_id": last, "amount_nanousd": COST - 900_000}]
    verified(gateway)


def test_a_project_spends_its_own_and_no_other_s(raw: RawUpstream, gateway: Tollgate) -> None:
    project = gateway.json("projects", "create", "Apollo")["id"]
    own = gateway.json("keys", "create", "--name", "own", "--project", project)["key"]
    others = gateway.create_key("others")["key"]
    organizations = grant(gateway, "1")["id"]
    assert explained(gateway, call(raw, gateway, own))["credit"][0]["grant_id"] == organizations
    projects = grant(gateway, "0.003", "--project", project)["id"]
    assert explained(gateway, call(raw, gateway, own))["credit"][0]["grant_id"] == projects
    assert explained(gateway, call(raw, gateway, others))["credit"][0]["grant_id"] == organizations
    answer_of(raw)
    while (answer := ask(gateway, own)).status == 200:
        answer_of(raw)
    assert answer.error["code"] == "credit_balance_exhausted"
    call(raw, gateway, others)
    verified(gateway)


def test_what_has_ended_pays_for_no_new_call(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("ends")["key"]
    made = grant(gateway, "1", "--expires", soon(1.5))
    call(raw, gateway, key)

    def is_over() -> bool:
        [row] = gateway.json("credits", "list")["data"]
        return row["expired_nanousd"] == 1_000_000_000 - COST
    wait_for(is_over, 10, "the grant has ended")
    assert ask(gateway, key).error["code"] == "credit_balance_exhausted"
    kinds = [entry["kind"] for entry in gateway.json("credits", "history")["data"]]
    assert kinds == ["expiry", "drain", "grant"]
    verified(gateway)
    done = gateway.run("credits", "correct", made["id"], "--usd", "1", "--reason", "late")
    assert done.returncode != 0 and "has ended" in done.stderr, done


def test_a_correction_is_a_new_entry(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("corrected")["key"]
    made = grant(gateway, "1")
    explained(gateway, call(raw, gateway, key))
    less = gateway.json("credits", "correct", made["id"], "--usd=-0.9", "--reason", "a slip")
    assert less["remaining_nanousd"] == 100_000_000 - COST
    [balance] = balances(gateway)
    assert balance["left_nanousd"] == 100_000_000 - COST
    done = gateway.run("credits", "correct", made["id"], "--usd=-0.1", "--reason", "too much")
    assert done.returncode != 0 and "less than nothing" in done.stderr, done
    more = gateway.json("credits", "correct", made["id"], "--usd", "2", "--reason", "sorry")
    assert more["amount_nanousd"] == 2_100_000_000
    entries = gateway.json("credits", "history")["data"]
    assert [(entry["kind"], entry["debit"] == "issued") for entry in entries] == [
        ("correction", True), ("correction", False), ("drain", False), ("grant", True)]
    verified(gateway)


@pytest.mark.parametrize("arguments, why", [
    (("0",), "no amount"), (("-5",), ""), (("1e3",), "no amount"), (("1000001",), "no amount"),
    (("1", "--expires", "2020-01-01"), "to come"), (("1", "--expires", "soon"), "to come"),
    (("1", "--organization", "org-nobody"), "no organization"),
    (("1", "--project", "proj_nobody"), "no project"),
])
def test_a_grant_that_cannot_be_is_refused(gateway: Tollgate, arguments: tuple[str, ...],
                                           why: str) -> None:
    done = gateway.run("credits", "grant", *arguments)
    assert done.returncode != 0 and why in done.stderr, done
    assert gateway.json("credits", "list")["data"] == []


def test_many_at_once_never_overdraw(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("many")["key"]
    made = grant(gateway, "0.02")
    statuses: list[int] = []

    def run() -> None:
        for _ in range(6):
            answer_of(raw)
            statuses.append(ask(gateway, key).status)
    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 429}
    settled = statuses.count(200)
    wait_for(lambda: len(gateway.json("credits", "history", "--limit", "1000")["data"])
             == settled + 1, 10, "all are paid")
    [row] = gateway.json("credits", "list")["data"]
    assert row["used_nanousd"] == COST * settled <= made["amount_nanousd"]
    verified(gateway)


def test_kill_9_neither_loses_nor_doubles_a_payment(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("killed")["key"]
    grant(gateway, "0.05", "--expires", "2999-01-01")
    grant(gateway, "1")
    for _ in range(4):
        def run() -> None:
            for _ in range(50):
                answer_of(raw)
                try:
                    if ask(gateway, key).status != 200:
                        return
                except OSError:
                    return
        threads = [threading.Thread(target=run) for _ in range(3)]
        calls = len(gateway.call_ids())
        for thread in threads:
            thread.start()
        wait_for(lambda: len(gateway.call_ids()) > calls + 5, 20, "some calls have settled")
        gateway.kill()
        for thread in threads:
            thread.join()
        raw.scripts.clear()
        gateway.start()
        verified(gateway)
    [sums] = gateway.ledger("SELECT SUM(charge) AS charge, SUM(credit) AS credit FROM usage_events")
    assert sums["charge"] == sums["credit"], "all of it was covered"
    [drained] = gateway.ledger("SELECT SUM(amount) AS amount FROM credit_entries"
                               " WHERE kind = 'drain'")
    assert drained["amount"] == sums["credit"]
