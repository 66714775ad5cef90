# SPDX-License-Identifier: Apache-2.0
"""What organizations pay for what providers ask: a factor, prices of their own, only what was
delivered, and a ceiling where nobody has a price. Limits hold and count the charge."""
from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tollgate import ROOT, Tollgate

sys.path.append(str(ROOT / "tests/wire"))
from raw import RawUpstream, Script, chat_script, gateway_of, tokens  # noqa: E402

MODEL, LOCAL = "gpt-4.1-mini", "llama-4-local"
INPUT, OUTPUT = 1_001, 503
COST = INPUT * 400 + OUTPUT * 1_600


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream([MODEL, LOCAL])
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    with gateway_of("price-books", raw) as server:
        yield server


@pytest.fixture(scope="module")
def key(gateway: Tollgate) -> str:
    return gateway.create_key("books")["key"]


@pytest.fixture(scope="module")
def organization(gateway: Tollgate) -> str:
    [row] = gateway.ledger("SELECT id FROM organizations")
    return row["id"]


@pytest.fixture(autouse=True)
def no_rules(gateway: Tollgate) -> Iterator[None]:
    yield
    for rule in gateway.json("prices", "book", "list")["data"]:
        where = [*(("--organization", rule["organization_id"]) if rule["organization_id"] else ()),
                 *(("--model", rule["model"]) if rule["model"] else ())]
        gateway.json("prices", "book", "set", *where, "--inherit")


def answer_of(model: str = MODEL, output: int = OUTPUT) -> Script:
    return chat_script(model, "word " * output, tokens(INPUT, output))


def call(raw: RawUpstream, gateway: Tollgate, key: str, model: str = MODEL) -> str:
    raw.scripts.append(answer_of(model))
    answer = gateway.chat(key, "hello " * 400, model)
    assert answer.status == 200, answer
    return answer.headers["x-request-id"]


def rounded(cost: int, millionths: int) -> int:
    """Half up."""
    return (2 * cost * millionths + 1_000_000) // 2_000_000


@pytest.mark.parametrize("factor, millionths", [
    ("1.15", 1_150_000), ("0.333333", 333_333), ("0", 0), ("1", 1_000_000), ("1000", 10**9),
    ("0.000001", 1)])
def test_a_factor_of_the_cost_is_charged_and_rounded_once(raw: RawUpstream, gateway: Tollgate,
                                                          key: str, factor: str,
                                                          millionths: int) -> None:
    shown = gateway.json("prices", "book", "set", "--factor", factor)
    assert shown["factor"] == factor and shown["organization_id"] is None
    got = gateway.explained(call(raw, gateway, key))
    assert got["cost_nanousd"] == COST
    assert got["charge_nanousd"] == rounded(COST, millionths)
    assert got["agrees"] and got["charge"]["factor_millionths"] == millionths


def test_an_organization_s_rule_stands_above_everybody_s(raw: RawUpstream, gateway: Tollgate,
                                                         key: str, organization: str) -> None:
    gateway.json("prices", "book", "set", "--factor", "2")
    assert gateway.explained(call(raw, gateway, key))["charge_nanousd"] == 2 * COST
    gateway.json("prices", "book", "set", "--model", MODEL, "--factor", "3")
    assert gateway.explained(call(raw, gateway, key))["charge_nanousd"] == 3 * COST
    gateway.json("prices", "book", "set", "--organization", organization, "--factor", "4")
    assert gateway.explained(call(raw, gateway, key))["charge_nanousd"] == 4 * COST
    gateway.json("prices", "book", "set", "--organization", organization, "--model", MODEL,
                 "--factor", "5", "--reason", "a contract")
    assert gateway.explained(call(raw, gateway, key))["charge_nanousd"] == 5 * COST
    gateway.json("prices", "book", "set", "--organization", organization, "--model", MODEL,
                 "--inherit")
    assert gateway.explained(call(raw, gateway, key))["charge_nanousd"] == 4 * COST
    history = gateway.json("prices", "book", "history", "--organization", organization)["data"]
    assert [rule["kind"] for rule in history[:2]] == ["inherit", "factor"]
    assert history[1]["reason"] == "a contract" and history[1]["decided_by"]


def test_prices_of_its_own_are_charged_and_explained(raw: RawUpstream, gateway: Tollgate, key: str,
                                                     organization: str) -> None:
    gateway.json("prices", "book", "set", "--organization", organization, "--model", MODEL,
                 "--input", "1", "--output", "7")
    got = gateway.explained(call(raw, gateway, key))
    assert got["cost_nanousd"] == COST
    assert got["charge_nanousd"] == INPUT * 1_000 + OUTPUT * 7_000
    assert got["agrees"] and got["charge"]["rule"] == "prices"
    assert got["charge"]["price_sheet"]["source"] == "price_book"
    assert {term["unit"] for term in got["charge"]["terms"]} == {"input_text_token",
                                                                 "output_text_token"}
    assert "the price book's rule" in gateway.run("explain", got["call"]["id"]).stdout


def test_a_call_keeps_the_rule_of_its_admission_and_a_restart_changes_nothing(
        raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    gateway.json("prices", "book", "set", "--factor", "1.5")
    before = call(raw, gateway, key)
    gateway.json("prices", "book", "set", "--factor", "2.5")
    gateway.stop()
    gateway.start()
    assert gateway.explained(before)["charge_nanousd"] == rounded(COST, 1_500_000)
    assert gateway.explained(call(raw, gateway, key))["charge_nanousd"] == rounded(COST, 2_500_000)
    assert gateway.run("ledger", "verify").returncode == 0


@pytest.mark.parametrize("rule", [("--factor", "10"),
                                  ("--model", MODEL, "--input", "4", "--output", "16")])
def test_limits_hold_and_count_the_charge(raw: RawUpstream, gateway: Tollgate,
                                          rule: tuple[str, ...]) -> None:
    gateway.json("prices", "book", "set", *rule)
    poor = gateway.create_key("poor")
    most = 100_000_000
    gateway.limit("key", poor["id"], "0.1")
    # Too short an answer to be capped: the last one is refused.
    output = 200
    charge = 10 * (INPUT * 400 + output * 1_600)
    held = set()
    for _ in range(most // charge + 1):
        raw.scripts.clear()
        raw.scripts.append(answer_of(output=output))
        # More tokens than the upstream reports, or it would break its word.
        answer = gateway.chat(poor["key"], "a " * 1_200, MODEL, max_tokens=output)
        if answer.status != 200:
            break
        got = gateway.explained(answer.headers["x-request-id"])
        assert got["charge_nanousd"] == charge == 10 * got["cost_nanousd"]
        held.add(got["held_nanousd"])
    raw.scripts.clear()
    # Of the costs there is room for ten times as many.
    assert answer.error["code"] == "key_spend_limit_exceeded", answer
    [limit] = gateway.limits(poor["id"])
    assert most - max(held) < limit["spent"] <= most and limit["held"] == 0


@pytest.mark.parametrize("arguments, why", [
    (("--factor", "-1"), "is no factor"), (("--factor", "1000.1"), "is no factor"),
    (("--factor", "1e3"), "is no factor"), (("--factor", "0.0000001"), "is no factor"),
    (("--factor", "abc"), "is no factor"), ((), "Say one of"),
    (("--factor", "1", "--inherit"), "Say one of"),
    (("--model", MODEL, "--factor", "1", "--input", "1"), "Say one of"),
    (("--input", "1"), "Prices are of one model"),
    (("--model", MODEL, "--input=-1"), "no price in US dollars"),
    (("--model", MODEL, "--input", "20000"), "far beyond any known"),
    (("--organization", "org-nobody", "--factor", "1"), "no organization"),
])
def test_a_rule_that_cannot_be_is_refused(gateway: Tollgate, arguments: tuple[str, ...],
                                          why: str) -> None:
    before = gateway.json("prices", "book", "list")
    done = gateway.run("prices", "book", "set", *arguments)
    assert done.returncode != 0 and why in done.stderr, done
    assert gateway.json("prices", "book", "list") == before


def test_a_model_without_a_price_is_charged_at_the_ceiling(raw: RawUpstream, gateway: Tollgate,
                                                           key: str) -> None:
    assert gateway.chat(key, "hello", LOCAL).error["code"] == "model_unpriced"
    gateway.json("prices", "ceiling", "--input", "15", "--output", "75", "--reason", "trying")
    got = gateway.explained(call(raw, gateway, key, LOCAL))
    assert got["cost_nanousd"] == INPUT * 15_000 + OUTPUT * 75_000 and got["agrees"]
    assert [flag["name"] for flag in got["flags"]] == ["unpriced"]
    assert got["price_sheet"]["source"] == "ceiling"
    [row] = gateway.json("prices", "list", "--unpriced")["data"]
    assert (row["model"], row["source"]) == (LOCAL, "ceiling")
    # What has a price keeps it.
    assert gateway.explained(call(raw, gateway, key))["cost_nanousd"] == COST
    entries = gateway.operate("list_audit_log", type="tollgate.price_ceiling.set", limit=10)["data"]
    assert entries
    gateway.json("prices", "ceiling", "--off")
    assert gateway.chat(key, "hello", LOCAL).error["code"] == "model_unpriced"
    assert gateway.json("prices", "ceiling")["on"] is False


def test_a_policy_is_of_an_organization(gateway: Tollgate, organization: str) -> None:
    unwaited = ("prices", "book", "unwaited")
    assert gateway.json(*unwaited, "only_delivered", "--organization", organization)[
        "unwaited"] == "only_delivered"
    assert gateway.json("prices", "book", "list")["only_delivered"] == [organization]
    gateway.json(*unwaited, "charge_as_cost", "--organization", organization)
    assert gateway.json("prices", "book", "list")["only_delivered"] == []
    assert gateway.run(*unwaited, "nobody", "--organization", organization).returncode != 0
