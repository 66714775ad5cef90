# SPDX-License-Identifier: Apache-2.0
"""Groups, roles and who has them, as the newest official package manages them: each change is seen
by a read, and felt by those whom it concerns."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from people import Person, calls, create_key, organization_of
from tollgate import Tollgate

@pytest.fixture(scope="module")
def instance() -> Iterator[Tollgate]:
    with Tollgate("admin-roles") as server:
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


# Groups.

def test_a_group_is_made_renamed_filled_and_deleted(instance: Tollgate, organization: Any) -> None:
    groups = organization.groups
    made = groups.create(name="support")
    assert made.group_type == "group" and made.is_scim_managed is False
    assert groups.retrieve(made.id) == made
    assert groups.update(made.id, name="help").name == groups.retrieve(made.id).name == "help"
    people = [Person(instance, "member", "reader") for _ in range(3)]
    for person in people:
        added = groups.users.create(made.id, user_id=person.id)
        assert (added.group_id, added.user_id) == (made.id, person.id)
    assert {user.id for user in groups.users.list(made.id, limit=2)} == {each.id for each in people}
    shown = groups.users.retrieve(people[0].id, group_id=made.id)
    assert shown.email == people[0].email and shown.user_type == "user"
    assert groups.users.delete(people[0].id, group_id=made.id).deleted
    with pytest.raises(openai.NotFoundError):
        groups.users.retrieve(people[0].id, group_id=made.id)
    with pytest.raises(openai.ConflictError):
        groups.users.create(made.id, user_id=people[1].id)
    assert groups.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        groups.retrieve(made.id)


def test_every_group_is_on_one_page_of_many_in_both_orders(organization: Any) -> None:
    made = [organization.groups.create(name=f"page {number}").id for number in range(5)]
    up = [group.id for group in organization.groups.list(limit=2)]
    down = [group.id for group in organization.groups.list(limit=2, order="desc")]
    assert len(up) == len(set(up)) and set(made) <= set(up) and down == up[::-1]


@pytest.mark.parametrize(("query", "param"), [
    ("limit=1001", "limit"), ("limit=-1", "limit"), ("limit=x", "limit"), ("order=up", "order"),
    ("after=group_unknown", "after"), ("before=x", "before")])
def test_a_bad_page_is_refused(instance: Tollgate, admin_key: str, query: str, param: str) -> None:
    answer = instance.get(f"/v1/organization/groups?{query}", admin_key)
    assert (answer.status, answer.error["param"]) == (400, param), answer


def test_a_page_of_nothing_says_whether_there_is_more(instance: Tollgate, organization: Any,
                                                      admin_key: str) -> None:
    organization.groups.create(name="one at least")
    answer = instance.get("/v1/organization/groups?limit=0", admin_key).json
    assert answer == {"object": "list", "data": [], "has_more": True, "next": None}


def test_two_groups_of_one_name_are_a_conflict(organization: Any) -> None:
    organization.groups.create(name="twins")
    other = organization.groups.create(name="other twins")
    with pytest.raises(openai.ConflictError):
        organization.groups.create(name="twins")
    with pytest.raises(openai.ConflictError):
        organization.groups.update(other.id, name="twins")


def test_a_group_brings_its_people_into_a_project_and_out_again(
        instance: Tollgate, organization: Any) -> None:
    person = Person(instance, "grouped", "reader").sign_in()
    project = organization.projects.create(name="of a group")
    group = organization.groups.create(name="workers")
    organization.groups.users.create(group.id, user_id=person.id)
    groups = organization.projects.groups
    added = groups.create(project.id, group_id=group.id, role="role_project_owner")
    assert (added.group_name, added.project_id) == ("workers", project.id)
    assert groups.retrieve(group.id, project_id=project.id) == added
    assert [each.group_id for each in groups.list(project.id)] == [group.id]
    with pytest.raises(openai.ConflictError):
        groups.create(project.id, group_id=group.id, role="role_project_member")
    assert person.ask("GET", f"/v1/organization/projects/{project.id}/api_keys").status == 200
    key = create_key(person, project.id)
    assert calls(instance, key) == 404
    assert groups.delete(group.id, project_id=project.id).deleted
    assert calls(instance, key) == 401
    assert person.ask("GET", f"/v1/organization/projects/{project.id}/api_keys").status == 403
    with pytest.raises(openai.NotFoundError):
        groups.retrieve(group.id, project_id=project.id)


# Roles.

@pytest.fixture(params=["organization", "project"])
def roles(request: pytest.FixtureRequest, organization: Any) -> tuple[Any, dict[str, str]]:
    """The roles of an organization, and those of a project, which take one argument more."""
    if request.param == "organization":
        return organization.roles, {}
    project = organization.projects.create(name="roles")
    return organization.projects.roles, {"project_id": project.id}


def test_a_custom_role_is_made_changed_and_deleted(roles: tuple[Any, dict[str, str]]) -> None:
    api, place = roles
    permissions = ["api.organization.projects.api_keys.read"]
    made = api.create(role_name="keeper", permissions=permissions, description="of keys", **place)
    assert (made.name, made.permissions, made.description) == ("keeper", permissions, "of keys")
    assert made.predefined_role is False
    assert made.resource_type == ("api.project" if place else "api.organization")
    assert api.retrieve(made.id, **place) == made
    changed = api.update(made.id, permissions=[*permissions, "api.usage.read"], **place)
    assert changed.permissions == [*permissions, "api.usage.read"] and changed.name == "keeper"
    assert api.update(made.id, role_name="warden", **place).name == "warden"
    listed = {role.id: role for role in api.list(limit=1, **place)}
    assert listed[made.id].name == "warden"
    with pytest.raises(openai.ConflictError):
        api.create(role_name="warden", permissions=[], **place)
    assert api.delete(made.id, **place).deleted
    with pytest.raises(openai.NotFoundError):
        api.retrieve(made.id, **place)


def test_predefined_roles_are_shown_and_stay(roles: tuple[Any, dict[str, str]]) -> None:
    api, place = roles
    predefined = [role for role in api.list(**place) if role.predefined_role]
    assert [role.name for role in predefined] == ["owner", "member" if place else "reader"]
    assert set(predefined[1].permissions) < set(predefined[0].permissions)
    with pytest.raises(openai.ConflictError, match="predefined"):
        api.update(predefined[0].id, role_name="boss", **place)
    with pytest.raises(openai.ConflictError, match="predefined"):
        api.delete(predefined[0].id, **place)
    with pytest.raises(openai.ConflictError):
        api.create(role_name="owner", permissions=[], **place)


@pytest.mark.parametrize(("body", "param"), [
    ({"role_name": "x"}, "permissions"),
    ({"permissions": []}, "role_name"),
    ({"role_name": "", "permissions": []}, "role_name"),
    ({"role_name": "x" * 257, "permissions": []}, "role_name"),
    ({"role_name": "x", "permissions": "api.groups.read"}, "permissions"),
    ({"role_name": "x", "permissions": ["api.unknown.read"]}, "permissions"),
    ({"role_name": "x", "permissions": ["api.all.read"]}, "permissions"),
    ({"role_name": "x", "permissions": ["api.instance.read"]}, "permissions"),
    ({"role_name": "x", "permissions": [5]}, "permissions"),
    ({"role_name": "x", "permissions": ["api.groups.read"] * 10_000}, "permissions"),
    ({"role_name": "x", "permissions": [], "colour": "red"}, "colour"),
])
def test_a_bad_role_is_refused_by_its_field(instance: Tollgate, admin_key: str,
                                            body: dict[str, Any], param: str) -> None:
    answer = instance.post("/v1/organization/roles", body, admin_key)
    assert (answer.status, answer.error["param"]) == (400, param), answer
    if param == "permissions" and len(body.get("permissions", [])) == 1:
        assert str(body["permissions"][0]) in answer.error["message"]


def test_a_projects_role_gives_nothing_beyond_projects(instance: Tollgate, admin_key: str,
                                                       default_project: str) -> None:
    answer = instance.post(f"/v1/projects/{default_project}/roles",
                           {"role_name": "x", "permissions": ["api.users.write"]}, admin_key)
    assert answer.status == 400 and "api.users.write" in answer.error["message"]


def test_roles_of_a_user_are_assigned_inherited_and_taken(instance: Tollgate,
                                                          organization: Any) -> None:
    person = Person(instance, "assigned", "reader").sign_in()
    role = organization.roles.create(role_name="key keeper",
                                     permissions=["api.admin_api_keys.read"])
    reads = lambda: person.ask("GET", "/v1/organization/admin_api_keys").status
    assert reads() == 403
    assignments = organization.users.roles
    made = assignments.create(person.id, role_id=role.id)
    assert made.object == "user.role" and made.user.id == person.id and made.role == role
    assert reads() == 200
    details = assignments.retrieve(role.id, user_id=person.id)
    assert details.permissions == role.permissions and details.assignment_sources is None
    assert details.created_by_user_obj and details.created_at
    with pytest.raises(openai.ConflictError):
        assignments.create(person.id, role_id=role.id)
    assert assignments.delete(role.id, user_id=person.id).deleted
    assert reads() == 403
    with pytest.raises(openai.NotFoundError):
        assignments.retrieve(role.id, user_id=person.id)

    group = organization.groups.create(name="keepers")
    organization.groups.users.create(group.id, user_id=person.id)
    assert organization.groups.roles.create(group.id, role_id=role.id).group.id == group.id
    assert reads() == 200
    assert organization.groups.roles.retrieve(role.id, group_id=group.id).id == role.id
    assert [each.id for each in organization.groups.roles.list(group.id)] == [role.id]
    inherited = assignments.retrieve(role.id, user_id=person.id)
    assert [source.principal_id for source in inherited.assignment_sources] == [group.id]
    with pytest.raises(openai.ConflictError, match="through the group"):
        assignments.delete(role.id, user_id=person.id)
    assert organization.groups.roles.delete(role.id, group_id=group.id).deleted
    assert reads() == 403


def test_a_predefined_role_takes_the_place_of_the_other(instance: Tollgate,
                                                        organization: Any) -> None:
    person = Person(instance, "promoted", "reader")
    made = organization.users.roles.create(person.id, role_id="role_organization_owner")
    assert made.user.role == organization.users.retrieve(person.id).role == "owner"
    assert [role.name for role in organization.users.roles.list(person.id)] == ["owner"]
    with pytest.raises(openai.ConflictError):
        organization.users.roles.delete("role_organization_owner", user_id=person.id)


def test_roles_in_a_project_of_users_and_groups(instance: Tollgate, organization: Any) -> None:
    project = organization.projects.create(name="with roles")
    person = Person(instance, "in-project", "reader").sign_in()
    role = organization.projects.roles.create(project.id, role_name="limiter",
                                              permissions=["api.rate_limits.read"])
    users = organization.projects.users
    with pytest.raises(openai.NotFoundError):
        users.roles.create(person.id, project_id=project.id, role_id=role.id)
    users.create(project.id, user_id=person.id, role="member")
    path = f"/v1/organization/projects/{project.id}/rate_limits"
    assert person.ask("GET", path).status == 403
    users.roles.create(person.id, project_id=project.id, role_id=role.id)
    assert person.ask("GET", path).status != 403
    names = [each.name for each in users.roles.list(person.id, project_id=project.id)]
    assert names == ["member", "limiter"]
    assert users.roles.retrieve(role.id, project_id=project.id, user_id=person.id).name == "limiter"
    assert users.roles.delete(role.id, project_id=project.id, user_id=person.id).deleted
    assert person.ask("GET", path).status == 403

    group = organization.groups.create(name="limiters")
    organization.groups.users.create(group.id, user_id=person.id)
    groups = organization.projects.groups
    groups.create(project.id, group_id=group.id, role="role_project_member")
    groups.roles.create(group.id, project_id=project.id, role_id=role.id)
    assert person.ask("GET", path).status != 403
    names = [each.name for each in groups.roles.list(group.id, project_id=project.id)]
    assert names == ["member", "limiter"]
    assert groups.roles.retrieve(role.id, project_id=project.id, group_id=group.id).id == role.id
    assert groups.roles.delete(role.id, project_id=project.id, group_id=group.id).deleted
    assert person.ask("GET", path).status == 403


def test_a_deleted_role_gives_nothing_any_more(instance: Tollgate, organization: Any) -> None:
    person = Person(instance, "bereft", "reader").sign_in()
    role = organization.roles.create(role_name="short", permissions=["api.admin_api_keys.read"])
    organization.users.roles.create(person.id, role_id=role.id)
    assert person.ask("GET", "/v1/organization/admin_api_keys").status == 200
    organization.roles.delete(role.id)
    assert person.ask("GET", "/v1/organization/admin_api_keys").status == 403
    assert [each.name for each in organization.users.roles.list(person.id)] == ["reader"]


def test_unknown_ids_are_not_found(instance: Tollgate, organization: Any, admin_key: str,
                                   default_project: str) -> None:
    person = Person(instance, "known", "reader")
    group = organization.groups.create(name="known")
    for path in ("organization/users/user-unknown", "organization/users/user-unknown/roles",
                 f"organization/users/{person.id}/roles/role_unknown",
                 "organization/groups/group_unknown", "organization/groups/group_unknown/users",
                 f"organization/groups/{group.id}/users/{person.id}",
                 f"organization/groups/{group.id}/roles/role_unknown",
                 "organization/roles/role_unknown",
                 "organization/roles/role_project_owner",
                 f"organization/projects/{default_project}/users/user-unknown",
                 f"organization/projects/{default_project}/groups/{group.id}",
                 f"projects/{default_project}/roles/role_organization_owner",
                 f"projects/{default_project}/groups/{group.id}/roles",
                 "projects/proj_unknown/roles", "tollgate/users/user-unknown/departure"):
        answer = instance.get(f"/v1/{path}", admin_key)
        assert answer.status == 404 and answer.error["param"], (path, answer)


def test_two_admins_at_once_one_is_told(instance: Tollgate, organization: Any,
                                        admin_key: str) -> None:
    group = organization.groups.create(name="contended")
    path = f"/v1/organization/groups/{group.id}"
    tag = {"If-Match": instance.get(path, admin_key).headers["ETag"]}
    first = instance.post(path, {"name": "first"}, admin_key, headers=tag)
    second = instance.post(path, {"name": "second"}, admin_key, headers=tag)
    assert (first.status, second.status) == (200, 412)
    assert organization.groups.retrieve(group.id).name == "first"
