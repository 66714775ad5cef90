# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("projects.users", "create", "retrieve", "update", "list", "delete")


@scenario(*OPERATIONS, "projects.create", people=True)
def a_person_is_brought_into_a_project_and_out_again(world: World) -> None:
    projects, person = world.organization.projects, world.people["python"][2]
    users, project = projects.users, projects.create(name="crew").id
    added = users.create(project, user_id=person.id, role="member")
    assert (added.id, added.email, added.role) == (person.id, person.email, "member")
    assert users.retrieve(person.id, project_id=project) == added
    assert person.id in ids_of(users.list(project, limit=1))
    refused(409, users.create, project, user_id=person.id, role="member")
    assert users.update(person.id, project_id=project, role="owner").role == "owner"
    assert users.retrieve(person.id, project_id=project).role == "owner"
    assert refused(400, users.update, person.id, project_id=project, role="pilot").param == "role"
    deleted = users.delete(person.id, project_id=project)
    assert deleted.deleted and deleted.id == person.id
    refused(404, users.retrieve, person.id, project_id=project)
    refused(404, users.update, person.id, project_id=project, role="member")
    refused(404, users.delete, person.id, project_id=project)
    assert person.id not in ids_of(users.list(project))


@scenario(*OPERATIONS, "projects.list", people=True)
def who_leaves_a_project_calls_no_more_in_it(world: World) -> None:
    projects, person = world.organization.projects, world.people["python"][2]
    project = next(iter(projects.list())).id
    projects.users.create(project, email=person.email, role="member")
    assert projects.users.retrieve(person.id, project_id=project).email == person.email
    assert world.call(person.key) == 200
    projects.users.delete(person.id, project_id=project)
    assert world.call(person.key) == 401


@scenario(*OPERATIONS, "projects.create", "projects.archive", people=True)
def an_archived_project_gets_nobody(world: World) -> None:
    projects, person = world.organization.projects, world.people["python"][2]
    project = projects.create(name="closed").id
    projects.archive(project)
    refused(409, projects.users.create, project, user_id=person.id, role="member")
