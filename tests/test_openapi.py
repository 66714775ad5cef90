# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document of /v1/tollgate/**: valid, served to everybody, and true of every operation
there is. How: described.py, which all other tests' answers go through as well.
"""
from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import openapi_spec_validator
import pytest

import described
from browsing import Browser
from described import Document, Exchange
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Answer, Tollgate, secret, wait_for
from upstreams import CREDENTIAL, Upstream

DOCUMENT = Document()
PATH = "/v1/tollgate/openapi.json"


class World:
    """A server with an upstream, its operator at a browser, and an admin key of theirs."""

    def __init__(self, server: Tollgate, upstream: Upstream) -> None:
        self.server, self.upstream = server, upstream
        self.browser = Browser(server)
        assert self.browser.sign_in(OWNER_EMAIL, OWNER_PASSWORD).status == 200
        self.admin_key = self.create_key("admin", kind="admin")["value"]

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None,
            headers: dict[str, str] = {}) -> Any:
        """What a success answers: with a key, else from the browser."""
        if key is None:
            answer = self.browser.request(method, path, body, headers)
        else:
            answer = self.server.request(method, f"/v1/tollgate/{path}", body, key, headers)
        assert answer.status in (200, 201), answer
        return answer.json

    def create_key(self, name: str, **fields: Any) -> dict[str, Any]:
        key = self.ask("POST", "keys", {"name": name, **fields})
        secret(key["value"])
        return key


def use_keys(world: World) -> None:
    key = world.create_key("all of it", note="a note", expires_in_seconds=3600, preset="all",
                           endpoints=["/v1/chat/completions"], models=["gpt-4*"],
                           addresses=["127.0.0.0/8"], limit={"usd": "5", "per": "day"})
    path = f"keys/{key['id']}"
    read = world.ask("GET", path, key=world.admin_key)
    # What was read can be sent back, and changes nothing.
    world.ask("POST", path, read)
    changed = world.ask("GET", path)
    assert {**changed, "last_used_at": None} == {**read, "last_used_at": None}
    world.ask("POST", path, {"name": "renamed", "expires_at": None, "models": []})
    for act in ("pause", "resume"):
        world.ask("POST", f"{path}/{act}")
    secret(world.ask("POST", f"{path}/rotate", {"grace_seconds": 60})["value"])
    former = world.ask("GET", path)["former_secrets"][0]
    world.ask("POST", f"{path}/end_former_secret", {"secret_id": former["id"]})
    world.ask("POST", f"{path}/revoke", {"reason": "done"})
    assert world.ask("GET", f"keys?project_id={key['project_id']}")["data"]


def use_a_key_about_itself(world: World) -> None:
    key = world.create_key("parent")["value"]
    child = world.ask("POST", "key/children", {"name": "child"}, key)
    secret(child["value"])
    world.ask("GET", "key", key=key)
    assert world.ask("GET", "key/children", key=key)["data"]
    world.ask("POST", f"key/children/{child['id']}/revoke", {}, key)


def use_limits(world: World) -> None:
    key = world.create_key("limited")
    for amount in ({"usd": "12.50", "per": "month"}, {"tokens": 1000, "per": "day"},
                   {"requests": 10, "per": "minute", "window": "rate"}, {"concurrency": 2},
                   {"usd": "1", "per": "week", "time_zone": "Europe/Berlin", "soft": True}):
        limit = world.ask("POST", "limits", {"scope": "key", "id": key["id"], **amount})
    assert len(world.ask("GET", f"limits?scope=key&target_id={key['id']}")["data"]) == 5
    world.ask("DELETE", f"limits/{limit['id']}", key=world.admin_key)
    gone = world.ask("POST", "limits", {"scope": "key", "id": key["id"], "concurrency": None})
    assert gone["deleted"]


def use_alerts(world: World) -> None:
    project = world.server.json("projects", "list")["data"][0]["id"]
    limit = world.ask("POST", "limits", {"scope": "project", "id": project, "usd": "9",
                                         "per": "day", "time_zone": "Europe/Berlin"})
    of_limit = world.ask("POST", "alerts", {"limit_id": limit["id"], "percents": [50, 100]})
    made = world.ask("POST", "alerts", {"scope": "project", "id": project, "usd": "100.50",
                                        "recipients": ["ops@example.org"]}, world.admin_key)
    path = f"alerts/{made['id']}"
    assert world.ask("POST", path, {"usd": "7", "subject_prefix": "x"})["subject_prefix"] == "x"
    assert world.ask("POST", path, {"subject_prefix": ""})["subject_prefix"] is None
    listed = world.ask("GET", f"alerts?target_id={project}")["data"]
    assert [alert["id"] for alert in listed] == [of_limit["id"], made["id"]]
    assert world.ask("DELETE", path)["deleted"]
    world.ask("DELETE", f"limits/{limit['id']}")


def use_usage_and_leaks(world: World) -> None:
    key = world.create_key("used")
    assert world.server.chat(key["value"], "plain").status == 200
    wait_for(lambda: world.ask("GET", "calls?limit=1")["data"], 3, "the call")
    report = world.ask("GET", "usage?from=2026-01-01&step=month&by=key&by=model&limit=1"
                       "&time_zone=Europe/Berlin&models=gpt-4.1-mini&models=another")
    assert report["groups"]
    [call] = world.ask("GET", "calls?limit=1")["data"]
    assert world.ask("GET", f"calls/{call['id']}")["agrees"]
    report = world.ask("POST", f"keys/{key['id']}/leaked", {"since": 0})
    assert report["since_then"]["calls"] == 1


def use_the_audit_log(world: World) -> None:
    page = world.ask("GET", "audit_logs?since=7d&type=api_key.created&limit=1")
    world.ask("GET", f"audit_logs?after={page['last_id']}", key=world.admin_key)
    world.ask("GET", "audit_logs?organization=instance")
    assert world.ask("GET", "audit_logs/chains")["data"]
    assert world.ask("GET", "audit_logs/export?chain=instance&after=0&limit=2")["data"]
    assert world.ask("GET", "audit_logs/verify")["holds"]


def use_people(world: World) -> None:
    session = world.browser.session
    invite = world.ask("POST", "invites", {
        "email": "ada@example.org", "role": "reader",
        "projects": [{"id": session["projects"][0]["id"], "role": "member"}]})
    secret(invite["link"].split("#token=")[1])
    assert world.ask("GET", "invites", key=world.admin_key)["data"]
    world.ask("DELETE", f"invites/{invite['id']}")
    world.ask("GET", f"users/{session['user']['id']}/departure")


def use_projects(world: World) -> None:
    path = f"projects/{world.browser.session['projects'][0]['id']}/key_policy"
    policy = world.ask("GET", path)
    world.ask("POST", path, {**policy, "keys_per_member_max": 100, "member_kinds": ["project"],
                             "lifetime_seconds_max": 86_400,
                             "default_limit": {"usd": "20", "per": "month"}})
    world.ask("POST", path, policy)


def use_organizations(world: World) -> None:
    home = world.browser.session["organization"]["id"]
    made = world.ask("POST", "organizations", {"name": "Another"})
    world.ask("GET", "organizations?limit=1")
    world.ask("POST", "session/organization", {"id": made["id"]})
    path = f"organizations/{made['id']}"
    world.ask("POST", path, {**world.ask("GET", path), "name": "Yet another"})
    world.ask("POST", f"{path}/delete", {"name": "Yet another", "password": OWNER_PASSWORD})
    assert world.browser.session["organization"]["id"] == home


def use_the_profile(world: World) -> None:
    world.ask("POST", "profile", {**world.ask("GET", "profile"), "name": "Grace"})
    for _ in range(2):
        Browser(world.server).sign_in(OWNER_EMAIL, OWNER_PASSWORD)
    sessions = world.ask("GET", "sessions")["data"]
    other = next(each for each in sessions if not each["is_current"])
    world.ask("DELETE", f"sessions/{other['id']}")
    assert world.ask("DELETE", "sessions")["ended"] >= 1
    new = secret("marble lantern 4417 orchard")
    for current, wanted in ((OWNER_PASSWORD, new), (new, OWNER_PASSWORD)):
        world.ask("POST", "password", {"current_password": current, "new_password": wanted})


def use_the_instance(world: World) -> None:
    world.ask("GET", "instance/organizations?limit=100")
    policy = world.ask("GET", "instance/sign_up")
    world.ask("POST", "instance/sign_up", {**policy, "mode": "invitation"})
    world.ask("POST", "instance/sign_up", policy)
    world.ask("POST", "providers", {"name": "second", "base_url": world.upstream.url,
                                    "credential": CREDENTIAL})
    world.ask("POST", "providers/second", {"fetch_models": True})
    for provider in world.ask("GET", "providers")["data"]:
        world.ask("POST", f"providers/{provider['name']}/test")
    for name in ("second", "upstream"):
        assert world.ask("POST", f"providers/{name}/keep_objects")["keeps_objects"]
    world.ask("DELETE", "providers/second")
    world.ask("GET", "routes")
    world.ask("POST", "routes/successors", {"retired": "gpt-4", "successor": "gpt-4.1-mini"})
    world.ask("POST", "routes/successors", {"retired": "gpt-4", "successor": None})
    world.ask("POST", "routes/default_models", {"endpoint": "/v1/embeddings"})
    for price in ("0.25", None):
        world.ask("POST", "routes/opened_paths", {"method": "POST", "path": "/v1/videos",
                                                  "price_usd": price})
    world.ask("GET", "prices?model=gpt-4.1&decided=false")
    token = {"unit": "input_text_token", "usd_per_million": "1.25"}
    world.ask("POST", "prices", {"model": "gpt-4.1-mini", "provider": "upstream",
                                 "prices": [token], "reason": "a test"})
    world.ask("POST", "prices/import", {"currency": "USD", "dry_run": True, "models": [
        {"model": "gpt-4.1-mini", "prices": [token]}]})
    world.ask("GET", "prices/history?model=gpt-4.1-mini")
    organization = world.browser.session["organizations"][0]["id"]
    grant = world.ask("POST", "credits", {"usd": "1000", "expires": "2999-12-31",
                                          "reason": "a test"})
    world.ask("POST", f"credits/{grant['id']}/correct", {"usd": "-1.5", "reason": "a slip"})
    assert world.ask("GET", f"credits?organization={organization}")["balances"]
    assert len(world.ask("GET", "credits/history?limit=1")["data"]) == 1
    world.ask("POST", "price_books", {"organization": organization, "factor": "1.15",
                                      "reason": "a test"})
    world.ask("POST", "price_books", {"model": "gpt-4.1-mini", "prices": [token]})
    world.ask("POST", "price_books/policy", {"organization": organization,
                                             "unwaited": "only_delivered"})
    assert world.ask("GET", f"price_books?organization={organization}")["only_delivered"]
    world.ask("GET", f"price_books/history?organization={organization}")
    world.ask("POST", "price_books", {"organization": organization, "inherit": True})
    world.ask("POST", "price_books", {"model": "gpt-4.1-mini", "inherit": True})
    assert world.ask("GET", "price_books")["data"] == []
    world.ask("POST", "prices/ceiling", {"prices": [token], "reason": "a test"})
    assert world.ask("GET", "prices/ceiling")["on"]
    world.ask("POST", "prices/ceiling", {"off": True})
    world.ask("POST", "prices", {"model": "gpt-4.1-mini", "kind": "free", "from": "2999-12-31"})
    world.ask("POST", "prices", {"model": "gpt-4.1-mini", "provider": "upstream",
                                 "kind": "shipped"})
    project = world.browser.session["projects"][0]["id"]
    adopted = world.ask("POST", "objects", {"project_id": project, "provider": "upstream",
                                            "ids": ["file-1", "pmpt_2"]})["data"]
    assert [each["kind"] for each in adopted] == ["file", "prompt"]
    assert world.ask("GET", f"objects?project_id={project}&kind=prompt")["data"] == adopted[1:]
    world.ask("POST", "objects/forget", {"project_id": project, "ids": ["file-1", "pmpt_2"]})
    assert world.ask("GET", "openapi.json") == DOCUMENT.document


def use_the_command_lines_way(world: World) -> None:
    assert world.ask("POST", "operations/list_keys", {}, world.admin_key)["data"]


USES: list[Callable[[World], None]] = [
    use_keys, use_a_key_about_itself, use_limits, use_alerts, use_usage_and_leaks,
    use_the_audit_log, use_people, use_projects, use_organizations, use_the_profile,
    use_the_instance, use_the_command_lines_way]


@pytest.fixture(scope="module")
def world(upstream: Upstream) -> Iterator[World]:
    with Tollgate("openapi") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        yield World(server, upstream)


@pytest.fixture(scope="module")
def succeeded(world: World) -> Iterator[set[str]]:
    """The operationIds of all that succeeds when everything is used once."""
    described.SEEN, seen_before = set(), described.SEEN
    try:
        for use in USES:
            use(world)
        yield {name for name, status in described.SEEN if status < 300}
    finally:
        described.SEEN |= seen_before


@pytest.mark.parametrize("operation", DOCUMENT.operations)
def test_operation_succeeds_as_described(succeeded: set[str], operation: str) -> None:
    assert operation in succeeded, f"no test above has {operation} succeed; write one"


def test_the_document_is_valid_openapi() -> None:
    validator = openapi_spec_validator.OpenAPIV31SpecValidator(DOCUMENT.document)
    assert [error.message for error in validator.iter_errors()] == []


def test_the_document_is_the_version_that_serves_it(world: World) -> None:
    version = json.loads(world.server.run("version", "--json", data=False).stdout)["version"]
    assert DOCUMENT.document["info"]["version"] == version


def test_everybody_gets_the_document_and_whoever_has_it_gets_nothing_again(world: World) -> None:
    first = world.server.get(PATH, None)
    assert first.status == 200 and first.json == DOCUMENT.document
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["Cache-Control"] == "no-cache"
    tag = first.headers["ETag"]

    def again(tags: str) -> Answer:
        return world.server.request("GET", PATH, None, None, {"If-None-Match": tags})

    assert (again(tag).status, again(tag).body) == (304, b"")
    assert again(f'"x", {tag}').status == 304 and again('"x"').status == 200
    for key in (world.admin_key, "sk-tg-admin-0000", "nonsense"):
        assert world.server.get(PATH, key).status == 200
    assert world.server.post(PATH, {}, None).status == 401
    assert world.server.post(PATH, {}, world.admin_key).status == 405


def test_a_server_in_the_document_is_wherever_it_came_from() -> None:
    assert [server["url"] for server in DOCUMENT.document["servers"]] == ["/v1"]


@pytest.mark.parametrize(("path", "body", "key"), [
    ("limits", {"scope": "key", "id": "x", "usd": 5}, "usd"),
    ("keys", {}, "name"),
    ("keys", {"name": "x", "expires_in_seconds": 0}, "expires_in_seconds"),
    ("invites", {"email": "a@example.org", "role": "member"}, "role"),
    ("routes/default_models", {"endpoint": "/v1/nothing"}, "endpoint"),
])
def test_what_the_document_does_not_take_is_refused_by_name(world: World, path: str,
                                                            body: dict[str, Any], key: str) -> None:
    answer = world.browser.post(path, **body)
    assert (answer.status, answer.error["param"]) == (400, key)


KEY = {"object": "tollgate.key", "id": "key_1", "name": "n", "note": "", "kind": "project",
       "status": "active", "redacted_value": "sk-…", "project_id": "proj_1", "project_name": "p",
       "owner_id": "user-1", "owner_name": "a", "parent_id": None, "scopes": [], "endpoints": [],
       "models": [], "addresses": [], "created_at": 1, "expires_at": None, "paused_at": None,
       "pause_reason": None,
       "rotated_at": None, "last_used_at": None, "last_used_address": None,
       "last_used_client": None, "revoked_at": None, "revoke_reason": None, "spent_nanousd": 0,
       "held_nanousd": 0, "limit_nanousd": None, "limit_count": 0}
DETAIL = {**KEY, "former_secrets": [], "networks": [], "child_keys": [KEY]}
ERROR = {"error": {"message": "m", "type": "t", "param": None, "code": None}}


def seen(status: int, body: Any, method: str = "GET", target: str = "keys/key_1",
         request: Any = None, **headers: str) -> Exchange:
    sent = b"" if request is None else json.dumps(request).encode()
    if method == "GET" and status == 200:
        headers = {"etag": '"x"', **headers}
    return Exchange(method, f"/v1/tollgate/{target}", sent, status,
                    {"content-type": "application/json", **headers}, json.dumps(body).encode())


def spoiled(body: Any, spoil: Callable[[Any], Any]) -> Any:
    bad = copy.deepcopy(body)
    spoil(bad)
    return bad


def test_the_check_finds_nothing_wrong_with_what_is_right() -> None:
    for right in (seen(200, DETAIL), seen(404, ERROR), seen(503, ERROR), seen(405, ERROR),
                  seen(200, KEY, "POST", request={"name": "x"}), seen(404, ERROR, target="nothing"),
                  seen(200, {"valid": True}, target="setup?token=x")):
        assert DOCUMENT.faults(right) == []


@pytest.mark.parametrize("wrong", [
    seen(200, spoiled(DETAIL, lambda it: it.pop("note"))),
    seen(200, spoiled(DETAIL, lambda it: it.update(note=None))),
    seen(200, spoiled(DETAIL, lambda it: it.update(colour="red"))),
    seen(200, spoiled(DETAIL, lambda it: it["child_keys"][0].update(colour="red"))),
    seen(200, spoiled(DETAIL, lambda it: it["child_keys"][0].pop("id"))),
    seen(200, spoiled(DETAIL, lambda it: it.update(kind="secret"))),
    seen(200, spoiled(DETAIL, lambda it: it.update(object="key"))),
    seen(200, KEY, etag=""),
    seen(200, DETAIL, **{"set-cookie": "a=b"}),
    seen(200, DETAIL, **{"content-type": "text/html"}),
    seen(201, DETAIL),
    seen(429, ERROR),
    seen(404, spoiled(ERROR, lambda it: it["error"].pop("param"))),
    seen(404, spoiled(ERROR, lambda it: it["error"].update(hint="h"))),
    seen(200, DETAIL, target="nothing"),
    seen(200, DETAIL, "DELETE"),
    seen(404, {"error": "no"}, target="nothing"),
    seen(200, DETAIL, target="keys/key_1?colour=red"),
    seen(201, {**KEY, "value": "x"}, "POST", "keys", {"name": "n", "colour": "red"}),
    seen(201, {**KEY, "value": "x"}, "POST", "keys", {"note": "n"}),
])
def test_the_check_finds_what_is_wrong(wrong: Exchange) -> None:
    assert DOCUMENT.faults(wrong)


def test_a_missing_tag_is_found() -> None:
    without = seen(200, DETAIL)
    without.headers.pop("etag")
    assert DOCUMENT.faults(without) == ["the header etag is missing"]
