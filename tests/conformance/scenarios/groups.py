# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("groups", "create", "retrieve", "update", "list", "delete")
MEMBERS = area("groups.users", "create", "retrieve", "list", "delete")
IN_PROJECTS = area("projects.groups", "create", "retrieve", "list", "delete")


@scenario(*OPERATIONS)
def a_group_is_made_renamed_and_deleted(world: World) -> None:
    groups = world.organization.groups
    made = groups.create(name="Support")
    assert groups.retrieve(made.id) == made and not made.is_scim_managed
    refused(409, groups.create, name="Support")
    assert groups.update(made.id, name="Care").name == "Care"
    assert groups.retrieve(made.id).name == "Care"
    other = groups.create(name="Operations")
    refused(409, groups.update, other.id, name="Care")
    deleted = groups.delete(made.id)
    assert deleted.deleted and deleted.id == made.id
    refused(404, groups.retrieve, made.id)
    refused(404, groups.update, made.id, name="back")
    refused(404, groups.delete, made.id)
    assert made.id not in ids_of(groups.list())
    groups.delete(other.id)


@scenario(*OPERATIONS)
def groups_are_paged_in_both_orders(world: World) -> None:
    groups = world.organization.groups
    made = {groups.create(name=f"page {number}").id for number in range(5)}
    up, down = ids_of(groups.list(limit=2, order="asc")), ids_of(groups.list(limit=2, order="desc"))
    assert up == down[::-1] and made <= set(up)
    for group in made:
        groups.delete(group)


@scenario(*OPERATIONS, *MEMBERS, people=True)
def people_join_and_leave_a_group(world: World) -> None:
    groups, person = world.organization.groups, world.people["python"][3]
    group = groups.create(name="Joiners").id
    added = groups.users.create(group, user_id=person.id)
    assert (added.group_id, added.user_id) == (group, person.id)
    refused(409, groups.users.create, group, user_id=person.id)
    assert groups.users.retrieve(person.id, group_id=group).email == person.email
    assert ids_of(groups.users.list(group, limit=1)) == [person.id]
    assert groups.users.delete(person.id, group_id=group).deleted
    refused(404, groups.users.retrieve, person.id, group_id=group)
    refused(404, groups.users.delete, person.id, group_id=group)
    assert ids_of(groups.users.list(group)) == []
    groups.delete(group)
    refused(404, groups.users.list, group)


@scenario(*OPERATIONS, *IN_PROJECTS, "projects.create", "projects.roles.create")
def a_group_works_in_a_project(world: World) -> None:
    organization = world.organization
    group = organization.groups.create(name="Workers")
    projects = organization.projects
    project = projects.create(name="with a group").id
    role = projects.roles.create(project, role_name="worker",
                                 permissions=["api.service_accounts.read"])
    added = projects.groups.create(project, group_id=group.id, role=role.id)
    assert (added.group_id, added.group_name, added.project_id) == (group.id, "Workers", project)
    refused(409, projects.groups.create, project, group_id=group.id, role=role.id)
    assert projects.groups.retrieve(group.id, project_id=project) == added
    assert [item.group_id for item in projects.groups.list(project, limit=1)] == [group.id]
    assert projects.groups.delete(group.id, project_id=project).deleted
    refused(404, projects.groups.retrieve, group.id, project_id=project)
    refused(404, projects.groups.delete, group.id, project_id=project)
    assert list(projects.groups.list(project)) == []
    organization.groups.delete(group.id)
    refused(404, projects.groups.create, project, group_id=group.id, role=role.id)
