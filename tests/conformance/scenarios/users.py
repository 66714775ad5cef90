# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("users", "list", "retrieve", "update", "delete")


@scenario(*OPERATIONS, people=True)
def a_person_is_found_promoted_and_leaves_with_their_keys(world: World) -> None:
    users, person = world.organization.users, world.people["python"][1]
    found = users.retrieve(person.id)
    assert (found.email, found.name, found.role) == (person.email, person.name, "reader")
    assert person.id in ids_of(users.list(limit=2))
    assert ids_of(users.list(emails=[person.email])) == [person.id]
    assert users.update(person.id, role="owner").role == "owner"
    assert users.retrieve(person.id).role == "owner"
    assert users.update(person.id, role="reader").role == "reader"
    assert refused(400, users.update, person.id, role="emperor").param == "role"
    assert world.call(person.key) == 200
    deleted = users.delete(person.id)
    assert deleted.deleted and deleted.id == person.id
    assert world.call(person.key) == 401
    refused(404, users.retrieve, person.id)
    refused(404, users.update, person.id, role="reader")
    refused(404, users.delete, person.id)
    assert person.id not in ids_of(users.list())
    assert ids_of(users.list(emails=[person.email])) == []


@scenario(*OPERATIONS)
def the_last_owner_stays_one(world: World) -> None:
    users = world.organization.users
    owners = [user for user in users.list() if user.role == "owner"]
    for owner in owners[1:]:
        users.update(owner.id, role="reader")
    refused(409, users.update, owners[0].id, role="reader")
    refused(409, users.delete, owners[0].id)
    for owner in owners[1:]:
        users.update(owner.id, role="owner")
    assert users.retrieve(owners[0].id).role == "owner"
