# SPDX-License-Identifier: Apache-2.0
"""Users and a project's people, as the newest official package manages them: each change is
seen by a read, and felt by a call where it concerns calls."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from people import Person, calls, create_key, organization_of
from tollgate import OWNER_EMAIL, Tollgate

GROUPS = ["api.groups.read", "api.groups.write"]


@pytest.fixture(scope="module")
def instance() -> Iterator[Tollgate]:
    with Tollgate("admin-people") as server:
        server.init().start()
        yield server


@pytest.fixture(scope="module")
def admin_key(instance: Tollgate) -> str:
    return instance.create_key("admin", "admin")["key"]


@pytest.fixture
def organization(instance: Tollgate, admin_key: str) -> Any:
    return organization_of(instance, admin_key)


@pytest.fixture
def default_project(organization: Any) -> str:
    return next(iter(organization.projects.list())).id


# Users.

def test_users_are_listed_found_by_email_and_promoted(instance: Tollgate,
                                                      organization: Any) -> None:
    grace = Person(instance, "grace", "reader")
    listed = {user.id: user for user in organization.users.list(limit=1)}
    assert listed[grace.id].email == grace.email and listed[grace.id].role == "reader"
    assert OWNER_EMAIL in [user.email for user in listed.values()]
    found = list(organization.users.list(emails=[grace.email.upper(), "nobody@example.org"]))
    assert [user.id for user in found] == [grace.id]
    assert organization.users.retrieve(grace.id) == listed[grace.id]
    assert organization.users.update(grace.id, role="owner").role == "owner"
    assert organization.users.retrieve(grace.id).role == "owner"
    assert organization.users.update(grace.id, role_id="role_organization_reader").role == "reader"


def test_a_custom_role_by_its_id_comes_beside_the_predefined_one(
        instance: Tollgate, organization: Any) -> None:
    person = Person(instance, "custom", "reader")
    role = organization.roles.create(role_name="by update", permissions=GROUPS)
    assert organization.users.update(person.id, role_id=role.id).role == "reader"
    names = [each.name for each in organization.users.roles.list(person.id)]
    assert names == ["reader", "by update"]


def test_what_was_read_can_be_sent_back(instance: Tollgate, admin_key: str) -> None:
    person = Person(instance, "echo", "reader")
    for path in (f"users/{person.id}", "roles/role_organization_owner"):
        read = instance.get(f"/v1/organization/{path}", admin_key)
        sent = instance.post(f"/v1/organization/{path}", read.json, admin_key,
                             headers={"If-Match": read.headers["ETag"]})
        assert (sent.status, sent.json) == (200, read.json), sent


def test_a_leaver_loses_their_own_and_service_accounts_stay(
        instance: Tollgate, organization: Any, admin_key: str, default_project: str) -> None:
    leaver = Person(instance, "leaver").sign_in()
    own = create_key(leaver, default_project)
    robot = create_key(leaver, default_project, "service-account")
    theirs = leaver.create_admin_key()
    group = organization.groups.create(name="leavers")
    organization.groups.users.create(group.id, user_id=leaver.id)
    assert [calls(instance, key) for key in (own, robot)] == [404, 404]

    path = f"/v1/tollgate/users/{leaver.id}/departure"
    preview = instance.get(path, admin_key).json
    assert preview == leaver.ask("GET", path).json
    assert preview["can_leave"] and preview["obstacle"] is None
    assert {key["kind"] for key in preview["keys"]} == {"project", "admin"}
    assert [account["name"] for account in preview["service_accounts"]] == ["theirs"]
    assert [project["id"] for project in preview["projects"]] == [default_project]
    assert [each["id"] for each in preview["groups"]] == [group.id]
    assert own not in json.dumps(preview)

    assert organization.users.delete(leaver.id).deleted
    assert [calls(instance, key) for key in (own, robot)] == [401, 404]
    assert instance.get("/v1/organization/users", theirs["value"]).status == 401
    assert leaver.ask("GET", "/v1/tollgate/keys").status == 401
    assert list(organization.groups.users.list(group.id)) == []
    assert leaver.id not in [user.id for user in organization.projects.users.list(default_project)]
    with pytest.raises(openai.NotFoundError):
        organization.users.retrieve(leaver.id)
    again = instance.post("/v1/tollgate/session",
                          {"email": leaver.email, "password": leaver.password}, None)
    assert again.status == 401, again


def test_the_last_owner_stays_owner(instance: Tollgate) -> None:
    with Tollgate("last-owner") as small:
        small.init().start()
        organization = organization_of(small, small.create_key("admin", "admin")["key"])
        owner = next(iter(organization.users.list()))
        with pytest.raises(openai.ConflictError, match="last owner"):
            organization.users.delete(owner.id)
        with pytest.raises(openai.ConflictError, match="last owner"):
            organization.users.update(owner.id, role="reader")
        assert organization.users.retrieve(owner.id).role == "owner"


@pytest.mark.parametrize(("body", "param"), [
    ({"role": "member"}, "role"),
    ({"role": 5}, "role"),
    ({"role": "reader", "role_id": "role_organization_owner"}, None),
    ({"technical_level": "high"}, "technical_level"),
    ({"developer_persona": "x"}, "developer_persona"),
    ({"email": "other@example.org"}, "email"),
])
def test_a_bad_update_of_a_user_is_refused_by_its_field(
        instance: Tollgate, admin_key: str, body: dict[str, Any], param: str | None) -> None:
    person = Person(instance, "bad-update", "owner" if param is None else "reader")
    answer = instance.post(f"/v1/organization/users/{person.id}", body, admin_key)
    assert (answer.status, answer.error["param"]) == (400, param or "role_id"), answer


# A project's people.

def test_a_project_gets_people_by_id_and_by_email(instance: Tollgate, organization: Any) -> None:
    project = organization.projects.create(name="Apollo")
    users = organization.projects.users
    makers = [user.role for user in users.list(project.id)]
    assert makers == ["owner"]  # whoever made it
    first, second = (Person(instance, name, "reader") for name in ("first", "second"))
    assert users.create(project.id, user_id=first.id, role="member").id == first.id
    added = users.create(project.id, email=second.email.upper(), role="owner")
    assert (added.id, added.role, added.email) == (second.id, "owner", second.email)
    assert {first.id, second.id} < {user.id for user in users.list(project.id, limit=1)}
    assert users.retrieve(first.id, project_id=project.id).role == "member"
    assert users.update(first.id, project_id=project.id, role="owner").role == "owner"
    assert users.retrieve(first.id, project_id=project.id).role == "owner"
    assert users.delete(second.id, project_id=project.id).deleted
    with pytest.raises(openai.NotFoundError):
        users.retrieve(second.id, project_id=project.id)
    with pytest.raises(openai.ConflictError):
        users.create(project.id, user_id=first.id, role="member")


def test_who_leaves_a_project_loses_their_keys_in_it(instance: Tollgate, organization: Any,
                                                     default_project: str) -> None:
    person = Person(instance, "worker", "reader").sign_in()
    project = organization.projects.create(name="Gemini")
    refused = person.ask("POST", "/v1/tollgate/keys", {"name": "x", "project_id": project.id})
    assert refused.status == 403 and refused.error["param"] == "project_id"
    organization.projects.users.create(project.id, user_id=person.id, role="member")
    here, there = create_key(person, project.id), create_key(person, default_project)
    assert organization.projects.users.delete(person.id, project_id=project.id).deleted
    assert [calls(instance, key) for key in (here, there)] == [401, 404]


@pytest.mark.parametrize(("body", "status", "param"), [
    ({"role": "member"}, 400, "user_id"),
    ({"role": "member", "user_id": "{id}", "email": "{email}"}, 400, "user_id"),
    ({"user_id": "{id}"}, 400, "role"),
    ({"user_id": "{id}", "role": "reader"}, 400, "role"),
    ({"user_id": "user-unknown", "role": "member"}, 404, "user_id"),
    ({"email": "nobody@example.org", "role": "member"}, 404, "email"),
])
def test_a_bad_addition_to_a_project_is_refused(
        instance: Tollgate, organization: Any, admin_key: str, body: dict[str, str], status: int,
        param: str) -> None:
    person = Person(instance, "addition", "reader")
    project = organization.projects.create(name="refuses")
    filled = {name: value.format(id=person.id, email=person.email) for name, value in body.items()}
    answer = instance.post(f"/v1/organization/projects/{project.id}/users", filled, admin_key)
    assert (answer.status, answer.error["param"]) == (status, param), answer


def test_an_archived_project_takes_nobody(instance: Tollgate, organization: Any) -> None:
    project = organization.projects.create(name="archived")
    users = organization.projects.users
    person = Person(instance, "late", "reader")
    group = organization.groups.create(name="late")
    organization.projects.archive(project.id)
    for attempt in (
            lambda: users.create(project.id, user_id=person.id, role="member"),
            lambda: organization.projects.groups.create(project.id, group_id=group.id,
                                                        role="role_project_member"),
            lambda: organization.projects.roles.create(project.id, role_name="x", permissions=[])):
        with pytest.raises(openai.ConflictError):
            attempt()


def test_a_member_sees_their_own_keys_and_usage_and_no_others(
        instance: Tollgate, organization: Any, default_project: str) -> None:
    person = Person(instance, "frugal", "reader").sign_in()
    others = instance.create_key("of the owner", "test")
    own = create_key(person, default_project, "test")
    assert [calls(instance, key) for key in (own, others["key"])] == [200, 200]
    instance.wait_for_calls(others["id"], 1)
    ids = [key["id"] for key in person.ask("GET", "/v1/tollgate/keys").json["data"]]
    assert len(ids) == 1
    instance.wait_for_calls(ids[0], 1)
    usage = person.ask("GET", "/v1/tollgate/usage?by=key").json
    assert [group["key_id"] for group in usage["groups"]] == ids and usage["totals"]["calls"] == 1
    asked = person.ask("GET", f"/v1/tollgate/usage?by=key&key_ids={others['id']}").json
    assert asked["groups"] == [] and asked["totals"]["calls"] == 0
    assert [call["key_id"] for call in person.ask("GET", "/v1/tollgate/calls").json["data"]] == ids
    role = organization.roles.create(role_name="bookkeeper", permissions=["api.usage.read"])
    organization.users.roles.create(person.id, role_id=role.id)
    groups = person.ask("GET", "/v1/tollgate/usage?by=key").json["groups"]
    assert others["id"] in [group["key_id"] for group in groups]


# The command line.

def test_people_are_managed_from_the_command_line(instance: Tollgate) -> None:
    person = Person(instance, "typed", "reader")
    listed = {user["id"]: user for user in instance.json("users", "list")["data"]}
    assert listed[person.id]["email"] == person.email
    preview = instance.json("users", "remove", person.id)
    assert preview["can_leave"] and person.id in [
        user["id"] for user in instance.json("users", "list")["data"]]
    shown = instance.run("users", "remove", person.id)
    assert shown.returncode == 0 and "--yes" in shown.stdout
    assert instance.json("users", "remove", person.id, "--yes")["deleted"]
    assert person.id not in [user["id"] for user in instance.json("users", "list")["data"]]
    assert instance.run("users", "remove", person.id, "--yes").returncode == 1


def test_a_bad_person_is_refused_by_the_command_line(instance: Tollgate, tmp_path: Any) -> None:
    password = tmp_path / "password"
    password.write_text("short\n")
    add = ("users", "add", "--password-file")
    short = instance.run(*add, str(password), "--email", "a@example.org")
    assert short.returncode == 1 and "password" in short.stderr.lower()
    password.write_text("a long enough password 77\n")
    for arguments in (["--email", "nobody"], ["--email", "b@example.org", "--role", "member"],
                      ["--email", OWNER_EMAIL]):
        done = instance.run(*add, str(password), *arguments)
        assert done.returncode == 1, done
    missing = instance.run(*add, "/nowhere", "--email", "c@example.org")
    assert missing.returncode == 2
