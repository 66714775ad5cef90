# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("invites", "create", "retrieve", "list", "delete")


@scenario(*OPERATIONS, "projects.create")
def an_invitation_is_sent_read_and_withdrawn(world: World) -> None:
    organization = world.organization
    invites, project = organization.invites, organization.projects.create(name="guests").id
    made = invites.create(email="Guest.Python@example.com", role="reader",
                          projects=[{"id": project, "role": "member"}])
    assert (made.email, made.role, made.status) == ("Guest.Python@example.com", "reader", "pending")
    assert [(each.id, each.role) for each in made.projects] == [(project, "member")]
    assert made.expires_at > made.created_at and made.accepted_at is None
    assert invites.retrieve(made.id) == made
    assert made.id in ids_of(invites.list(limit=1))
    deleted = invites.delete(made.id)
    assert deleted.deleted and deleted.id == made.id
    refused(404, invites.retrieve, made.id)
    refused(404, invites.delete, made.id)
    assert made.id not in ids_of(invites.list())


@scenario(*OPERATIONS)
def an_invitation_needs_an_address_and_known_projects(world: World) -> None:
    invites = world.organization.invites
    assert refused(400, invites.create, email="nobody", role="reader").param == "email"
    error = refused(400, invites.create, email="a@example.com", role="emperor")
    assert error.param == "role"
    for project in ["proj_unknown", *world.foreign.get("project_id", "").split()]:
        with_project = [{"id": project, "role": "member"}]
        refused((400, 404), invites.create, email="a@example.com", role="reader",
                projects=with_project)


@scenario(*OPERATIONS, people=True)
def who_is_there_already_is_not_invited(world: World) -> None:
    email = world.people["python"][0].email
    refused(409, world.organization.invites.create, email=email, role="reader")
