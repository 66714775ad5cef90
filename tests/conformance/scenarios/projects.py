# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World

OPERATIONS = area("projects", "create", "retrieve", "update", "list", "archive")


@scenario(*OPERATIONS, "projects.service_accounts.create")
def a_project_is_made_read_renamed_and_archived_with_its_keys(world: World) -> None:
    projects = world.organization.projects
    made = projects.create(name="Apollo")
    assert made.status == "active" and made.archived_at is None
    assert projects.retrieve(made.id) == made
    assert made.id in ids_of(projects.list())
    assert projects.update(made.id, name="Artemis").name == "Artemis"
    assert projects.retrieve(made.id).name == "Artemis"
    key = projects.service_accounts.create(made.id, name="robot").api_key.value
    assert world.call(key) == 200
    archived = projects.archive(made.id)
    assert archived.status == "archived" and archived.archived_at
    assert projects.retrieve(made.id) == archived
    assert world.call(key) == 401
    assert made.id not in ids_of(projects.list())
    assert made.id in ids_of(projects.list(include_archived=True))


@scenario(*OPERATIONS)
def what_is_archived_does_not_change(world: World) -> None:
    projects = world.organization.projects
    made = projects.create(name="short-lived")
    projects.archive(made.id)
    refused(409, projects.update, made.id, name="again")
    assert projects.retrieve(made.id).name == "short-lived"


@scenario("projects.list", "projects.archive")
def the_default_project_is_not_archived(world: World) -> None:
    default = next(iter(world.organization.projects.list()))
    refused(409, world.organization.projects.archive, default.id)


@scenario("projects.create", "projects.list")
def each_project_is_on_one_of_many_pages(world: World) -> None:
    projects = world.organization.projects
    made = {projects.create(name=f"page {number}").id for number in range(5)}
    for limit in (1, 2, 100):
        assert made <= set(ids_of(projects.list(limit=limit)))


@scenario("projects.create", "projects.update", "projects.retrieve")
def what_nothing_enforces_is_refused(world: World) -> None:
    projects = world.organization.projects
    error = refused(400, projects.create, name="x", residency="EU_STORAGE_PROCESSING")
    assert error.param == "residency"
    made = projects.create(name="Zo\u00eb \u6771\u4eac \U0001f680")
    assert projects.retrieve(made.id).name == "Zo\u00eb \u6771\u4eac \U0001f680"
    error = refused(400, projects.update, made.id, external_key_id="key_external")
    assert error.param == "external_key_id"
