# SPDX-License-Identifier: Apache-2.0
"""Prepaid money: granted, drained with each settled call, refused when it is used up, never lost or
doubled, whatever is killed."""
from __future__ import annotations

import threading

from prepaid import (COST, RawUpstream, answer_of, ask, balances, call, gateway, grant, held, kinds,
                     paid_by, raw, refused, soon, usd, verified)
from tollgate import Tollgate, wait_for

__all__ = ["gateway", "raw"]


def test_who_has_none_is_billed(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("billed")["key"]
    assert paid_by(gateway, call(raw, gateway, key)) == {}
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
    for part in ("granted $0.004", f"used {usd(COST * len(paid))}", "held by running calls $0.00"):
        assert part in answer.error["message"], answer.error
    assert paid
    for call_id in paid:
        assert paid_by(gateway, call_id) == {made["id"]: COST}
        assert f"paid    {usd(COST)} with {made['id']}" in gateway.run("explain", call_id).stdout
    assert paid_by(gateway, before) == {}, "it was let in before the grant"
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
    got = gateway.explained(call(raw, gateway, key))
    assert got["credit"] == [{"grant_id": first, "amount_nanousd": 400_000},
                             {"grant_id": second, "amount_nanousd": 500_000},
                             {"grant_id": last, "amount_nanousd": COST - 900_000}]
    verified(gateway)


def test_a_project_spends_its_own_and_no_other_s(raw: RawUpstream, gateway: Tollgate) -> None:
    project = gateway.json("projects", "create", "--name", "Apollo")["id"]
    own = gateway.json("keys", "create", "--name", "own", "--project", project)["key"]
    others = gateway.create_key("others")["key"]
    organizations = grant(gateway, "1")["id"]
    assert list(paid_by(gateway, call(raw, gateway, own))) == [organizations]
    projects = grant(gateway, "0.003", "--project", project)["id"]
    assert list(paid_by(gateway, call(raw, gateway, own))) == [projects]
    assert list(paid_by(gateway, call(raw, gateway, others))) == [organizations]
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
    assert kinds(gateway) == ["expiry", "drain", "grant"]
    [row] = gateway.json("credits", "list")["data"]
    assert row["status"] == "ended"
    assert "has ended" in refused(gateway, "correct", made["id"], "--usd", "1", "--reason", "late")
    verified(gateway)


def test_a_correction_is_a_new_entry(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("corrected")["key"]
    made = grant(gateway, "1")
    gateway.explained(call(raw, gateway, key))
    less = gateway.json("credits", "correct", made["id"], "--usd=-0.9", "--reason", "a slip")
    assert less["remaining_nanousd"] == 100_000_000 - COST
    [balance] = balances(gateway)
    assert balance["left_nanousd"] == 100_000_000 - COST
    told = refused(gateway, "correct", made["id"], "--usd=-0.1", "--reason", "too much")
    assert "less than nothing" in told
    more = gateway.json("credits", "correct", made["id"], "--usd", "2", "--reason", "sorry")
    assert more["amount_nanousd"] == 2_100_000_000
    entries = gateway.json("credits", "history")["data"]
    assert [(entry["kind"], entry["debit"] == "issued") for entry in entries] == [
        ("correction", True), ("correction", False), ("drain", False), ("grant", True)]
    verified(gateway)


def test_a_call_that_runs_when_credit_comes_is_paid_as_it_was_let_in(raw: RawUpstream,
                                                                     gateway: Tollgate) -> None:
    project = gateway.json("projects", "create", "--name", "Apollo")["id"]
    key = gateway.json("keys", "create", "--name", "own", "--project", project)["key"]
    with held(raw, gateway, key) as billed:
        organizations = grant(gateway, "1")["id"]
        with held(raw, gateway, key) as of_organization:
            projects = grant(gateway, "0.5", "--project", project)["id"]
            of_project = call(raw, gateway, key)
            assert paid_by(gateway, of_project) == {projects: COST}
            assert paid_by(gateway, of_organization.end()) == {organizations: COST}
        assert paid_by(gateway, billed.end()) == {}
    by_owner = {each["project_id"]: each["left_nanousd"] for each in balances(gateway)}
    assert by_owner == {None: 1_000_000_000 - COST, project: 500_000_000 - COST}
    verified(gateway)


def test_what_a_call_holds_when_its_grant_ends_stays_good(raw: RawUpstream,
                                                          gateway: Tollgate) -> None:
    key = gateway.create_key("over-the-end")["key"]
    lasting = grant(gateway, "0.01")["id"]
    ending = grant(gateway, "1", "--expires", soon(2))["id"]
    with held(raw, gateway, key) as running:
        wait_for(lambda: "expiry" in kinds(gateway), 15, "the grant has ended")
        [balance] = balances(gateway)
        assert balance["left_nanousd"] == 10_000_000 and balance["held_nanousd"] > 0
        assert paid_by(gateway, call(raw, gateway, key)) == {lasting: COST}
        verified(gateway)
        assert paid_by(gateway, running.end()) == {ending: COST}
    assert kinds(gateway) == ["drain", "revival", "drain", "expiry", "grant", "grant"]
    [balance] = balances(gateway)
    assert (balance["left_nanousd"], balance["held_nanousd"]) == (10_000_000 - COST, 0)
    verified(gateway)


def test_what_running_calls_hold_cannot_be_taken_back(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("held")["key"]
    made = grant(gateway, "0.01")
    with held(raw, gateway, key) as running:
        [balance] = balances(gateway)
        assert balance["left_nanousd"] == 10_000_000 - balance["held_nanousd"] > 0
        assert "hold" in refused(gateway, "correct", made["id"], "--usd=-0.01", "--reason", "all")
        less = f"--usd=-{balance['left_nanousd'] / 1e9:.9f}"
        gateway.json("credits", "correct", made["id"], less, "--reason", "all that is free")
        assert balances(gateway)[0]["left_nanousd"] == 0
        assert ask(gateway, key).error["code"] == "credit_balance_exhausted"
        assert paid_by(gateway, running.end()) == {made["id"]: COST}
    verified(gateway)


def test_a_grant_by_mistake_is_taken_back_whole(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("slip")["key"]
    made = grant(gateway, "0.0001")
    assert ask(gateway, key).error["code"] == "credit_balance_exhausted"
    gateway.json("credits", "correct", made["id"], "--usd=-0.0001", "--reason", "a slip")
    assert paid_by(gateway, call(raw, gateway, key)) == {}, "it is billed as before"
    assert balances(gateway) == []
    more = gateway.json("credits", "correct", made["id"], "--usd", "1", "--reason", "after all")
    assert paid_by(gateway, call(raw, gateway, key)) == {more["id"]: COST}
    verified(gateway)


def test_many_at_once_never_overdraw(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("many")["key"]
    made = grant(gateway, "0.02")
    grant(gateway, "0.003", "--expires", soon(3600))
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
    rows = wait_for(lambda: [rows for rows in [gateway.json("credits", "list")["data"]]
                             if sum(row["used_nanousd"] for row in rows) == COST * settled],
                    10, "all are paid")[0]
    assert COST * settled <= made["amount_nanousd"] + 3_000_000
    assert {row["status"] for row in rows} <= {"active", "used_up"}
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
