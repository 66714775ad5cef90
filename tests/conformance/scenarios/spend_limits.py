# SPDX-License-Identifier: Apache-2.0
from typing import Any

from conformance.scenarios import area, refused, scenario
from conformance.world import World

MONTH = {"currency": "USD", "interval": "month"}
VERBS = ("retrieve", "update", "delete")
# A call of the test's upstream costs a sixth of a cent.
CALLS_MAX = 40


def a_limit_lives(world: World, limit: Any, ids: tuple[str, ...], key: str, code: str) -> None:
    refused(404, limit.retrieve, *ids)
    made = limit.update(*ids, threshold_amount=100_000, **MONTH)
    assert (made.threshold_amount, made.currency, made.interval) == (100_000, "USD", "month")
    assert limit.retrieve(*ids) == made
    assert world.call(key) == 200
    assert limit.update(*ids, threshold_amount=1, **MONTH).threshold_amount == 1
    answers = (world.call_error(key) for _ in range(CALLS_MAX))
    assert (429, code) in answers, "a cent has bought too much"
    assert limit.retrieve(*ids).enforcement.status == "enforcing"
    limit.update(*ids, threshold_amount=100_000, **MONTH)
    assert world.call(key) == 200
    assert limit.delete(*ids).deleted
    assert world.call(key) == 200
    refused(404, limit.retrieve, *ids)
    refused(404, limit.delete, *ids)


@scenario(*area("projects.spend_limit", *VERBS), "projects.create",
          "projects.service_accounts.create")
def a_project_stops_at_its_spend_limit(world: World) -> None:
    projects = world.organization.projects
    project = projects.create(name="thrifty").id
    key = projects.service_accounts.create(project, name="robot").api_key.value
    a_limit_lives(world, projects.spend_limit, (project,), key, "project_spend_limit_exceeded")


@scenario(*area("spend_limit", *VERBS), "projects.create", "projects.service_accounts.create")
def an_organization_stops_at_its_spend_limit(world: World) -> None:
    organization = world.organization
    project = organization.projects.create(name="one of all").id
    key = organization.projects.service_accounts.create(project, name="robot").api_key.value
    try:
        a_limit_lives(world, organization.spend_limit, (), key,
                      "organization_spend_limit_exceeded")
    except BaseException:
        organization.spend_limit.delete()  # what follows must not meet it
        raise
