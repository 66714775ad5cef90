# SPDX-License-Identifier: Apache-2.0
"""Why a call cost what it did: its sum again, term by term, from the prices that it was let in
with, whatever models cost by then."""
from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tollgate import ROOT, Tollgate, wait_for

sys.path.append(str(ROOT / "tests/wire"))
from raw import RawUpstream, chat_script, gateway_of, tokens  # noqa: E402

MODEL, LOCAL = "gpt-4.1-mini", "llama-4-local"


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream([MODEL, LOCAL])
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    with gateway_of("explain", raw) as server:
        yield server


@pytest.fixture(scope="module")
def key(gateway: Tollgate) -> str:
    return gateway.create_key("explain")["key"]


def call(raw: RawUpstream, gateway: Tollgate, key: str, model: str = MODEL,
         usage: dict[str, Any] | None = None, text: str = "hello") -> str:
    raw.scripts.append(chat_script(model, text, usage))
    answer = gateway.chat(key, "hello " * 400, model)
    assert answer.status == 200, answer
    return answer.headers["x-request-id"]


def counts(prompt: int, cached: int, output: int, reasoning: int = 0) -> dict[str, Any]:
    return {**tokens(prompt, output),
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": reasoning}}


def test_each_term_has_its_count_its_price_and_its_amount(raw: RawUpstream, gateway: Tollgate,
                                                          key: str) -> None:
    # $0.40, $0.10 and $1.60 a million; 333 of 1,000 come from the cache, 7 of 500 are reasoning.
    got = gateway.explained(call(raw, gateway, key, usage=counts(1000, 333, 500, 7)))
    assert {term["unit"]: (term["count"], term["price"]["nanousd_per_million"],
                           term["amount_nanousd"]) for term in got["terms"]} == {
        "input_text_token": (667, 400_000_000, "266800.000000000"),
        "cached_input_text_token": (333, 100_000_000, "33300.000000000"),
        "output_text_token": (493, 1_600_000_000, "788800.000000000"),
        "reasoning_token": (7, 1_600_000_000, "11200.000000000")}
    assert all(term["source"] == "provider" for term in got["terms"])
    assert got["exact_nanousd"] == "1100100.000000000"
    assert got["recomputed_nanousd"] == got["cost_nanousd"] == got["charge_nanousd"] == 1_100_100
    assert got["agrees"] and got["basis"] == "terms" and got["flags"] == []
    assert got["held_nanousd"] >= got["charge_nanousd"]
    sheet = got["price_sheet"]
    assert sheet["source"] == "catalogue" and sheet["catalogue_date"] == "2026-11-24"


def test_the_one_rounding_is_shown(raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    gateway.json("prices", "set", LOCAL, "--input", "0.000000007", "--output", "0.0000005")
    got = gateway.explained(call(raw, gateway, key, LOCAL, counts(1000, 0, 999)))
    # 1,000 x 7 and 999 x 500 nano-dollars a million: 0.0005065 of a nano-dollar.
    assert got["exact_nanousd"] == "0.506500000"
    assert got["cost_nanousd"] == got["recomputed_nanousd"] == 1
    assert got["price_sheet"]["source"] == "operator" and got["price_sheet"]["decision"] >= 1


def test_a_call_is_explained_by_the_prices_of_its_admission(raw: RawUpstream, gateway: Tollgate,
                                                            key: str) -> None:
    gateway.json("prices", "set", LOCAL, "--input", "1", "--output", "2", "--reason", "first")
    before = call(raw, gateway, key, LOCAL, counts(100, 0, 10))
    gateway.json("prices", "set", LOCAL, "--input", "5", "--output", "6", "--reason", "second")
    after = call(raw, gateway, key, LOCAL, counts(100, 0, 10))
    old, new = gateway.explained(before), gateway.explained(after)
    assert (old["cost_nanousd"], new["cost_nanousd"]) == (120_000, 560_000)
    assert old["agrees"] and new["agrees"]
    assert old["price_sheet"]["id"] != new["price_sheet"]["id"]
    assert new["price_sheet"]["decision"] == old["price_sheet"]["decision"] + 1
    # A restart makes the same sheets of the same prices.
    gateway.stop()
    gateway.start()
    again = gateway.explained(call(raw, gateway, key, LOCAL, counts(100, 0, 10)))
    assert again["price_sheet"] == new["price_sheet"]
    rows = gateway.ledger("SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM price_sheets")
    assert rows[0]["n"] == rows[0]["ids"] > 0


def test_an_estimate_says_that_it_is_one(raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    got = gateway.explained(call(raw, gateway, key, usage=None, text="word " * 100))
    assert {term["source"] for term in got["terms"]} == {"estimated"}
    assert got["agrees"] and got["cost_nanousd"] > 0


def test_a_free_model_costs_nothing_because_it_is_free(raw: RawUpstream, gateway: Tollgate,
                                                       key: str) -> None:
    gateway.json("prices", "free", LOCAL)
    got = gateway.explained(call(raw, gateway, key, LOCAL, counts(100, 0, 10)))
    assert (got["basis"], got["cost_nanousd"], got["recomputed_nanousd"]) == ("free", 0, 0)
    assert got["price_sheet"]["free"] and got["terms"] == []


def test_a_test_key_s_call_is_explained_as_what_it_would_have_cost(gateway: Tollgate) -> None:
    test_key = gateway.create_key("test", "test")["key"]
    answer = gateway.chat(test_key, "hello", MODEL)
    got = gateway.explained(answer.headers["x-request-id"])
    assert got["test"] and got["charge_nanousd"] == 0
    assert got["agrees"] and got["recomputed_nanousd"] == got["would_have_cost_nanousd"] > 0


def test_a_ledger_that_says_something_else_is_told_plainly(raw: RawUpstream, gateway: Tollgate,
                                                           key: str) -> None:
    call_id = call(raw, gateway, key, usage=counts(1000, 0, 500))
    assert gateway.explained(call_id)["agrees"]
    sequence = int(call_id.rsplit("-", 1)[1])
    epoch = int(call_id.removeprefix("call_").split("-")[0])
    where = f"WHERE epoch = {epoch} AND sequence = {sequence}"
    gateway.change_database(f"UPDATE usage_events SET cost = cost + 1 {where}")
    got = gateway.explained(call_id)
    assert not got["agrees"] and got["recomputed_nanousd"] == got["cost_nanousd"] - 1
    assert "DOES NOT AGREE" in gateway.run("explain", call_id).stdout
    gateway.change_database(f"UPDATE usage_events SET cost = cost - 1 {where}")


def test_people_read_it_too(raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    call_id = call(raw, gateway, key, usage=counts(1000, 0, 500))
    gateway.explained(call_id)
    shown = gateway.run("explain", call_id).stdout
    for part in (call_id, "the catalogue of 2026-11-24", "input_text_token", "$1.60 a million",
                 "800000.000000000", "cost    $0.0012", "charge  $0.0012"):
        assert part in shown, shown


@pytest.mark.parametrize("call_id", ["call_1-0-99999999", "call_", "call_1-0", "call_1-0-1x", "x",
                                     "call_99999999999999-0-1", "call_1-0--1", "call_+1-0-1"])
def test_what_is_no_call_is_not_found(gateway: Tollgate, call_id: str) -> None:
    done = gateway.run("explain", call_id)
    assert done.returncode == 1 and "There is no call" in done.stderr, done


def soon(seconds: float) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def test_a_price_begins_by_itself(raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    gateway.json("prices", "set", LOCAL, "--input", "1", "--output", "1")
    gateway.json("prices", "set", LOCAL, "--input", "3", "--from", soon(2), "--reason", "dearer")
    [row] = gateway.json("prices", "list", LOCAL)["data"]
    assert [later["reason"] for later in row["coming"]] == ["dearer"]
    first = call(raw, gateway, key, LOCAL, counts(1000, 0, 10))
    assert gateway.explained(first)["cost_nanousd"] == 1_010_000

    def has_begun() -> bool:
        later = call(raw, gateway, key, LOCAL, counts(1000, 0, 1000))
        # What was not named stays as it was.
        return gateway.explained(later)["cost_nanousd"] == 4_000_000
    wait_for(has_begun, 10, "the price begins")
    [row] = gateway.json("prices", "list", LOCAL)["data"]
    assert row["coming"] == [] and row["reason"] == "dearer"


def test_a_price_that_began_while_the_server_was_down_holds(raw: RawUpstream, gateway: Tollgate,
                                                            key: str) -> None:
    begins = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    gateway.json("prices", "set", LOCAL, "--input", "9", "--output", "9", "--from", soon(1))
    gateway.stop()
    wait_for(lambda: datetime.datetime.now(datetime.timezone.utc) > begins, 5, "that instant")
    gateway.start()
    got = gateway.explained(call(raw, gateway, key, LOCAL, counts(1000, 0, 10)))
    assert got["cost_nanousd"] == 9_090_000


@pytest.mark.parametrize("when, why", [
    ("2020-01-01", "has passed"), ("yesterday", "no day and no instant"),
    ("2026-02-30", "no day and no instant"), ("2999-01-01T25:00:00Z", "no day and no instant"),
])
def test_a_beginning_that_cannot_be_is_refused(gateway: Tollgate, when: str, why: str) -> None:
    done = gateway.run("prices", "set", LOCAL, "--input", "1", "--from", when)
    assert done.returncode != 0 and why in done.stderr, done


def test_two_prices_for_one_instant_are_a_slip_unless_confirmed(gateway: Tollgate) -> None:
    decide = ("prices", "set", LOCAL, "--output", "1", "--from", "2999-01-01", "--input")
    assert gateway.run(*decide, "1").returncode == 0
    done = gateway.run(*decide, "2")
    assert done.returncode != 0 and "decided already" in done.stderr, done
    assert gateway.run(*decide, "2", "--yes").returncode == 0
    # It is another instant for another provider, or a day later.
    assert gateway.run(*decide, "2", "--provider", "raw").returncode == 0
    assert gateway.run("prices", "free", LOCAL, "--from", "2999-01-02").returncode == 0


def test_a_slip_of_the_decimal_point_needs_to_be_confirmed(gateway: Tollgate) -> None:
    slip = ("prices", "set", MODEL, "--input", "401", "--from", "2999-06-01")
    done = gateway.run(*slip)
    assert done.returncode != 0 and "more than a thousand times" in done.stderr, done
    assert gateway.run(*slip, "--confirm").returncode == 0
