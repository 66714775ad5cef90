# SPDX-License-Identifier: Apache-2.0
"""What can happen to a key between its making and its end, each felt by the very next call."""
from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tollgate import Answer, Tollgate, chat_body, events, exchange, secret, wait_for
from upstreams import Upstream

KEYS = "/v1/tollgate/keys"


@pytest.fixture(scope="module")
def admin(rough: Tollgate) -> str:
    return rough.create_key("admin", "admin")["key"]


class Keys:
    """Our own endpoints, as a program with an admin key uses them."""

    def __init__(self, server: Tollgate, admin: str):
        self.server, self.admin = server, admin

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.server.post(KEYS + path, body, self.admin, headers=headers)

    def make(self, name: str, **fields: Any) -> dict[str, Any]:
        answer = self.post("", {"name": name, **fields})
        assert answer.status == 201, answer
        secret(answer.json["value"])
        return answer.json

    def change(self, key: dict[str, Any], path: str = "", **fields: Any) -> dict[str, Any]:
        answer = self.post(f"/{key['id']}{path}", fields)
        assert answer.status == 200, answer
        if answer.json.get("value"):
            secret(answer.json["value"])
        return answer.json

    def show(self, key: dict[str, Any]) -> dict[str, Any]:
        answer = self.server.get(f"{KEYS}/{key['id']}", self.admin)
        assert answer.status == 200, answer
        return answer.json

    def refusal(self, path: str, body: Any) -> tuple[int, str, str]:
        answer = self.post(path, body)
        return answer.status, answer.error["code"], answer.error["param"]


@pytest.fixture
def keys(rough: Tollgate, admin: str) -> Keys:
    return Keys(rough, admin)


def status(server: Tollgate, key: str, **fields: Any) -> int:
    return server.chat(key, "plain", **fields).status


def test_a_new_key_works_on_the_next_request_and_says_where_it_was_used(
        rough: Tollgate, keys: Keys) -> None:
    key = keys.make("laptop", note="Ada's")
    answer = rough.post("/v1/chat/completions", chat_body("plain"), key["value"],
                        headers={"User-Agent": "OpenAI/Python 3.54.0"})
    assert answer.status == 200
    shown = keys.show(key)
    assert shown["status"] == "active" and shown["note"] == "Ada's"
    assert shown["last_used_address"] == "127.0.0.1"
    assert shown["last_used_client"] == "OpenAI/Python 3.54.0"
    assert "value" not in shown and key["value"] not in str(shown)


def test_a_paused_key_is_refused_until_it_is_resumed(rough: Tollgate, keys: Keys) -> None:
    key = keys.make("paused")
    assert keys.change(key, "/pause")["status"] == "paused"
    refused = rough.chat(key["value"], "plain")
    assert refused.status == 401 and "paused" in refused.error["message"]
    keys.change(key, "/resume")
    assert status(rough, key["value"]) == 200


def test_an_expired_key_is_refused_and_cannot_be_changed(rough: Tollgate, keys: Keys) -> None:
    key = keys.make("short", expires_in_seconds=1)
    assert key["expires_at"] - key["created_at"] in (1, 2)
    refused = wait_for(lambda: (answer := rough.chat(key["value"], "plain")).status == 401
                       and answer, 5)
    assert "expired" in refused.error["message"]
    assert keys.show(key)["status"] == "expired"
    assert keys.refusal(f"/{key['id']}", {"name": "longer"})[:2] == (409, "conflict")


def test_scopes_and_endpoints_narrow_what_a_key_may_call(rough: Tollgate, keys: Keys) -> None:
    audio = keys.make("audio", scopes=["api.model.audio.request"])
    refused = rough.chat(audio["value"], "plain")
    assert refused.status == 401 and refused.error["code"] == "missing_scope"
    assert "api.model.request" in refused.error["message"]
    keys.change(audio, scopes=[])
    assert status(rough, audio["value"]) == 200

    chat_only = keys.make("chat", endpoints=["/v1/chat/completions"])
    assert status(rough, chat_only["value"]) == 200
    assert rough.get("/v1/models", chat_only["value"]).status == 401
    embedding = {"model": "text-embedding-3-small", "input": "x"}
    assert rough.post("/v1/embeddings", embedding, chat_only["value"]).status == 401

    read_only = keys.make("reader", preset="read_only")
    assert read_only["scopes"] == ["api.all.read"]
    assert rough.get("/v1/models", read_only["value"]).status == 200
    assert status(rough, read_only["value"]) == 401


def test_models_narrow_what_a_key_may_ask_for_and_sees(rough: Tollgate, keys: Keys) -> None:
    key = keys.make("models", models=["gpt-4.1*"])
    assert status(rough, key["value"], model="gpt-4.1-mini") == 200
    refused = rough.chat(key["value"], "plain", model="gpt-4o")
    assert refused.status == 403 and refused.error["code"] == "model_not_found"
    listed = [model["id"] for model in rough.get("/v1/models", key["value"]).json["data"]]
    assert listed and all(model.startswith("gpt-4.1") for model in listed)
    assert rough.get("/v1/models/gpt-4o", key["value"]).status == 404


def test_addresses_narrow_where_a_key_may_be_used_from(rough: Tollgate, keys: Keys) -> None:
    key = keys.make("elsewhere", addresses=["203.0.113.0/24"])
    refused = rough.chat(key["value"], "plain")
    assert refused.status == 403 and refused.error["code"] == "ip_not_allowed"
    # An untrusted peer says nothing about where it is.
    forwarded = rough.post("/v1/chat/completions", chat_body("plain"), key["value"],
                           headers={"X-Forwarded-For": "203.0.113.7"})
    assert forwarded.status == 403
    keys.change(key, addresses=["127.0.0.0/8"])
    assert status(rough, key["value"]) == 200


def test_both_secrets_of_a_rotated_key_work_and_each_has_its_last_use(
        rough: Tollgate, keys: Keys) -> None:
    key = keys.make("rotated")
    rotated = keys.change(key, "/rotate", grace_seconds=3600)
    assert rotated["id"] == key["id"] and rotated["value"] != key["value"]
    assert [status(rough, value) for value in (key["value"], rotated["value"])] == [200, 200]
    former = wait_for(lambda: (secrets := keys.show(key)["former_secrets"])[0]["last_used_at"]
                      and secrets[0], 8, "the old secret's last use")
    assert former["opens"] and former["last_used_address"] == "127.0.0.1"

    keys.change(key, "/end_former_secret", secret_id=former["id"])
    refused = rough.chat(key["value"], "plain")
    assert refused.status == 401 and "rotated" in refused.error["message"]
    assert status(rough, rotated["value"]) == 200
    again = keys.refusal(f"/{key['id']}/end_former_secret", {"secret_id": former["id"]})
    assert again == (404, "not_found", "secret_id")


def test_a_third_secret_ends_the_oldest_and_no_grace_ends_it_at_once(
        rough: Tollgate, keys: Keys) -> None:
    key = keys.make("thrice")
    second = keys.change(key, "/rotate")
    third = keys.change(key, "/rotate")
    values = (key["value"], second["value"], third["value"])
    assert [status(rough, value) for value in values] == [401, 200, 200]
    fourth = keys.change(key, "/rotate", grace_seconds=0)
    assert [status(rough, value) for value in (*values, fourth["value"])] == [401, 401, 401, 200]


def test_a_leaked_key_is_cut_and_told_about(rough: Tollgate, upstream: Upstream,
                                            keys: Keys) -> None:
    key = keys.make("leaked")
    child = rough.post("/v1/tollgate/key/children", {"name": "child"}, key["value"])
    assert child.status == 201, child
    secret(child.json["value"])
    assert status(rough, key["value"]) == 200
    rough.wait_for_calls(key["id"], 1)
    streams = [rough.open_stream(value, "trickle")
               for value in (key["value"], child.json["value"])]
    assert all(next(events(stream)) for stream in streams)
    report = keys.change(key, "/leaked")
    told_at = time.monotonic()
    assert all("[DONE]" not in list(events(stream)) for stream in streams)
    assert time.monotonic() - told_at < 1.0
    assert report["key"]["status"] == "revoked"
    assert report["revoked_child_keys"] == [child.json["id"]]
    assert report["since_then"]["calls"] >= 1
    assert [status(rough, value) for value in (key["value"], child.json["value"])] == [401, 401]


def test_a_key_tells_about_itself(rough: Tollgate, keys: Keys) -> None:
    key = keys.make("curious", models=["gpt-4.1-mini"],
                    limit={"usd": "5.00", "per": "month"})
    told = rough.get("/v1/tollgate/key", key["value"])
    assert told.status == 200
    assert told.json["id"] == key["id"] and told.json["models"] == ["gpt-4.1-mini"]
    limit = told.json["limits"][0]
    assert (limit["scope"], limit["limit_nanousd"]) == ("key", 5_000_000_000)
    assert limit["left_nanousd"] == 5_000_000_000 and limit["resets_at"] > time.time()
    assert rough.get("/v1/tollgate/key", None).status == 401
    # And about nothing else.
    for path in (KEYS, "/v1/tollgate/limits", "/v1/organization/projects"):
        refused = rough.get(path, key["value"])
        assert refused.status == 401 and refused.error["code"] == "invalid_api_key", path


def test_a_child_spends_its_own_limit_and_its_parents(rough: Tollgate, keys: Keys) -> None:
    parent = keys.make("parent", limit={"requests": 3, "per": "total"})

    def make_child(name: str, **fields: Any) -> Answer:
        return rough.post("/v1/tollgate/key/children", {"name": name, **fields}, parent["value"])

    child = make_child("child", limit={"requests": 2, "per": "total"}).json
    secret(child["value"])
    assert [status(rough, child["value"]) for _ in range(3)] == [200, 200, 429]
    assert [status(rough, parent["value"]) for _ in range(2)] == [200, 429]
    narrower = make_child("another").json
    secret(narrower["value"])
    assert status(rough, narrower["value"]) == 429, "the parent has nothing left"
    assert rough.post("/v1/tollgate/key/children", {"name": "grandchild"},
                      child["value"]).status == 403
    listed = rough.get("/v1/tollgate/key/children", parent["value"]).json["data"]
    assert {key["id"] for key in listed} == {child["id"], narrower["id"]}
    revoked = rough.post(f"/v1/tollgate/key/children/{child['id']}/revoke", {}, parent["value"])
    assert revoked.status == 200 and status(rough, child["value"]) == 401


def test_what_a_child_spent_counts_on_its_parent_after_a_restart(upstream: Upstream) -> None:
    with Tollgate("children") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        keys = Keys(server, server.create_key("admin", "admin")["key"])
        parent = keys.make("parent", limit={"requests": 2, "per": "day"})
        child = server.post("/v1/tollgate/key/children", {"name": "child"}, parent["value"]).json
        secret(child["value"])
        assert status(server, child["value"]) == 200
        server.kill()
        server.start()
        assert [status(server, parent["value"]) for _ in range(2)] == [200, 429]
        assert status(server, child["value"]) == 429
        server.verify()


def test_everything_a_key_was_given_holds_after_a_restart(upstream: Upstream) -> None:
    with Tollgate("kept") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        keys = Keys(server, server.create_key("admin", "admin")["key"])
        narrow = keys.make("narrow", models=["gpt-4.1-mini"], addresses=["127.0.0.1"])
        paused = keys.make("paused")
        keys.change(paused, "/pause")
        rotated = keys.make("rotated")
        newer = keys.change(rotated, "/rotate")
        server.stop()
        server.start()
        assert status(server, narrow["value"]) == 200
        assert status(server, narrow["value"], model="gpt-4o") == 403
        assert status(server, paused["value"]) == 401
        assert [status(server, key["value"]) for key in (rotated, newer)] == [200, 200]


@pytest.mark.parametrize(("fields", "param"), [
    ({"scopes": ["api.everything"]}, "scopes"),
    ({"scopes": "all"}, "scopes"),
    ({"preset": "some"}, "preset"),
    ({"preset": "all", "scopes": []}, "preset"),
    ({"endpoints": ["/v1/chat"]}, "endpoints"),
    ({"models": ["gpt*4"]}, "models"),
    ({"models": ["m"] * 101}, "models"),
    ({"models": ["m"] * 10_000}, "models"),
    ({"addresses": ["10.0.0.1/8"]}, "addresses"),
    ({"addresses": ["everywhere"]}, "addresses"),
    ({"expires_in_seconds": 0}, "expires_in_seconds"),
    ({"expires_in_seconds": 31_536_001}, "expires_in_seconds"),
    ({"expires_at": 1}, "expires_at"),
    ({"expires_at": 4_000_000_000, "expires_in_seconds": 5}, "expires_in_seconds"),
    ({"limit": {"usd": 5}}, "usd"),
    ({"limit": "5"}, "limit"),
    ({"note": "x" * 1025}, "name"),
    ({"naem": "typo"}, "naem"),
    ({"value": "sk-tg-proj-...wxyz"}, "value"),
])
def test_bad_properties_are_refused_by_name(keys: Keys, fields: dict[str, Any],
                                            param: str) -> None:
    code, _, at = keys.refusal("", {"name": "bad", **fields})
    assert (code, at) == (400, param)


def test_an_admin_key_takes_addresses_and_nothing_else(keys: Keys) -> None:
    assert keys.refusal("", {"name": "a", "kind": "admin", "models": ["x"]})[::2] == (400, "models")
    assert keys.refusal("", {"name": "a", "kind": "admin",
                             "limit": {"usd": "1", "per": "day"}})[::2] == (400, "limit")
    elsewhere = keys.make("a", kind="admin", addresses=["203.0.113.0/24"])
    refused = keys.server.get(KEYS, elsewhere["value"])
    assert refused.status == 403 and refused.error["code"] == "ip_not_allowed"


def test_an_idempotent_create_happens_once(keys: Keys) -> None:
    def create(body: dict[str, Any], idempotency_key: str = "same") -> Answer:
        return keys.post("", body, **{"Idempotency-Key": idempotency_key})

    first = create({"name": "once"})
    again = create({"name": "once"})
    assert first.status == again.status == 201
    assert secret(first.json["value"]) == again.json["value"]
    assert first.json["id"] == again.json["id"]
    other = create({"name": "another"})
    assert other.status == 409 and other.headers["x-should-retry"] == "false"
    assert create({"name": "once"}, "different").json["id"] != first.json["id"]


def test_of_two_who_change_a_key_at_once_one_is_told(rough: Tollgate, keys: Keys,
                                                    admin: str) -> None:
    key = keys.make("contested")
    tag = rough.get(f"{KEYS}/{key['id']}", admin).headers["ETag"]
    assert rough.chat(key["value"], "plain").status == 200
    assert rough.get(f"{KEYS}/{key['id']}", admin).headers["ETag"] == tag, "a call is no change"
    first = keys.post(f"/{key['id']}", {"name": "mine"}, **{"If-Match": tag})
    second = keys.post(f"/{key['id']}", {"name": "yours"}, **{"If-Match": tag})
    assert (first.status, second.status) == (200, 412)
    assert second.error["code"] == "precondition_failed"
    assert keys.show(key)["name"] == "mine"


def test_a_projects_policy_holds_for_new_keys(rough: Tollgate, keys: Keys, admin: str) -> None:
    project = rough.post("/v1/organization/projects", {"name": "strict"}, admin).json
    path = f"/v1/tollgate/projects/{project['id']}/key_policy"
    policy = rough.get(path, admin).json
    assert policy["default_limit"] is None and policy["lifetime_seconds_max"] is None
    set_to = rough.post(path, {"lifetime_seconds_max": 3600,
                               "default_limit": {"usd": "20.00", "per": "month"}}, admin)
    assert set_to.status == 200 and rough.post(path, set_to.json, admin).json == set_to.json
    key = keys.make("within", project_id=project["id"])
    assert 3590 <= key["expires_at"] - key["created_at"] <= 3601
    assert [limit["limit_nanousd"] for limit in rough.limits(key["id"])] == [20_000_000_000]
    assert keys.refusal("", {"name": "long", "project_id": project["id"],
                             "expires_in_seconds": 7200})[::2] == (400, "expires_at")
    assert rough.post(path, {"lifetime_seconds_max": 5}, admin).status == 400
    assert rough.post(path, {"default_limit": {"usd": "0", "per": "day"}}, admin).status == 400


def test_a_projects_models_are_felt_by_the_next_call(rough: Tollgate, keys: Keys,
                                                     admin: str) -> None:
    project = rough.post("/v1/organization/projects", {"name": "models"}, admin).json
    path = f"/v1/organization/projects/{project['id']}/model_permissions"
    rule = {"mode": "deny_list", "model_ids": ["gpt-4o"]}
    assert rough.get(path, admin).json["model_ids"] == []
    assert rough.post(path, rule, admin).status == 200
    # A project whose first key is made after its rule was set.
    key = keys.make("of the project", project_id=project["id"])
    assert status(rough, key["value"], model="gpt-4.1-mini") == 200
    assert status(rough, key["value"], model="gpt-4o") == 403
    rough.post(path, {"mode": "allow_list", "model_ids": ["gpt-4o"]}, admin)
    assert status(rough, key["value"], model="gpt-4.1-mini") == 403
    assert status(rough, key["value"], model="gpt-4o") == 200
    assert rough.request("DELETE", path, None, admin).json["deleted"]
    assert status(rough, key["value"], model="gpt-4.1-mini") == 200


@pytest.fixture(scope="module")
def connection(rough: Tollgate) -> Iterator[http.client.HTTPConnection]:
    connection = rough.connect()
    yield connection
    connection.close()


def test_changes_are_felt_on_a_connection_that_is_open(
        rough: Tollgate, keys: Keys, connection: http.client.HTTPConnection) -> None:
    key = keys.make("kept alive")

    def call() -> int:
        return exchange(connection, "POST", "/v1/chat/completions", chat_body("plain"),
                        key["value"]).status

    assert call() == 200
    keys.change(key, models=["gpt-4o"])
    assert call() == 403
    keys.change(key, models=[])
    assert call() == 200
    keys.change(key, "/revoke", reason="test")
    assert call() == 401
