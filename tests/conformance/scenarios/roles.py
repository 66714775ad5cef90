# SPDX-License-Identifier: Apache-2.0
from typing import Any

from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

VERBS = ("create", "retrieve", "update", "list", "delete")
OF_ORGANIZATION = area("roles", *VERBS)
OF_PROJECTS = area("projects.roles", *VERBS)
ASSIGNED = ("create", "retrieve", "list", "delete")


def a_role_lives(roles: Any, ids: tuple[str, ...], project: dict[str, str],
                 permissions: list[str]) -> None:
    """`ids` stand where all roles are meant, `project` where one is."""
    made = roles.create(*ids, role_name="Auditor", permissions=permissions[:1], description="reads")
    assert (made.name, made.description, made.predefined_role) == ("Auditor", "reads", False)
    assert made.permissions == permissions[:1]
    assert roles.retrieve(made.id, **project) == made
    refused(409, roles.create, *ids, role_name="Auditor", permissions=permissions[:1])
    changed = roles.update(made.id, **project, role_name="Reviewer", permissions=permissions)
    assert (changed.name, changed.description) == ("Reviewer", "reads")
    assert sorted(changed.permissions) == sorted(permissions)
    assert roles.retrieve(made.id, **project) == changed
    error = refused(400, roles.create, *ids, role_name="Wizard", permissions=["api.magic.write"])
    assert error.param == "permissions"
    listed = list(roles.list(*ids, limit=1))
    assert changed in listed and any(role.predefined_role for role in listed)
    for role in listed:
        if role.predefined_role:
            refused(409, roles.update, role.id, **project, description="mine")
            refused(409, roles.delete, role.id, **project)
    up, down = ids_of(roles.list(*ids, order="asc")), ids_of(roles.list(*ids, order="desc"))
    assert up == down[::-1]
    deleted = roles.delete(made.id, **project)
    assert deleted.deleted and deleted.id == made.id
    refused(404, roles.retrieve, made.id, **project)
    refused(404, roles.update, made.id, **project, description="back")
    refused(404, roles.delete, made.id, **project)
    assert made.id not in ids_of(roles.list(*ids))


@scenario(*OF_ORGANIZATION)
def a_role_of_the_organization_is_made_changed_and_deleted(world: World) -> None:
    permissions = ["api.projects.read", "api.users.read"]
    a_role_lives(world.organization.roles, (), {}, permissions)


@scenario(*OF_PROJECTS, "projects.create")
def a_role_of_a_project_is_made_changed_and_deleted(world: World) -> None:
    projects = world.organization.projects
    project = projects.create(name="roles").id
    permissions = ["api.service_accounts.read", "api.service_accounts.write"]
    a_role_lives(projects.roles, (project,), {"project_id": project}, permissions)


def an_assignment_lives(assigned: Any, principal: str, place: dict[str, str],
                        principal_name: str, role_id: str, kind: str) -> None:
    of_all = {name: value for name, value in place.items() if name == "project_id"}
    made = assigned.create(principal, **of_all, role_id=role_id)
    assert made.object == kind and made.role.id == role_id
    assert getattr(made, principal_name).id == principal
    refused(409, assigned.create, principal, **of_all, role_id=role_id)
    found = assigned.retrieve(role_id, **place)
    assert found.id == role_id and not found.predefined_role
    assert role_id in ids_of(assigned.list(principal, **of_all, limit=1))
    assert assigned.delete(role_id, **place).deleted
    refused(404, assigned.retrieve, role_id, **place)
    refused(404, assigned.delete, role_id, **place)
    assert role_id not in ids_of(assigned.list(principal, **of_all))


@scenario(*OF_ORGANIZATION, *area("users.roles", *ASSIGNED), people=True)
def a_user_is_given_a_role(world: World) -> None:
    organization, user = world.organization, world.people["python"][4].id
    role = organization.roles.create(role_name="of a user", permissions=["api.projects.read"])
    an_assignment_lives(organization.users.roles, user, {"user_id": user}, "user", role.id,
                        "user.role")
    organization.users.roles.create(user, role_id=role.id)
    organization.roles.delete(role.id)
    refused(404, organization.users.roles.retrieve, role.id, user_id=user)


@scenario(*OF_ORGANIZATION, *area("groups.roles", *ASSIGNED), "groups.create")
def a_group_is_given_a_role(world: World) -> None:
    organization = world.organization
    role = organization.roles.create(role_name="of a group", permissions=["api.projects.read"])
    group = organization.groups.create(name="Bearers").id
    an_assignment_lives(organization.groups.roles, group, {"group_id": group}, "group", role.id,
                        "group.role")


@scenario(*OF_PROJECTS, *area("projects.users.roles", *ASSIGNED), "projects.create",
          "projects.users.create", people=True)
def a_user_is_given_a_role_in_a_project(world: World) -> None:
    projects, user = world.organization.projects, world.people["python"][4].id
    project = projects.create(name="roles of users").id
    projects.users.create(project, user_id=user, role="member")
    role = projects.roles.create(project, role_name="x", permissions=["api.service_accounts.read"])
    an_assignment_lives(projects.users.roles, user, {"project_id": project, "user_id": user},
                        "user", role.id, "user.role")


@scenario(*OF_PROJECTS, *area("projects.groups.roles", *ASSIGNED), "projects.create",
          "groups.create", "projects.groups.create")
def a_group_is_given_a_role_in_a_project(world: World) -> None:
    organization = world.organization
    projects = organization.projects
    group = organization.groups.create(name="Bearers in a project").id
    project = projects.create(name="roles of groups").id
    first, second = [projects.roles.create(project, role_name=name,
                                           permissions=["api.service_accounts.read"])
                     for name in ("first", "second")]
    projects.groups.create(project, group_id=group, role=first.id)
    an_assignment_lives(projects.groups.roles, group, {"project_id": project, "group_id": group},
                        "group", second.id, "group.role")
