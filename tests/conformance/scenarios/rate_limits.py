# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import MODEL, OTHER_MODEL, World

OPERATIONS = area("projects.rate_limits", "list_rate_limits", "update_rate_limit")


@scenario(*OPERATIONS, "projects.create", "projects.service_accounts.create")
def a_rate_limit_holds_from_the_next_call_on(world: World) -> None:
    projects = world.organization.projects
    limits, project = projects.rate_limits, projects.create(name="slow").id
    key = projects.service_accounts.create(project, name="robot").api_key.value
    by_model = {limit.model: limit for limit in limits.list_rate_limits(project, limit=2)}
    limit = by_model[MODEL]
    assert [world.call(key) for _ in range(3)] == [200] * 3
    changed = limits.update_rate_limit(limit.id, project_id=project, max_requests_per_1_minute=1)
    assert changed.id == limit.id and changed.max_requests_per_1_minute == 1
    read = {each.model: each for each in limits.list_rate_limits(project)}
    assert read[MODEL] == changed and read[OTHER_MODEL] == by_model[OTHER_MODEL]
    answers = [world.call_error(key) for _ in range(2)]
    assert answers[1] == (429, "rate_limit_exceeded"), answers
    assert world.call(key, OTHER_MODEL) == 200, "another model has a limit of its own"
    limits.update_rate_limit(limit.id, project_id=project, max_requests_per_1_minute=10_000)
    assert world.call(key) == 200


@scenario(*OPERATIONS, "projects.create")
def rate_limits_are_paged_and_checked(world: World) -> None:
    projects = world.organization.projects
    limits, project = projects.rate_limits, projects.create(name="limits").id
    ids = ids_of(limits.list_rate_limits(project))
    assert ids_of(limits.list_rate_limits(project, limit=1)) == ids
    update = limits.update_rate_limit
    for field in ("max_requests_per_1_minute", "max_tokens_per_1_minute"):
        assert refused(400, update, ids[0], project_id=project, **{field: -1}).param == field
