# SPDX-License-Identifier: Apache-2.0
"""The audit log: each change appears with who, what, before and after, and from where, through the
official SDK; nothing is lost or doubled in pages; and what is done to its rows is found."""
import concurrent.futures
import json
import subprocess
from collections.abc import Callable, Iterator

import openai
import pytest
from tollgate import BINARY, NODE, OWNER_EMAIL, OWNER_PASSWORD, ROOT, Tollgate, secret


@pytest.fixture(scope="module")
def instance() -> Iterator[Tollgate]:
    with Tollgate("audit") as server:
        server.init().start()
        yield server
        done = server.run("audit", "verify")
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def admin_key(instance: Tollgate) -> dict[str, str]:
    return instance.create_key("admin", "admin")


@pytest.fixture(scope="module")
def organization(instance: Tollgate, admin_key: dict[str, str]):
    client = openai.OpenAI(admin_api_key=admin_key["key"], base_url=instance.url, max_retries=0,
                           timeout=20)
    return client.admin.organization


def newest(organization, **filters):
    return next(iter(organization.audit_logs.list(limit=1, **filters)), None)


def payload(log) -> dict:
    return log.model_dump(by_alias=True, exclude_unset=True)[log.type]


def instance_log(instance: Tollgate, type_: str) -> dict:
    return instance.json("audit", "list", "--type", type_, "--limit", "1")["data"][0]


def test_a_change_through_the_api_says_who_what_and_from_where(
        organization, admin_key: dict[str, str]) -> None:
    project = organization.projects.create(name="Apollo")
    log = newest(organization, resource_ids=[project.id])
    assert log.type == "project.created" and payload(log) == {
        "id": project.id, "data": {"name": "Apollo"}}
    assert (log.project.id, log.project.name) == (project.id, "Apollo")
    assert log.actor.type == "api_key" and log.actor.api_key.id == admin_key["id"]
    assert log.actor.api_key.type == "user" and log.actor.api_key.user.email == OWNER_EMAIL
    assert log.actor.api_key.ip_address == "127.0.0.1"
    organization.projects.update(project.id, name="Artemis")
    log = newest(organization, resource_ids=[project.id])
    assert log.type == "project.updated" and payload(log) == {
        "id": project.id, "changes_requested": {"name": "Artemis"}, "before": {"name": "Apollo"}}
    assert log.project.name == "Artemis", "as it is called now"
    organization.projects.archive(project.id)
    assert newest(organization, resource_ids=[project.id]).type == "project.archived"


def test_service_accounts_and_keys_appear_with_their_project(organization) -> None:
    project = organization.projects.create(name="robots")
    account = organization.projects.service_accounts.create(project.id, name="deploy")
    organization.projects.service_accounts.update(account.id, project_id=project.id, name="ship")
    organization.projects.service_accounts.delete(account.id, project_id=project.id)
    logs = list(organization.audit_logs.list(project_ids=[project.id]))
    assert [log.type for log in logs] == [
        "service_account.deleted", "service_account.updated", "api_key.created",
        "service_account.created", "project.created"]
    assert all(log.project.id == project.id for log in logs)
    assert payload(logs[0])["revoked_keys"] == [account.api_key.id]
    assert payload(logs[1])["before"] == {"name": "deploy"}
    assert payload(logs[2])["data"]["name"] and payload(logs[2])["id"] == account.api_key.id


def test_a_change_by_the_command_line_appears_too(instance: Tollgate, organization) -> None:
    key = instance.create_key("laptop")
    created = newest(organization, resource_ids=[key["id"]])
    assert created.type == "api_key.created" and payload(created)["data"]["kind"] == "project"
    acting = created.actor.session.user
    assert acting.id.startswith("uid:") and acting.email is None
    instance.run("keys", "revoke", key["id"], "--reason", "posted in a chat")
    revoked = newest(organization, resource_ids=[key["id"]])
    assert revoked.type == "api_key.deleted"
    assert payload(revoked) == {"id": key["id"], "reason": "posted in a chat", "child_keys": 0}


def test_limits_show_before_and_after(instance: Tollgate, organization) -> None:
    key = instance.create_key("limited")
    instance.limit("key", key["id"], "5")
    instance.limit("key", key["id"], "7")
    log = newest(organization, resource_ids=[key["id"]], event_types=["tollgate.limit.set"])
    assert payload(log)["before"]["amount"] == 5_000_000_000
    assert payload(log)["changes_requested"]["amount"] == 7_000_000_000
    assert payload(log)["data"]["scope"] == "key"


def test_what_is_the_instances_is_in_its_chain(instance: Tollgate, organization) -> None:
    instance.json("routes", "set-default", "/v1/embeddings", "one")
    instance.json("routes", "set-default", "/v1/embeddings", "two")
    log = instance_log(instance, "tollgate.default_model.set")
    assert log["chain"] == "instance"
    assert log[log["type"]] == {"id": "/v1/embeddings", "changes_requested": {"model": "two"},
                                "before": {"model": "one"}}
    assert newest(organization, event_types=["tollgate.default_model.set"]) is None


def sign_in(instance: Tollgate, password: str, email: str = OWNER_EMAIL) -> dict[str, str]:
    answer = instance.request("POST", "/v1/tollgate/session",
                              {"email": email, "password": password}, None)
    cookie = (answer.headers["Set-Cookie"] or "").split(";")[0]
    if cookie:
        secret(cookie.split("=", 1)[1])
    return {"status": answer.status, "Cookie": cookie,
            "X-Tollgate-CSRF": answer.json.get("csrf_token", "")}


def test_signing_in_failing_to_and_signing_out_appear(instance: Tollgate, organization) -> None:
    assert sign_in(instance, secret("a wrong password 4711"))["status"] == 401
    failed = newest(organization, event_types=["login.failed"])
    assert payload(failed)["error_code"] == "invalid_credentials"
    assert failed.actor.session.ip_address == "127.0.0.1" and failed.actor.session.user is None
    assert OWNER_EMAIL not in repr(failed)
    session = sign_in(instance, OWNER_PASSWORD)
    log = newest(organization)
    assert log.type == "login.succeeded" and payload(log) == {}
    assert log.actor.type == "session" and log.actor.session.user.email == OWNER_EMAIL
    assert log.actor.session.ip_address == "127.0.0.1"
    session.pop("status")
    assert instance.request("DELETE", "/v1/tollgate/session", None, None, session).status == 200
    assert newest(organization).type == "logout.succeeded"


def test_guesses_do_not_fill_the_log() -> None:
    with Tollgate("audit-guesses") as server:
        server.init().start()
        statuses = [sign_in(server, secret("a wrong password 4711"))["status"] for _ in range(25)]
        assert statuses.count(401) == 10 and statuses.count(429) == 15
        logs = server.json("audit", "list", "--type", "login.failed")["data"]
        assert 2 <= len(logs) <= 3, logs


def test_the_first_view_of_anothers_usage_a_day_is_an_entry(instance: Tollgate,
                                                            organization) -> None:
    key = instance.create_key("used", "test")
    instance.chat(key["key"], "hello")
    instance.wait_for_calls(key["id"], 1, 5)
    instance.json("usage", "--by", "user")
    views = list(organization.audit_logs.list(event_types=["tollgate.usage.viewed"]))
    assert [view.actor.session.user.id[:4] for view in views] == ["uid:"], "once, not the owner's"


def test_times_types_and_actors_filter(organization, admin_key: dict[str, str]) -> None:
    project = organization.projects.create(name="times")
    log = newest(organization, resource_ids=[project.id])
    at, one = log.effective_at, {"resource_ids": [project.id]}
    found: Callable[..., bool] = lambda **more: newest(organization, **one, **more) is not None
    assert found(effective_at={"gte": at, "lte": at})
    assert found(effective_at={"gt": at - 1, "lt": at + 1})
    assert not found(effective_at={"gt": at}) and not found(effective_at={"lt": at})
    assert found(event_types=["project.created", "project.updated"])
    assert not found(event_types=["project.updated"])
    assert found(actor_ids=[admin_key["id"]]) and not found(actor_ids=["user-none"])
    assert found(actor_ids=[log.actor.api_key.user.id])
    assert found(actor_emails=[OWNER_EMAIL]) and not found(actor_emails=["eve@example.com"])
    assert found(project_ids=[project.id]) and not found(project_ids=["proj_none"])
    assert not found(tenant_only=True)


@pytest.mark.parametrize(("query", "param"), [
    ("colour=red", "colour"), ("event_types[]=project.exploded", "event_types"),
    ("effective_at[gte]=soon", "effective_at[gte]"), ("effective_at[eq]=5", "effective_at[eq]"),
    ("limit=0", "limit"), ("limit=101", "limit"), ("after=audit_log-none-1", "after"),
    ("before=nonsense", "before"), ("tenant_only=perhaps", "tenant_only"),
    ("&".join(f"actor_ids[]={n}" for n in range(101)), "actor_ids"),
])
def test_what_the_filter_does_not_know_is_refused_by_name(
        instance: Tollgate, admin_key: dict[str, str], query: str, param: str) -> None:
    answer = instance.get(f"/v1/organization/audit_logs?{query}", admin_key["key"])
    assert (answer.status, answer.error["param"]) == (400, param), answer


def test_pages_of_thousands_lose_and_double_nothing_while_new_ones_arrive(
        instance: Tollgate, organization) -> None:
    key = instance.create_key("paged")

    def change(times: int) -> None:
        for number in range(times):
            instance.operate("set_limit", scope="key", id=key["id"], usd=str(number + 1),
                             per="total")

    change(1500)
    before = {log["id"] for log in instance.json("audit", "list", "--limit", "100000")["data"]
              if log["chain"] != "instance"}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        adding = pool.submit(change, 200)
        read = [log.id for log in organization.audit_logs.list(limit=100)]
        adding.result()
    assert len(read) == len(set(read)) and before <= set(read) and len(before) > 1500
    page = organization.audit_logs.list(limit=10, before=read[50])
    assert [log.id for log in page.data] == read[40:50] and page.has_more


def test_the_other_sdk_reads_our_own_events_too(instance: Tollgate,
                                                admin_key: dict[str, str]) -> None:
    program = """
import OpenAI from "openai";
const client = new OpenAI({adminAPIKey: process.env.KEY, baseURL: process.env.URL});
const types = new Set();
for await (const log of client.admin.organization.auditLogs.list({limit: 100})) {
  if (!(log.type in log)) throw new Error(log.id);
  types.add(log.type);
}
console.log(JSON.stringify([...types]));
"""
    environment = {"KEY": admin_key["key"], "URL": instance.url, "PATH": "/usr/bin:/bin"}
    done = subprocess.run([str(NODE), "--input-type=module", "-e", program],
                          cwd=ROOT / "tests/node", env=environment, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    assert {"tollgate.limit.set", "project.created"} <= set(json.loads(done.stdout))


def test_no_secret_is_in_it(instance: Tollgate, admin_key: dict[str, str]) -> None:
    exported = instance.run("audit", "export").stdout
    assert exported.count("\n") > 100
    for hidden in (admin_key["key"], OWNER_PASSWORD, OWNER_EMAIL, "a wrong password 4711"):
        assert hidden not in exported and json.dumps(hidden)[1:-1] not in exported


# Verifying.

@pytest.fixture
def stopped(request: pytest.FixtureRequest) -> Iterator[Tollgate]:
    with Tollgate("audit-stopped") as server:
        server.init()
        for name in ("one", "two", "three", "four"):
            server.create_key(name)
        yield server


def edit(server: Tollgate, *statements: str) -> None:
    with server.changed_database() as execute:
        for statement in statements:
            assert execute(statement).rowcount, statement


def verify(server: Tollgate, *arguments: str) -> dict:
    done = server.run("audit", "verify", "--json", *arguments)
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["holds"] else 1)
    return report


@pytest.mark.parametrize(("statements", "sequence", "what"), [
    (["UPDATE audit_log SET detail = '{}' WHERE chain <> '' AND sequence = 2"], 2, "altered"),
    (["UPDATE audit_log SET actor_id = 'uid:1' WHERE chain <> '' AND sequence = 3"], 3, "altered"),
    (["DELETE FROM audit_log WHERE chain <> '' AND sequence = 2"], 2, "missing"),
    (["DELETE FROM audit_log WHERE chain <> '' AND sequence > 3"], 4, "cut off"),
    (["DELETE FROM audit_log WHERE chain <> '' AND sequence > 3",
      "UPDATE audit_heads SET entries = 3, hash = (SELECT hash FROM audit_log l WHERE l.chain = "
      "audit_heads.chain AND sequence = 3) WHERE chain <> ''"], 3, "seal"),
    (["DELETE FROM audit_log WHERE chain <> ''", "DELETE FROM audit_heads WHERE chain <> ''"], 0,
     "0 chains"),
    (["DELETE FROM audit_log", "DELETE FROM audit_heads"], 0, "gone"),
])
def test_an_edit_of_a_stopped_servers_file_is_found_and_stays_found(
        stopped: Tollgate, statements: list[str], sequence: int, what: str) -> None:
    assert verify(stopped)["holds"]
    edit(stopped, *statements)
    first = verify(stopped)["findings"][0]
    assert (first["sequence"], what in first["what"]) == (sequence, True), first
    stopped.create_key("later")
    assert not verify(stopped)["holds"], "covered up by what came later"


def test_an_export_is_verified_anywhere(stopped: Tollgate) -> None:
    lines = stopped.run("audit", "export").stdout.splitlines(keepends=True)
    organization = json.loads(lines[-1])["chain"]
    one = stopped.run("audit", "export", "--organization", organization).stdout
    assert one and set(one.splitlines(keepends=True)) < set(lines)
    file = stopped.folder / "audit.jsonl"
    entries = [i for i, line in enumerate(lines) if "tollgate.audit_entry" in line]
    middle = entries[len(entries) // 2]
    for text, holds in [
            ("".join(lines), True), (one, True), ("", False), ("nonsense\n", False),
            ("".join(lines[:middle] + lines[middle + 1:]), False),
            ("".join(lines[:-1]), False), ("".join(lines[:-2] + lines[-1:]), False),
            ("".join(lines).replace(r'\"one\"', r'\"eno\"'), False)]:
        file.write_text(text)
        done = subprocess.run([str(BINARY), "audit", "verify", "--file", str(file)],
                              capture_output=True, text=True, cwd=stopped.folder, timeout=30)
        assert (done.returncode == 0) == holds, (done.stdout, text[:300])
    assert stopped.run("audit", "export", "--organization", "org-none").returncode == 1


def test_a_running_server_is_verified_and_listed_too(instance: Tollgate) -> None:
    assert verify(instance)["seals_checked"]
    listed = instance.run("audit", "list", "--since", "1h", "--actor", OWNER_EMAIL)
    assert listed.returncode == 0 and OWNER_EMAIL in listed.stdout
    for wrong in (["--since", "soon"], ["--type", "project.exploded"],
                  ["--actor", "eve@example.com"]):
        assert instance.run("audit", "list", *wrong).returncode == 1, wrong
