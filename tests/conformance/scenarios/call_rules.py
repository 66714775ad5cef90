# SPDX-License-Identifier: Apache-2.0
"""Hosted tools, service tiers and data retention: what a project allows its calls."""
from typing import Any

import openai

from conformance.scenarios import area, refused, scenario
from conformance.world import MODEL, World

MAKING = ("projects.create", "projects.service_accounts.create")


def project_of(world: World, name: str) -> tuple[str, str]:
    """A new project's id, and a key in it."""
    projects = world.organization.projects
    project = projects.create(name=name).id
    return project, projects.service_accounts.create(project, name="robot").api_key.value


def outcome(world: World, key: str, **fields: Any) -> tuple[int, str | None]:
    """Status and param of a data-plane call."""
    client = openai.OpenAI(api_key=key, base_url=world.direct_url, max_retries=0, timeout=20)
    try:
        client.chat.completions.create(model=MODEL, max_completion_tokens=16,
                                       messages=[{"role": "user", "content": "hello"}], **fields)
    except openai.APIStatusError as error:
        return error.status_code, error.param
    return 200, None


@scenario(*area("projects.hosted_tool_permissions", "retrieve", "update"), *MAKING)
def a_project_has_only_the_hosted_tools_that_it_is_given(world: World) -> None:
    permissions = world.organization.projects.hosted_tool_permissions
    project, key = project_of(world, "tools")
    search: dict[str, Any] = {"web_search_options": {}}
    assert all(each["enabled"] for each in permissions.retrieve(project).to_dict().values())
    assert outcome(world, key, **search) == (200, None)
    made = permissions.update(project, web_search={"enabled": False}, mcp=None)
    assert not made.web_search.enabled and made.mcp.enabled and made.file_search.enabled
    assert permissions.retrieve(project) == made
    assert outcome(world, key, **search) == (403, "tools")
    assert outcome(world, key) == (200, None)
    made = permissions.update(project, mcp={"enabled": False}, web_search={"enabled": True})
    assert permissions.retrieve(project) == made and not made.mcp.enabled
    assert outcome(world, key, **search) == (200, None)
    error = refused(400, permissions.update, project, file_search={})
    assert error.param == "file_search"


@scenario(*area("projects.service_tier_settings", "retrieve", "update"), *MAKING)
def a_project_has_only_the_tiers_that_it_is_given(world: World) -> None:
    settings = world.organization.projects.service_tier_settings
    project, key = project_of(world, "tiers")
    made = settings.retrieve(project)
    assert (made.default, made.enabled_tiers) == ("standard", "all")
    assert outcome(world, key, service_tier="flex") == (200, None)
    made = settings.update(project, default="fast", enabled_tiers=["fast"])
    assert (made.default, made.enabled_tiers) == ("fast", ["fast"])
    assert settings.retrieve(project) == made
    assert outcome(world, key, service_tier="flex") == (403, "service_tier")
    assert outcome(world, key, service_tier="priority") == (200, None)
    assert settings.update(project, default="standard").enabled_tiers == ["fast"]
    assert settings.update(project, enabled_tiers="all").default == "standard"
    assert outcome(world, key, service_tier="flex") == (200, None)
    error = refused(400, settings.update, project, default="fast", enabled_tiers=[])
    assert error.param == "default"


@scenario(*area("projects.data_retention", "retrieve", "update"), *MAKING)
def a_project_keeps_what_it_says(world: World) -> None:
    retention = world.organization.projects.data_retention
    project, key = project_of(world, "retention")
    assert retention.retrieve(project).type == "organization_default"
    assert previous_response(world, key) == (404, None)  # it is looked for
    for kind in ("zero_data_retention", "enhanced_zero_data_retention"):
        made = retention.update(project, retention_type=kind)
        assert made.type == kind and retention.retrieve(project) == made
        assert previous_response(world, key) == (400, "previous_response_id")
    for kind in ("modified_abuse_monitoring", "enhanced_modified_abuse_monitoring", "none"):
        assert retention.update(project, retention_type=kind).type == kind
        assert previous_response(world, key) == (404, None)


@scenario(*area("data_retention", "retrieve", "update"), "projects.data_retention.update", *MAKING)
def an_organization_keeps_what_it_says(world: World) -> None:
    retention = world.organization.data_retention
    project, key = project_of(world, "organization's retention")
    assert retention.retrieve().type == "modified_abuse_monitoring"
    made = retention.update(retention_type="zero_data_retention")
    assert made.type == "zero_data_retention" and retention.retrieve() == made
    assert previous_response(world, key) == (400, "previous_response_id")
    world.organization.projects.data_retention.update(project, retention_type="none")
    assert previous_response(world, key) == (404, None)
    # What only a project can say.
    kind: Any = "organization_default"
    assert refused(400, retention.update, retention_type=kind).param == "retention_type"
    assert retention.update(
        retention_type="modified_abuse_monitoring").type == "modified_abuse_monitoring"


def previous_response(world: World, key: str) -> tuple[int, str | None]:
    """Status and param of a response that goes on with one that was kept."""
    client = openai.OpenAI(api_key=key, base_url=world.direct_url, max_retries=0, timeout=20)
    try:
        client.responses.create(model=MODEL, input="hello", previous_response_id="resp_unknown")
    except openai.APIStatusError as error:
        return error.status_code, error.param
    return 200, None
