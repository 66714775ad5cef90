# SPDX-License-Identifier: Apache-2.0
from conformance.scenarios import area, refused, scenario
from conformance.world import MODEL, OTHER_MODEL, World

OPERATIONS = area("projects.model_permissions", "retrieve", "update", "delete")
# Python's SDK calls the answer's model_ids api_model_ids: pydantic keeps model_ for itself.


@scenario(*OPERATIONS, "projects.create", "projects.service_accounts.create")
def a_project_has_only_the_models_that_it_is_given(world: World) -> None:
    projects = world.organization.projects
    permissions, project = projects.model_permissions, projects.create(name="models").id
    key = projects.service_accounts.create(project, name="robot").api_key.value

    def answers() -> list[tuple[int, str | None]]:
        return [world.call_error(key, model) for model in (MODEL, OTHER_MODEL)]

    yes, no = (200, None), (403, "model_not_found")
    assert answers() == [yes, yes]
    made = permissions.update(project, mode="allow_list", model_ids=[MODEL])
    assert (made.mode, made.api_model_ids) == ("allow_list", [MODEL])
    assert permissions.retrieve(project) == made
    assert answers() == [yes, no]
    made = permissions.update(project, mode="deny_list", model_ids=[MODEL])
    assert permissions.retrieve(project) == made and made.mode == "deny_list"
    assert answers() == [no, yes]
    assert permissions.update(project, mode="allow_list", model_ids=[]).api_model_ids == []
    assert answers() == [no, no]
    assert permissions.delete(project).deleted
    assert answers() == [yes, yes]


@scenario(*OPERATIONS, "projects.create")
def a_policy_has_a_mode(world: World) -> None:
    projects = world.organization.projects
    permissions, project = projects.model_permissions, projects.create(name="modes").id
    error = refused(400, permissions.update, project, mode="some_list", model_ids=[MODEL])
    assert error.param == "mode"
