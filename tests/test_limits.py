# SPDX-License-Identifier: Apache-2.0
"""Spent and held never exceed a limit, whatever the concurrency."""
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from exact_prices import dollars
from people import Person
from tollgate import Tollgate, secret, wait_for
from upstreams import Upstream

CALLS = 100


def held(server: Tollgate, target_id: str) -> int:
    return server.limits(target_id)[0]["held_nanousd"]


def bound(server: Tollgate, upstream: Upstream) -> int:
    """The most that one call can be charged, as the server itself holds it."""
    key = server.create_key("bound")
    server.limit("key", key["id"], "1000")
    upstream.release.clear()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(server.chat, key["key"], "hold", max_tokens=1000)
        nanousd = wait_for(lambda: held(server, key["id"]), what="a held call")
        upstream.release.set()
        assert call.result().status == 200
    wait_for(lambda: held(server, key["id"]) == 0, what="the hold's end")
    return nanousd


@pytest.mark.parametrize("scope", ["key", "project", "organization"])
def test_limit_for_three_lets_three_of_a_hundred_through(upstream: Upstream, scope: str) -> None:
    with Tollgate(f"limit-{scope}") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        one = bound(server, upstream)
        key = server.create_key("limited")
        ids = {"key": key["id"], **scope_ids(server, key["id"])}
        spent = 0 if scope == "key" else server.usage()["totals"]["charge_nanousd"]
        server.limit(scope, ids[scope], dollars(spent + 3 * one))

        upstream.release.clear()
        before = len(upstream.calls)
        with ThreadPoolExecutor(CALLS) as pool:
            calls = [pool.submit(server.chat, key["key"], "hold", max_tokens=1000)
                     for _ in range(CALLS)]
            wait_for(lambda: sum(call.done() for call in calls) >= CALLS - 3, 20, "97 refusals")
            wait_for(lambda: len(upstream.calls) == before + 3, what="three calls upstream")
            assert held(server, ids[scope]) == 3 * one
            upstream.release.set()
            wait(calls)
        answers = [call.result() for call in calls]
        assert sorted(answer.status for answer in answers) == [200] * 3 + [429] * (CALLS - 3)
        assert len(upstream.calls) == before + 3
        for answer in answers:
            if answer.status == 429:
                assert answer.error["type"] == "insufficient_quota"
                assert answer.headers["x-should-retry"] == "false"


def scope_ids(server: Tollgate, key_id: str) -> dict[str, Any]:
    """The project's and the organization's ids, which every event of the ledger names."""
    wait_for(lambda: server.ledger("SELECT 1 FROM usage_events"), what="a first event")
    row = server.ledger("SELECT project_id, organization_id FROM usage_events LIMIT 1")[0]
    return {"project": row["project_id"], "organization": row["organization_id"]}


def test_spent_limit_refuses_until_it_is_raised(rough: Tollgate) -> None:
    key = rough.create_key("spent")
    assert rough.chat(key["key"], "plain", max_tokens=1000).status == 200
    rough.wait_for_calls(key["id"], 1)
    rough.limit("key", key["id"], "0.000001")
    refused = rough.chat(key["key"], "plain", max_tokens=1000)
    assert (refused.status, refused.error["type"]) == (429, "insufficient_quota")
    rough.limit("key", key["id"], "10")
    assert rough.chat(key["key"], "plain", max_tokens=1000).status == 200


def test_spent_money_still_counts_after_a_restart(rough: Tollgate) -> None:
    key = rough.create_key("restart")
    assert rough.chat(key["key"], "plain", max_tokens=1000).status == 200
    spent = rough.wait_for_calls(key["id"], 1)["charge_nanousd"]
    rough.limit("key", key["id"], dollars(spent))
    assert rough.stop() == 0
    rough.start()
    assert rough.chat(key["key"], "plain", max_tokens=1000).status == 429


def test_refused_call_holds_and_charges_nothing(rough: Tollgate, upstream: Upstream) -> None:
    key = rough.create_key("refused")
    rough.limit("key", key["id"], "0.000000001")
    before = len(upstream.calls)
    assert rough.chat(key["key"], "plain").status == 429
    assert held(rough, key["id"]) == 0
    assert len(upstream.calls) == before
    assert rough.key_totals(key["id"]) == {}


def test_a_member_sees_the_limits_that_their_own_calls_count_on_and_no_others() -> None:
    with Tollgate("limits-seen") as server:
        server.init()
        ada, grace = (Person(server, name, role="reader") for name in ("ada", "grace"))
        server.start()
        owner = Person.of_owner(server).sign_in()
        project = server.json("projects", "list")["data"][0]["id"]
        hidden = server.json("projects", "create", "--name", "not theirs")["id"]
        organization = owner.ask("GET", "/v1/tollgate/session").json["organization"]["id"]
        keys = {}
        for person in (ada, grace):
            made = person.sign_in().ask("POST", "/v1/tollgate/keys", {"name": "theirs"})
            secret(made.json["value"])
            keys[person.id] = made.json["id"]
            server.limit("key", keys[person.id], "1")
            server.limit("user", person.id, "2")
        for scope, target in (("project", project), ("project", hidden),
                              ("organization", organization)):
            server.limit(scope, target, "3")

        def seen(person: Person) -> set[str]:
            limits = person.ask("GET", "/v1/tollgate/limits").json["data"]
            return {limit["target_id"] for limit in limits}

        assert seen(ada) == {keys[ada.id], ada.id, project, organization}
        assert seen(owner) == {*keys.values(), ada.id, grace.id, project, hidden, organization}
        assert ada.ask("GET", f"/v1/tollgate/limits?target_id={keys[grace.id]}").json["data"] == []
