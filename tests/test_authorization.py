# SPDX-License-Identifier: Apache-2.0
"""Who may ask what: every route for everybody, against a table that people wrote
(data/authorization.tsv; data/README.md says how it is read)."""
from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from conformance.world import new_authority
from described import load_document
from people import Person, organization_of
from tollgate import ROOT, Answer, Tollgate

TABLE = list(csv.DictReader((ROOT / "tests/data/authorization.tsv").open(), delimiter="\t",
                            quoting=csv.QUOTE_NONE))
ROUTES = [pytest.param(row, id=f"{row['method']} {row['path']}") for row in TABLE]
ROLES = ["owner", "reader", "project_owner", "project_member", "custom"]
# What the custom role of this test gives, beside what every reader has.
CUSTOM = ["api.audit_logs.read", "api.usage.read", "api.groups.write"]

ALERT: dict[str, Any] = {
    "threshold_amount": 100, "currency": "USD", "interval": "month",
    "notification_channel": {"type": "email", "recipients": ["ops@example.com"]}}

# What only a browser may ask about its own person, and a key about itself: tests of their own.
ABOUT_ONESELF = re.compile(r"tollgate/(profile|password|sessions|session/organization|"
                           r"organizations|key)(/.*)?")

Ask = Callable[[str, str, Any], Answer]


class World(NamedTuple):
    instance: Tollgate
    asks: dict[str, dict[str, Ask]]  # by role, then by credential
    stranger: Ask
    elsewhere: Ask  # owns another project
    outsiders: dict[str, str | None]  # keys that open nothing
    ids: dict[str, str]


def with_key(instance: Tollgate, key: str) -> Ask:
    return lambda method, path, body: instance.request(method, path, body, key)


def found_another_organization(instance: Tollgate, user_id: str) -> None:
    """Nothing makes a second organization yet, so its rows are written while the server is down."""
    with instance.changed_database() as execute:
        execute("INSERT INTO organizations (id, name, created_unix_ms)"
                " VALUES ('org-other', 'Other', 1)")
        execute("INSERT INTO projects (id, organization_id, name, is_default, created_unix_ms)"
                " VALUES ('proj_other', 'org-other', 'Other', 1, 1)")
        execute("UPDATE memberships SET organization_id = 'org-other' WHERE user_id = ?", user_id)
        execute("DELETE FROM project_members WHERE user_id = ?", user_id)


def make_things(organization: Any, project_id: str, user_id: str) -> dict[str, str]:
    """One of everything that a path names."""
    group = organization.groups.create(name="a group")
    organization.groups.users.create(group.id, user_id=user_id)
    organization.projects.groups.create(project_id, group_id=group.id, role="role_project_member")
    account = organization.projects.service_accounts.create(project_id, name="robot")
    return {
        "project_id": project_id,
        "user_id": user_id,
        "group_id": group.id,
        "role_id": organization.roles.create(role_name="a role", permissions=[]).id,
        "service_account_id": account.id,
        "key_id": account.api_key.id,
        "alert_id": organization.projects.spend_alerts.create(project_id, **ALERT).id,
        "admin_key_id": organization.admin_api_keys.create(name="a key").id,
        "certificate_id": organization.certificates.create(certificate=new_authority("a")).id,
    }


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Tollgate("authorization") as instance:
        instance.init()
        stranger = Person(instance, "stranger")
        found_another_organization(instance, stranger.id)
        instance.start()
        organization = organization_of(instance, instance.create_key("admin", "admin")["key"])
        default = next(iter(organization.projects.list()))
        project = organization.projects.create(name="Apollo")
        other = organization.projects.create(name="Gemini")

        people = {role: Person(instance, role).sign_in()
                  for role in [*ROLES, "elsewhere", "asked_for"]}
        asks = {}
        for role, person in people.items():
            key = person.create_admin_key()["value"]
            asks[role] = {"browser": person.ask, "admin key": with_key(instance, key)}
            organization.projects.users.delete(person.id, project_id=default.id)
            if role != "owner":
                organization.users.update(person.id, role="reader")
        users = organization.projects.users
        users.create(project.id, user_id=people["project_owner"].id, role="owner")
        users.create(project.id, user_id=people["project_member"].id, role="member")
        users.create(other.id, user_id=people["elsewhere"].id, role="owner")
        custom = organization.roles.create(role_name="custom", permissions=CUSTOM)
        group = organization.groups.create(name="custom")
        organization.groups.roles.create(group.id, role_id=custom.id)
        organization.groups.users.create(group.id, user_id=people["custom"].id)

        ended = organization.admin_api_keys.create(name="ended")
        organization.admin_api_keys.delete(ended.id)
        outsiders = {"no key": None, "revoked": ended.value, "made up": "sk-tg-admin-0000"}
        for kind in ("project", "service-account", "test"):
            outsiders[kind] = instance.create_key(kind, kind)["key"]
        stranger_key = stranger.sign_in().create_admin_key()["value"]
        yield World(instance, {role: asks[role] for role in ROLES},
                    with_key(instance, stranger_key), asks["elsewhere"]["browser"], outsiders,
                    make_things(organization, project.id, people["asked_for"].id))


def filled(text: str, ids: dict[str, str]) -> str:
    """Ids that nothing has yet are made up."""
    return re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], f"unknown_{found[1]}"), text)


def harmless(row: dict[str, str], ids: dict[str, str]) -> tuple[str, str, Any]:
    """A request that changes nothing wherever it gets: the last id is unknown to a DELETE, and a
    POST has a field that nobody knows."""
    path = row["path"]
    if row["method"] == "DELETE":
        path = re.sub(r"\{\w+\}$", "unknown", path)
    body = {"nobody_knows_this": 1} if row["method"] == "POST" else None
    return row["method"], "/v1/" + filled(path, ids), body


def is_public(row: dict[str, str]) -> bool:
    return row["owner"] == "public"


def outcome(answer: Answer, row: dict[str, str]) -> str:
    if answer.status not in (401, 403):
        return "public" if is_public(row) else "allowed"
    code = answer.error["code"]
    assert code in ("missing_scope", "insufficient_permissions"), answer
    return "refused"


@pytest.mark.parametrize("row", ROUTES)
def test_each_role_gets_as_far_as_the_table_says(world: World, row: dict[str, str]) -> None:
    request = harmless(row, world.ids)
    for role in ROLES:
        for credential, ask in world.asks[role].items():
            wanted = row[role]
            if wanted == "operator":  # which the person of this test is not
                wanted = "refused"
            answer = ask(*request)
            assert outcome(answer, row) == wanted, (role, credential, answer)
            if wanted == "refused":
                assert answer.status == (403 if credential == "browser" else 401), (role, answer)
            assert answer.status not in (200, 201) or row["method"] == "GET", answer


@pytest.mark.parametrize("row", ROUTES)
def test_a_projects_owner_is_a_reader_elsewhere(world: World, row: dict[str, str]) -> None:
    assert outcome(world.elsewhere(*harmless(row, world.ids)), row) == row["reader"]


@pytest.mark.parametrize("row", ROUTES)
def test_no_other_credential_opens_anything(world: World, row: dict[str, str]) -> None:
    method, path, body = harmless(row, world.ids)
    for name, key in world.outsiders.items():
        answer = world.instance.request(method, path, body, key)
        if is_public(row):
            assert answer.status == 200, (name, answer)
            continue
        assert answer.status == 401, (name, answer)
        assert answer.error["code"] != "missing_scope", (name, answer)


@pytest.mark.parametrize("row", [row for row in ROUTES if row.values[0]["stranger"] == "hidden"])
def test_another_organizations_things_are_not_found(world: World, row: dict[str, str]) -> None:
    body = filled(row["stranger_body"], world.ids)
    answer = world.stranger(row["method"], "/v1/" + filled(row["path"], world.ids),
                            body.encode() if body else None)
    assert answer.status in (404, 501), answer


@pytest.mark.parametrize("row", [row for row in ROUTES if row.values[0]["stranger"] != "hidden"])
def test_a_stranger_is_at_home_in_their_own_organization(world: World, row: dict[str, str]) -> None:
    assert outcome(world.stranger(*harmless(row, world.ids)), row) == row["stranger"]


def test_only_the_operator_reaches_the_instance_and_only_in_the_browser(world: World) -> None:
    operator = Person.of_owner(world.instance).sign_in()
    rows = [row for row in TABLE if row["owner"] == "operator"]
    assert rows
    for row in rows:
        assert outcome(operator.ask(*harmless(row, world.ids)), row) == "allowed", row


def key(method: str, path: str) -> tuple[str, str]:
    return method.upper(), re.sub(r"\{\w+\}", "{}", path.removeprefix("/v1").strip("/"))


def test_every_operation_of_openai_has_a_line() -> None:
    operations = csv.DictReader((ROOT / "tests/data/admin_operations.tsv").open(), delimiter="\t")
    wanted = {key(row["method"], row["path"]) for row in operations}
    lines = [key(row["method"], row["path"]) for row in TABLE]
    assert len(wanted) == 143 and len(lines) == len(set(lines))
    assert {line for line in lines if not line[1].startswith("tollgate/")} == wanted


def test_every_operation_of_ours_has_a_line() -> None:
    lines = {key(row["method"], row["path"]) for row in TABLE}
    described = {key(method, path) for path, item in load_document()["paths"].items()
                 for method in item if method in ("get", "post", "delete")}
    missing = {each for each in described - lines if not ABOUT_ONESELF.fullmatch(each[1])}
    assert len(described) > 60 and not missing, missing
