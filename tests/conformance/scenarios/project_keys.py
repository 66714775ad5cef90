# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("projects.api_keys", "list", "retrieve", "delete")


@scenario(*OPERATIONS, "projects.create", "projects.service_accounts.create",
          "projects.service_accounts.api_keys.create")
def a_projects_keys_are_listed_without_their_secret_and_deleted(world: World) -> None:
    projects = world.organization.projects
    keys, project = projects.api_keys, projects.create(name="keys").id
    account = projects.service_accounts.create(project, name="robot")
    more = [projects.service_accounts.api_keys.create(account.id, project_id=project, name=name)
            for name in ("one", "two")]
    made = [account.api_key, *more]
    listed = {key.id: key for key in keys.list(project, limit=2)}
    assert set(listed) == {key.id for key in made}
    for key in made:
        shown = keys.retrieve(key.id, project_id=project)
        assert shown == listed[key.id] and shown.name == key.name
        assert key.value not in repr(shown) and shown.redacted_value.endswith(key.value[-4:])
        assert shown.owner.type == "service_account"
        assert shown.owner.service_account.id == account.id
    assert world.call(made[1].value) == 200
    assert keys.delete(made[1].id, project_id=project).deleted
    assert world.call(made[1].value) == 401
    assert world.call(made[0].value) == 200, "its account's other keys stay"
    refused(404, keys.retrieve, made[1].id, project_id=project)
    refused(404, keys.delete, made[1].id, project_id=project)
    assert ids_of(keys.list(project)) == [made[0].id, made[2].id]


@scenario(*OPERATIONS, "projects.create", "projects.service_accounts.create")
def keys_are_found_by_their_owners_access(world: World) -> None:
    projects = world.organization.projects
    project = projects.create(name="access").id
    key = projects.service_accounts.create(project, name="robot").api_key
    for access in ("active", "any"):
        listed = projects.api_keys.list(project, owner_project_access=access)
        assert ids_of(listed) == [key.id]
    assert ids_of(projects.api_keys.list(project, owner_project_access="inactive")) == []
    error = refused(400, projects.api_keys.list, project, owner_project_access="sometimes")
    assert error.param == "owner_project_access"


@scenario(*OPERATIONS, "projects.list", people=True)
def a_persons_key_says_whose_it_is(world: World) -> None:
    person = world.people["python"][4]
    project = next(iter(world.organization.projects.list())).id
    key = world.organization.projects.api_keys.retrieve(person.key_id, project_id=project)
    assert key.owner.type == "user" and key.owner.user.id == person.id
    assert key.owner.user.email == person.email


@scenario("projects.api_keys.update", "projects.create", "projects.service_accounts.create",
          "projects.api_keys.retrieve", "projects.api_keys.delete")
def a_project_key_is_given_an_end_and_scopes(world: World) -> None:
    projects = world.organization.projects
    keys, project = projects.api_keys, projects.create(name="ends").id
    made = projects.service_accounts.create(project, name="robot").api_key
    changed = keys.update(made.id, project_id=project, expires_in_seconds=3600)
    assert made.value not in repr(changed) and changed.expires_at >= made.created_at + 3600
    assert keys.retrieve(made.id, project_id=project).expires_at == changed.expires_at
    assert world.call(made.value) == 200
    assert keys.update(made.id, project_id=project, scopes=[]).expires_at == changed.expires_at
    error = refused(400, keys.update, made.id, project_id=project, expires_in_seconds=31536001)
    assert error.param == "expires_in_seconds"
    refused(400, keys.update, made.id, project_id=project)
    keys.delete(made.id, project_id=project)
    refused(404, keys.update, made.id, project_id=project, scopes=[])
