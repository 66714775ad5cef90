# SPDX-License-Identifier: Apache-2.0
"""OpenAI's Admin API as the newest official package uses it: each change is seen by a read, and
felt by a call where it concerns calls."""
from collections.abc import Iterator

import openai
import pytest
from tollgate import Tollgate


@pytest.fixture(scope="module")
def instance() -> Iterator[Tollgate]:
    with Tollgate("admin-api") as server:
        server.init().start()
        yield server


@pytest.fixture(scope="module")
def admin_key(instance: Tollgate) -> dict[str, str]:
    return instance.create_key("admin", "admin")


@pytest.fixture
def organization(instance: Tollgate, admin_key: dict[str, str]):
    client = openai.OpenAI(admin_api_key=admin_key["key"], base_url=instance.url, max_retries=0,
                           timeout=20)
    return client.admin.organization


def calls(instance: Tollgate, key: str) -> int:
    """The status of a call: 404 is a call that came through to the lack of a provider."""
    return instance.chat(key, "hello").status


def test_a_project_is_made_listed_renamed_and_archived(instance: Tollgate, organization) -> None:
    made = organization.projects.create(name="Apollo")
    assert made.id.startswith("proj_") and made.status == "active" and made.archived_at is None
    assert organization.projects.retrieve(made.id) == made
    assert made.id in [project.id for project in organization.projects.list()]
    renamed = organization.projects.update(made.id, name="Artemis")
    assert renamed.name == organization.projects.retrieve(made.id).name == "Artemis"
    account = organization.projects.service_accounts.create(made.id, name="robot")
    assert calls(instance, account.api_key.value) == 404
    archived = organization.projects.archive(made.id)
    assert archived.status == "archived" and archived.archived_at
    assert calls(instance, account.api_key.value) == 401
    assert made.id not in [project.id for project in organization.projects.list()]
    assert made.id in [project.id for project in organization.projects.list(include_archived=True)]
    with pytest.raises(openai.ConflictError):
        organization.projects.update(made.id, name="Apollo")


def test_the_default_project_cannot_be_archived(organization) -> None:
    default = next(iter(organization.projects.list()))
    with pytest.raises(openai.ConflictError, match="default project"):
        organization.projects.archive(default.id)


def test_every_project_is_on_one_page_of_many(organization) -> None:
    made = [organization.projects.create(name=f"page {number}").id for number in range(7)]
    listed = [project.id for project in organization.projects.list(limit=2)]
    assert len(listed) == len(set(listed)) and set(made) <= set(listed)


def test_a_service_account_calls_until_it_is_deleted(instance: Tollgate, organization) -> None:
    project = organization.projects.create(name="robots")
    accounts = organization.projects.service_accounts
    without = accounts.create(project.id, name="no key", create_service_account_only=True)
    assert without.api_key is None and without.role == "none"
    account = accounts.create(project.id, name="deploy")
    second = accounts.api_keys.create(account.id, project_id=project.id, name="second")
    assert [calls(instance, key) for key in (account.api_key.value, second.value)] == [404, 404]
    assert accounts.retrieve(account.id, project_id=project.id).name == "deploy"
    assert accounts.update(account.id, project_id=project.id, name="ship").name == "ship"
    assert {item.name for item in accounts.list(project.id)} == {"no key", "ship"}
    assert accounts.delete(account.id, project_id=project.id).deleted
    assert [calls(instance, key) for key in (account.api_key.value, second.value)] == [401, 401]
    with pytest.raises(openai.NotFoundError):
        accounts.retrieve(account.id, project_id=project.id)
    assert [item.id for item in accounts.list(project.id)] == [without.id]


def test_a_projects_keys_are_listed_without_their_secret_and_deleted(
        instance: Tollgate, organization) -> None:
    mine = instance.create_key("laptop")
    project = next(iter(organization.projects.list()))
    listed = {key.id: key for key in organization.projects.api_keys.list(project.id)}
    key = listed[mine["id"]]
    assert key.name == "laptop" and key.owner.type == "user" and key.owner.user.role == "owner"
    assert mine["key"] not in repr(key) and key.redacted_value.endswith(mine["key"][-4:])
    assert organization.projects.api_keys.retrieve(mine["id"], project_id=project.id) == key
    assert calls(instance, mine["key"]) == 404
    assert organization.projects.api_keys.delete(mine["id"], project_id=project.id).deleted
    assert calls(instance, mine["key"]) == 401
    with pytest.raises(openai.NotFoundError):
        organization.projects.api_keys.retrieve(mine["id"], project_id=project.id)


def test_an_admin_key_works_on_the_next_request_and_not_after_its_end(
        instance: Tollgate, organization) -> None:
    made = organization.admin_api_keys.create(name="terraform")
    assert made.value.startswith("sk-tg-admin-")
    other = openai.OpenAI(admin_api_key=made.value, base_url=instance.url, max_retries=0)
    shown = other.admin.organization.admin_api_keys.retrieve(made.id)
    assert shown.name == "terraform" and made.value not in repr(shown)
    assert made.id in [key.id for key in organization.admin_api_keys.list(order="desc", limit=1)]
    assert organization.admin_api_keys.delete(made.id).deleted
    with pytest.raises(openai.AuthenticationError):
        other.admin.organization.admin_api_keys.list()
    assert made.id not in [key.id for key in organization.admin_api_keys.list()]


@pytest.mark.parametrize("kind", ["project", "service-account", "test"])
def test_no_other_kind_of_key_is_taken(instance: Tollgate, kind: str) -> None:
    key = instance.create_key("calls", kind)["key"]
    answer = instance.get("/v1/organization/projects", key)
    assert answer.status == 401 and "admin key" in answer.error["message"]


def test_without_a_key_or_with_a_wrong_one_nothing_is_told(instance: Tollgate) -> None:
    assert instance.get("/v1/organization/projects", None).status == 401
    assert instance.get("/v1/organization/nothing", "sk-tg-admin-wrong").status == 401


@pytest.mark.parametrize(("method", "path", "body", "param"), [
    ("POST", "/v1/organization/projects", {"name": ""}, "name"),
    ("POST", "/v1/organization/projects", {"name": "x" * 257}, "name"),
    ("POST", "/v1/organization/projects", {"name": 5}, "name"),
    ("POST", "/v1/organization/projects", {"name": "x", "colour": "red"}, "colour"),
    ("POST", "/v1/organization/projects", {"name": "x", "residency": "EU_STORAGE_PROCESSING"},
     "residency"),
    ("POST", "/v1/organization/admin_api_keys", {"name": "x", "expires_in_seconds": 0},
     "expires_in_seconds"),
    ("GET", "/v1/organization/projects?limit=0", None, "limit"),
    ("GET", "/v1/organization/projects?limit=101", None, "limit"),
    ("GET", "/v1/organization/projects?after=proj_unknown", None, "after"),
    ("GET", "/v1/organization/projects?nothing=1", None, "nothing"),
])
def test_what_is_wrong_is_refused_by_its_name(instance: Tollgate, admin_key: dict[str, str],
                                              method: str, path: str, body: object,
                                              param: str) -> None:
    answer = instance.request(method, path, body, admin_key["key"])
    assert (answer.status, answer.error["param"]) == (400, param), answer


def test_unknown_ids_and_paths_are_not_found(instance: Tollgate,
                                             admin_key: dict[str, str]) -> None:
    for path in ("/v1/organization/projects/proj_unknown",
                 "/v1/organization/admin_api_keys/key_unknown",
                 "/v1/organization/projects/proj_unknown/api_keys", "/v1/organization/nothing"):
        assert instance.get(path, admin_key["key"]).status == 404, path
    assert instance.request("PUT", "/v1/organization/projects", {}, admin_key["key"]).status == 405
