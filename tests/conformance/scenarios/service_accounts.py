# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("projects.service_accounts", "create", "retrieve", "update", "list", "delete",
                  "api_keys.create")


@scenario(*OPERATIONS, "projects.create")
def a_service_account_calls_until_it_is_deleted(world: World) -> None:
    projects = world.organization.projects
    accounts, project = projects.service_accounts, projects.create(name="robots").id
    made = accounts.create(project, name="deploy")
    assert made.role == "member"
    second = accounts.api_keys.create(made.id, project_id=project, name="second")
    values = [made.api_key.value, second.value]
    assert len(set(values)) == 2 and second.name == "second"
    assert [world.call(value) for value in values] == [200, 200]
    assert accounts.retrieve(made.id, project_id=project).name == "deploy"
    assert accounts.update(made.id, project_id=project, name="ship").name == "ship"
    assert accounts.retrieve(made.id, project_id=project).name == "ship"
    assert ids_of(accounts.list(project)) == [made.id]
    deleted = accounts.delete(made.id, project_id=project)
    assert deleted.deleted and deleted.id == made.id
    assert [world.call(value) for value in values] == [401, 401]
    refused(404, accounts.retrieve, made.id, project_id=project)
    refused(404, accounts.update, made.id, project_id=project, name="back")
    refused(404, accounts.delete, made.id, project_id=project)
    refused(404, accounts.api_keys.create, made.id, project_id=project)
    assert ids_of(accounts.list(project)) == []


@scenario(*OPERATIONS, "projects.create", "projects.api_keys.list")
def a_service_account_without_a_key_has_none(world: World) -> None:
    projects = world.organization.projects
    project = projects.create(name="keyless").id
    made = projects.service_accounts.create(project, name="x", create_service_account_only=True)
    assert made.api_key is None and made.role == "none"
    assert ids_of(projects.api_keys.list(project)) == []
    assert ids_of(projects.service_accounts.list(project)) == [made.id]


@scenario(*OPERATIONS, "projects.create")
def service_accounts_belong_to_their_project_and_are_paged(world: World) -> None:
    projects = world.organization.projects
    accounts, project = projects.service_accounts, projects.create(name="many robots").id
    made = [accounts.create(project, name=f"robot {number}").id for number in range(5)]
    assert sorted(ids_of(accounts.list(project, limit=2))) == sorted(made)
    other = projects.create(name="no robots").id
    refused(404, accounts.retrieve, made[0], project_id=other)
    refused(404, accounts.delete, made[0], project_id=other)
    assert accounts.retrieve(made[0], project_id=project).id == made[0]


@scenario(*OPERATIONS, "projects.create", "projects.archive")
def an_archived_project_gets_no_service_account(world: World) -> None:
    projects = world.organization.projects
    project = projects.create(name="over").id
    account = projects.service_accounts.create(project, name="early")
    projects.archive(project)
    refused(409, projects.service_accounts.create, project, name="late")
    error = refused(409, projects.service_accounts.api_keys.create, account.id, project_id=project)
    assert "archived" in error.message
