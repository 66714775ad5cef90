# SPDX-License-Identifier: Apache-2.0
"""What the operator decides that models cost: above the catalogue, kept as a history, never for
calls that were charged already."""
from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from people import Person
from test_browser import run_in_browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, ROOT, Answer, Tollgate

sys.path.append(str(ROOT / "tests/wire"))
from raw import RawUpstream, chat_script, gateway_of, tokens  # noqa: E402
from upstreams import CREDENTIAL  # noqa: E402

# Nobody ships a price for the first two.
LOCAL, OTHER, SHIPPED = "llama-4-local", "our-own-model", "gpt-4.1-mini"
INPUT, OUTPUT = 1_000, 500


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream([LOCAL, OTHER, SHIPPED])
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    with gateway_of("prices", raw) as server:
        yield server


@pytest.fixture(scope="module")
def key(gateway: Tollgate) -> str:
    return gateway.create_key("prices")["key"]


def call(raw: RawUpstream, gateway: Tollgate, key: str, model: str) -> Answer:
    raw.scripts.append(chat_script(model, "word " * OUTPUT, tokens(INPUT, OUTPUT)))
    answer = gateway.chat(key, "hello " * 400, model)
    assert answer.status == 200, answer
    return answer


def charge(answer: Answer) -> int:
    return int(answer.headers["x-tollgate-charge-nanousd"])


def cost(input_usd: float, output_usd: float) -> int:
    """In nano-dollars, of dollars per million tokens."""
    return round(INPUT * input_usd * 1000 + OUTPUT * output_usd * 1000)


def refused(gateway: Tollgate, *arguments: str) -> str:
    done = gateway.run(*arguments)
    assert done.returncode != 0, done.stdout
    return done.stderr


def of(gateway: Tollgate, model: str) -> dict[str, Any]:
    [row] = gateway.json("prices", "list", model)["data"]
    return row


def test_a_model_without_a_price_gets_one(raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    assert of(gateway, LOCAL)["source"] == "none"
    assert LOCAL in {row["model"] for row in gateway.json("prices", "list", "--unpriced")["data"]}
    answer = gateway.chat(key, "hello", LOCAL)
    assert answer.error["code"] == "model_unpriced" and "tollgate prices set" in str(answer)
    gateway.json("prices", "set", LOCAL, "--input", "0.20", "--output", "0.60", "--reason", "power")
    assert charge(call(raw, gateway, key, LOCAL)) == cost(0.20, 0.60) == 500_000
    row = of(gateway, LOCAL)
    assert (row["source"], row["reason"], row["free"]) == ("operator", "power", False)
    assert {price["unit"]: price["nanousd_per_million"] for price in row["prices"]} == {
        "input_text_token": 200_000_000, "output_text_token": 600_000_000}


def test_who_adds_a_provider_hears_what_has_no_price(raw: RawUpstream) -> None:
    with Tollgate("prices-added") as server:
        server.init().start()
        added = server.add_provider("raw", raw.url, CREDENTIAL)
        assert added["warning"].startswith("2 of its models have no price"), added
        server.json("prices", "free", LOCAL)
        server.json("prices", "free", OTHER)
        assert "warning" not in server.add_provider("again", raw.url, CREDENTIAL)


def test_a_new_price_is_none_for_old_calls(raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    gateway.json("prices", "set", OTHER, "--input", "1", "--output", "2")
    assert charge(call(raw, gateway, key, OTHER)) == cost(1, 2)
    gateway.json("prices", "set", OTHER, "--output", "4", "--reason", "they raised it")
    # What was not named stays.
    assert charge(call(raw, gateway, key, OTHER)) == cost(1, 4)
    history = gateway.json("prices", "history", OTHER)["data"]
    assert [entry["reason"] for entry in history] == ["they raised it", None]
    assert all(entry["decided_by"] and entry["provider"] is None for entry in history)
    gateway.stop()
    gateway.start()
    assert charge(call(raw, gateway, key, OTHER)) == cost(1, 4)
    # The first call is what it was; `ledger verify` at the end says so of all of them.
    assert {cost(1, 2), cost(1, 4)} <= set(charges_of(gateway, OTHER))


def charges_of(gateway: Tollgate, model: str) -> list[int]:
    rows = gateway.ledger(f"SELECT charge FROM usage_events WHERE model = '{model}'")
    return [row["charge"] for row in rows]


def test_the_catalogue_s_other_prices_stay_until_only(raw: RawUpstream, gateway: Tollgate,
                                                      key: str) -> None:
    assert charge(call(raw, gateway, key, SHIPPED)) == cost(0.40, 1.60)
    gateway.json("prices", "set", SHIPPED, "--output", "3.20")
    assert charge(call(raw, gateway, key, SHIPPED)) == cost(0.40, 3.20)
    units = {price["unit"] for price in of(gateway, SHIPPED)["prices"]}
    assert "cached_input_text_token" in units
    gateway.json("prices", "set", SHIPPED, "--input", "1", "--output", "1", "--only")
    assert charge(call(raw, gateway, key, SHIPPED)) == cost(1, 1)
    assert len(of(gateway, SHIPPED)["prices"]) == 2
    gateway.json("prices", "reset", SHIPPED)
    assert of(gateway, SHIPPED)["source"] == "shipped"
    assert charge(call(raw, gateway, key, SHIPPED)) == cost(0.40, 1.60)


def test_a_provider_s_own_price_stands_above_everybody_s(raw: RawUpstream, gateway: Tollgate,
                                                         key: str) -> None:
    gateway.json("prices", "set", SHIPPED, "--provider", "raw", "--input", "5", "--output", "5")
    gateway.json("prices", "set", SHIPPED, "--input", "9", "--output", "9")
    assert charge(call(raw, gateway, key, SHIPPED)) == cost(5, 5)
    gateway.json("prices", "reset", SHIPPED, "--provider", "raw")
    gateway.json("prices", "reset", SHIPPED)
    assert charge(call(raw, gateway, key, SHIPPED)) == cost(0.40, 1.60)
    assert "no provider 'nobody'" in refused(gateway, "prices", "free", SHIPPED, "--provider",
                                             "nobody")


def test_a_free_model_stays_usable_when_the_money_is_gone(raw: RawUpstream,
                                                          gateway: Tollgate) -> None:
    poor = gateway.create_key("poor")
    gateway.limit("key", poor["id"], "0")
    gateway.limit("key", poor["id"], tokens=100_000, per="day")
    gateway.json("prices", "free", LOCAL, "--reason", "our own machine")
    assert of(gateway, LOCAL)["free"] is True
    assert charge(call(raw, gateway, poor["key"], LOCAL)) == 0
    # The money is gone for what costs, and tokens are counted all the same.
    assert gateway.chat(poor["key"], "hello", SHIPPED).status == 429
    tokens = [limit for limit in gateway.limits(poor["id"]) if limit["metric"] == "tokens"]
    assert [limit["spent"] for limit in tokens] == [INPUT + OUTPUT]
    gateway.json("prices", "set", LOCAL, "--input", "0.20", "--output", "0.60")
    assert gateway.chat(poor["key"], "hello", LOCAL).status == 429


GOOD = {"currency": "USD", "models": [
    {"model": LOCAL, "prices": [{"unit": "input_text_token", "usd_per_million": "0.1"},
                                {"unit": "output_text_token", "usd_per_million": "0.3"}]},
    {"model": OTHER, "kind": "free", "reason": "a gift"}]}


def imported(gateway: Tollgate, document: Any, *flags: str) -> Any:
    file = pathlib.Path(gateway.folder) / "prices.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return gateway.run("prices", "import", str(file), "--json", *flags)


def test_a_file_of_prices_is_taken_whole(raw: RawUpstream, gateway: Tollgate, key: str) -> None:
    before = gateway.json("prices", "list")
    dry = imported(gateway, GOOD, "--dry-run")
    assert dry.returncode == 0 and json.loads(dry.stdout)["imported"] is False
    assert gateway.json("prices", "list") == before
    done = imported(gateway, GOOD)
    assert done.returncode == 0, done.stderr
    assert charge(call(raw, gateway, key, LOCAL)) == cost(0.1, 0.3)
    assert charge(call(raw, gateway, key, OTHER)) == 0


def one(**price: Any) -> dict[str, Any]:
    return {"currency": "USD", "models": [*GOOD["models"], {"model": SHIPPED, "prices": [
        {"unit": "input_text_token", "usd_per_million": "1"},
        {"unit": "output_text_token", **price}]}]}


@pytest.mark.parametrize("document, why", [
    ("not JSON", "no JSON object"),
    ({**GOOD, "currency": "EUR"}, "US dollars"),
    ({"models": GOOD["models"]}, "currency"),
    ({"currency": "USD", "models": []}, "1 to 1,000"),
    ({"currency": "USD", "models": [*GOOD["models"], GOOD["models"][0]]}, "twice"),
    (one(usd_per_million="-1"), "no price in US dollars"),
    (one(usd_per_million="1e3"), "no price in US dollars"),
    (one(usd_per_million="0"), "no price"),
    (one(usd_per_million="20000"), "far beyond any known price"),
    (one(usd_per_million="99999999999999999999"), "no price in US dollars"),
    (one(usd_per_million=1.5), "usd_per_million"),
    (one(), "needs one of"),
    (one(usd_per_million="1", usd_per_unit="1"), "needs one of"),
    (one(usd_per_million="1", tier="cheap"), "no tier"),
    (one(usd_per_million="1", colour="red"), "colour"),
    ({"currency": "USD", "models": [*GOOD["models"], {"model": SHIPPED, "prices": [
        {"unit": "input_text_token", "usd_per_million": "1"},
        {"unit": "input_text_token", "usd_per_million": "2"}]}]}, "two prices for the same case"),
    ({"currency": "USD", "models": [*GOOD["models"], {"model": SHIPPED, "prices": [
        {"unit": "words", "usd_per_million": "1"}]}]}, "is no unit"),
    ({"currency": "USD", "models": [*GOOD["models"], {"model": SHIPPED}]}, "Say what"),
    ({"currency": "USD", "models": [*GOOD["models"], "gpt"]}, "no object"),
])
def test_a_broken_file_changes_nothing(gateway: Tollgate, document: Any, why: str) -> None:
    before = gateway.json("prices", "list")
    done = imported(gateway, document)
    assert done.returncode != 0 and why in done.stderr, done.stderr
    assert gateway.json("prices", "list") == before


def test_a_price_far_beyond_any_known_is_taken_where_it_is_meant(gateway: Tollgate) -> None:
    assert "confirm" in refused(gateway, "prices", "set", OTHER, "--input", "20000")
    gateway.json("prices", "set", OTHER, "--input", "20000", "--output", "1", "--confirm")
    gateway.json("prices", "free", OTHER)
    assert imported(gateway, one(usd_per_million="20000"), "--dry-run", "--confirm").returncode == 0


@pytest.mark.parametrize("arguments, why", [
    (("set", LOCAL), "Say what"),
    (("set", LOCAL, "--price", "output_image"), "UNIT=USD"),
    (("set", LOCAL, "--price", "output_image,size=0.04"), "UNIT,size"),
    (("set", LOCAL, "--price", "output_pictures=0.04"), "is no unit"),
    (("set", "a\nb", "--input", "1"), "model's name"),
    (("free",), "model"),
])
def test_a_person_is_told_what_would_do(gateway: Tollgate, arguments: tuple[str, ...],
                                        why: str) -> None:
    before = gateway.json("prices", "list")
    assert why in refused(gateway, "prices", *arguments)
    assert gateway.json("prices", "list") == before


def test_an_image_has_its_price_by_size(gateway: Tollgate) -> None:
    gateway.json("prices", "set", OTHER, "--price", "output_image,size=1024x1024=0.04", "--price",
                 "output_image,size=1024x1024,quality=hd=0.08")
    shown = gateway.run("prices", "list", OTHER).stdout
    assert "output_image 1024x1024 hd" in shown and "$0.08 each" in shown, shown


def test_a_price_for_what_nobody_serves_is_kept_and_said(gateway: Tollgate) -> None:
    told = gateway.run("prices", "set", "not-there-yet", "--input", "1", "--output", "1")
    assert told.returncode == 0 and "No provider has this model" in told.stdout, told
    assert gateway.json("prices", "list", "not-there-yet")["data"] == []
    assert len(gateway.json("prices", "history", "not-there-yet")["data"]) == 1


def test_a_person_is_told_that_half_a_price_is_none(gateway: Tollgate, key: str) -> None:
    told = gateway.run("prices", "set", OTHER, "--input", "1", "--only")
    assert "Its output has no price" in told.stdout, told
    assert gateway.chat(key, "hello", OTHER).error["code"] == "model_unpriced"
    assert "has a price" in gateway.run("prices", "list", "--unpriced").stdout
    gateway.json("prices", "free", OTHER)


def test_who_decided_is_in_the_audit_log(gateway: Tollgate) -> None:
    entries = gateway.operate("list_audit_log", type="tollgate.price.set", limit=100)["data"]
    assert entries and any(LOCAL in json.dumps(entry) for entry in entries)


def test_prices_in_a_browser(raw: RawUpstream) -> None:
    with Tollgate("prices-browser") as server:
        server.init().start()
        server.add_provider("raw", raw.url, CREDENTIAL)
        member = Person(server, "member", "reader")
        run_in_browser(server, "prices.test.mjs", {
            "TOLLGATE_EMAIL": OWNER_EMAIL, "TOLLGATE_PASSWORD": OWNER_PASSWORD,
            "TOLLGATE_MEMBER_EMAIL": member.email, "TOLLGATE_MEMBER_PASSWORD": member.password,
            "TOLLGATE_MODEL": LOCAL})
        assert server.stop() == 0
