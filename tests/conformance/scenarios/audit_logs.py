# SPDX-License-Identifier: Apache-2.0
import time

from conformance.scenarios import ids_of, scenario
from conformance.world import World

NEEDS = ("audit_logs.list", "projects.create", "projects.update", "projects.archive")


def make_history(world: World) -> str:
    projects = world.organization.projects
    project = projects.create(name="watched").id
    projects.update(project, name="watched well")
    projects.archive(project)
    return project


@scenario(*NEEDS)
def each_change_is_in_the_log_newest_first(world: World) -> None:
    logs, project = world.organization.audit_logs, make_history(world)
    events = list(logs.list(resource_ids=[project]))
    assert [event.type for event in events] == ["project.archived", "project.updated",
                                                "project.created"]
    archived, updated, created = events
    assert archived.project_archived.id == project
    assert updated.project_updated.id == project
    assert created.project_created.id == project and created.project_created.data is not None
    for event in events:
        assert event.actor.type == "api_key" and event.actor.api_key.id
        assert abs(event.effective_at - time.time()) < 300
    assert ids_of(logs.list(resource_ids=[project], limit=1)) == [event.id for event in events]


@scenario(*NEEDS)
def the_log_is_filtered(world: World) -> None:
    logs, project = world.organization.audit_logs, make_history(world)
    everything = list(logs.list(resource_ids=[project]))
    listed = list(logs.list(resource_ids=[project], event_types=["project.updated"]))
    assert [event.type for event in listed] == ["project.updated"]
    kinds = ["project.updated", "project.created"]
    assert len(list(logs.list(resource_ids=[project], event_types=kinds))) == 2
    actor = everything[0].actor.api_key.id
    assert ids_of(logs.list(resource_ids=[project], actor_ids=[actor])) == ids_of(everything)
    assert list(logs.list(resource_ids=[project], actor_ids=["key_unknown"])) == []
    now = int(time.time())
    assert list(logs.list(resource_ids=[project], effective_at={"gt": now + 3600})) == []
    within = logs.list(resource_ids=[project], effective_at={"gte": now - 3600, "lt": now + 3600})
    assert ids_of(within) == ids_of(everything)


@scenario(*NEEDS)
def the_log_is_read_in_both_directions(world: World) -> None:
    logs, project = world.organization.audit_logs, make_history(world)
    newest, middle, oldest = ids_of(logs.list(resource_ids=[project]))
    assert ids_of(logs.list(resource_ids=[project], after=middle)) == [oldest]
    assert logs.list(resource_ids=[project], before=middle).data[0].id == newest


@scenario(*NEEDS, "admin_api_keys.create", "admin_api_keys.delete")
def a_key_in_the_log_has_no_secret(world: World) -> None:
    organization = world.organization
    made = organization.admin_api_keys.create(name="seen")
    organization.admin_api_keys.delete(made.id)
    events = list(organization.audit_logs.list(resource_ids=[made.id]))
    assert [event.type for event in events] == ["api_key.deleted", "api_key.created"]
    assert made.value not in repr(events)
