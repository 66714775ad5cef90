# SPDX-License-Identifier: Apache-2.0
"""What a project allows its calls (hosted tools, service tiers) and what is kept of them, as calls
feel it."""
from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from call_log import line_about
from object_clients import (MODEL, client_of, gateway, lines, make_batch,  # noqa: F401
                            provider)
from object_upstream import ObjectUpstream
from people import organization_of
from tollgate import Tollgate, secret, wait_for
from upstreams import CREDENTIAL, Upstream

TOOLS = ("file_search", "web_search", "image_generation", "mcp", "code_interpreter")
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
_numbers = itertools.count(1)


@dataclass
class Project:
    id: str
    key: str
    key_id: str
    of: Any  # client.admin.organization.projects

    def tools(self, **enabled: bool) -> Any:
        return self.of.hosted_tool_permissions.update(
            self.id, **{name: {"enabled": value} for name, value in enabled.items()})

    def tiers(self, **fields: Any) -> Any:
        return self.of.service_tier_settings.update(self.id, **fields)

    def retain(self, kind: str) -> Any:
        return self.of.data_retention.update(self.id, retention_type=kind)


def new_project(server: Tollgate, organization: Any) -> Project:
    made = organization.projects.create(name=f"project {next(_numbers)}")
    key = server.json("keys", "create", "--name", "k", "--project", made.id)
    return Project(made.id, secret(key["key"]), key["id"], organization.projects)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(upstream: Upstream) -> Iterator[Tollgate]:
    with Tollgate("project-rules") as instance:
        instance.init().start()
        instance.add_provider("upstream", upstream.url, CREDENTIAL)
        yield instance
        instance.verify()


@pytest.fixture(scope="module")
def organization(server: Tollgate) -> Any:
    return organization_of(server, server.create_key("admin", "admin")["key"])


@pytest.fixture
def project(server: Tollgate, organization: Any) -> Project:
    return new_project(server, organization)


@pytest.fixture
def keeping(gateway: Tollgate) -> Project:  # noqa: F811
    """A project whose provider keeps objects."""
    admin = gateway.create_key("admin", "admin")["key"]
    return new_project(gateway, organization_of(gateway, admin))


def body_of(path: str, **fields: Any) -> dict[str, Any]:
    text = {"input": "plain"} if path == RESPONSES else {
        "messages": [{"role": "user", "content": "plain"}]}
    return {"model": MODEL, **text, **fields}


def sent(server: Tollgate, upstream: Upstream, project: Project, path: str,
         **fields: Any) -> dict[str, Any]:
    """What the provider got of a call that went through."""
    answer = server.post(path, body_of(path, **fields), project.key)
    assert answer.status == 200, answer
    return json.loads(upstream.calls[-1]["body"])


def refused(server: Tollgate, upstream: Upstream, project: Project, path: str, status: int,
            param: str, **fields: Any) -> dict[str, Any]:
    """The error of a call that must not have been sent."""
    before = len(upstream.calls)
    answer = server.post(path, body_of(path, **fields), project.key)
    assert (answer.status, answer.error["param"]) == (status, param), answer
    assert len(upstream.calls) == before
    return answer.error


# Hosted tools.

NAMED = [
    ("web_search", RESPONSES, {"tools": [{"type": "web_search"}]}),
    ("web_search", RESPONSES, {"tools": [{"type": "web_search_2025_08_26"}]}),
    ("web_search", RESPONSES, {"tools": [{"type": "web_search_preview"}], "stream": True}),
    ("web_search", CHAT, {"web_search_options": {}}),
    ("web_search", CHAT, {"web_search_options": {"search_context_size": "low"}, "stream": True}),
    ("file_search", RESPONSES, {"tools": [{"type": "file_search", "vector_store_ids": []}]}),
    ("code_interpreter", RESPONSES, {"tools": [{"type": "code_interpreter",
                                                "container": {"type": "auto"}}]}),
    ("code_interpreter", RESPONSES, {"tools": [{"type": "shell",
                                                "environment": {"type": "container_auto"}}]}),
    ("image_generation", RESPONSES, {"tools": [{"type": "function", "name": "f"},
                                               {"type": "image_generation"}]}),
    ("mcp", RESPONSES, {"tools": [{"type": "mcp", "server_label": "s",
                                   "server_url": "https://example.com/mcp"}]}),
    ("mcp", RESPONSES, {"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "mcp"}]}]}),
    # Among the input, and named twice where readers differ in which one counts.
    ("mcp", RESPONSES, {"input": [{"type": "additional_tools", "tools": [{"type": "mcp"}]}]}),
]


@pytest.mark.parametrize(("tool", "path", "fields"), NAMED)
def test_a_call_that_names_a_tool_the_project_lacks_is_refused(
        server: Tollgate, upstream: Upstream, project: Project, tool: str, path: str,
        fields: dict[str, Any]) -> None:
    others = {name: False for name in TOOLS if name != tool}
    project.tools(**others)
    assert server.post(path, body_of(path, **fields), project.key).status != 403
    project.tools(**{tool: False}, **{name: True for name in others})
    error = refused(server, upstream, project, path, 403, "tools", **fields)
    assert error["code"] == "insufficient_permissions" and project.id in error["message"]
    project.tools(**{tool: True})
    assert server.post(path, body_of(path, **fields), project.key).status != 403


def test_a_type_that_is_named_twice_hides_nothing(server: Tollgate, upstream: Upstream,
                                                  project: Project) -> None:
    project.tools(mcp=False)
    body = b'{"model":"%s","input":"x","tools":[{"type":"mcp","type":"function","name":"f"}]}'
    before = len(upstream.calls)
    answer = server.post(RESPONSES, body % MODEL.encode(), project.key)
    assert answer.status == 403 and len(upstream.calls) == before, answer


def test_a_stored_prompt_may_bring_any_tool(server: Tollgate, upstream: Upstream,
                                            project: Project) -> None:
    project.tools(file_search=False)
    refused(server, upstream, project, RESPONSES, 403, "prompt", prompt={"id": "pmpt_1"})
    project.tools(file_search=True)  # then it is looked for, and there is none
    assert server.post(RESPONSES, body_of(RESPONSES, prompt={"id": "pmpt_1"}),
                       project.key).status == 404


def test_a_model_that_always_searches_needs_the_web(server: Tollgate, project: Project) -> None:
    key = server.json("keys", "create", "--name", "t", "--kind", "test", "--project", project.id)
    ask = body_of(CHAT) | {"model": "gpt-4o-search-preview"}
    assert server.post(CHAT, ask, secret(key["key"])).status == 200
    project.tools(web_search=False)
    answer = server.post(CHAT, ask, key["key"])
    assert answer.status == 403 and "web_search" in answer.error["message"], answer


def test_functions_are_nobodys_tools_but_the_clients(server: Tollgate, upstream: Upstream,
                                                     project: Project) -> None:
    project.tools(**dict.fromkeys(TOOLS, False))
    tools = [{"type": "function", "name": "web_search", "parameters": {}},
             {"type": "custom", "name": "mcp"}, {"type": "local_shell"},
             {"type": "shell", "environment": {"type": "local"}},
             {"type": "computer_use_preview", "display_width": 1, "display_height": 1,
              "environment": "linux"}]
    assert sent(server, upstream, project, RESPONSES, tools=tools)["tools"] == tools


def test_what_is_refused_is_neither_counted_nor_held(server: Tollgate, upstream: Upstream,
                                                     project: Project) -> None:
    server.limit("key", project.key_id, usd="1")
    project.tools(mcp=False)
    refused(server, upstream, project, RESPONSES, 403, "tools", tools=[{"type": "mcp"}])
    limit = server.limits(project.key_id)[0]
    assert (limit["spent"], limit["held"]) == (0, 0)


def test_rules_hold_for_other_keys_of_the_project_and_after_a_restart(
        upstream: Upstream) -> None:
    with Tollgate("project-rules-restart") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        organization = organization_of(server, server.create_key("admin", "admin")["key"])
        project = new_project(server, organization)
        account = organization.projects.service_accounts.create(project.id, name="robot")
        keys = [project.key, secret(account.api_key.value)]
        project.tools(mcp=False)
        project.tiers(default="fast", enabled_tiers=["fast"])
        organization.data_retention.update(retention_type="zero_data_retention")
        for again in (False, True):
            if again:
                server.stop()
                server.start()
            for key in keys:
                tools = body_of(RESPONSES, tools=[{"type": "mcp"}])
                assert server.post(RESPONSES, tools, key).status == 403
                flex = body_of(RESPONSES, service_tier="flex")
                assert server.post(RESPONSES, flex, key).status == 403
                assert server.post(RESPONSES, body_of(RESPONSES), key).status == 200
                got = json.loads(upstream.calls[-1]["body"])
                assert (got["service_tier"], got["store"]) == ("priority", False)


def test_each_line_of_a_batch_is_looked_at(keeping: Project, gateway: Tollgate,  # noqa: F811
                                           provider: ObjectUpstream) -> None:  # noqa: F811
    client = client_of(gateway, keeping.key)
    made = provider.asked("POST", "/v1/batches")
    both = lines(1).getvalue() + b"\n" + lines(1, web_search_options={}).getvalue()

    def ask(content: bytes) -> openai.types.Batch:
        file = io.BytesIO(content)
        file.name = "input.jsonl"
        return make_batch(client, file)

    keeping.tools(web_search=False)
    with pytest.raises(openai.PermissionDeniedError) as raised:
        ask(both)
    assert raised.value.param == "tools"
    keeping.tiers(enabled_tiers=[])
    with pytest.raises(openai.PermissionDeniedError) as raised:
        ask(lines(2, service_tier="flex").getvalue())
    assert raised.value.param == "service_tier"
    assert provider.asked("POST", "/v1/batches") == made
    assert ask(lines(2).getvalue()).id


def test_work_in_the_background_is_looked_at(keeping: Project, gateway: Tollgate,  # noqa: F811
                                             provider: ObjectUpstream) -> None:  # noqa: F811
    client, asked = client_of(gateway, keeping.key), provider.asked("POST", RESPONSES)
    keeping.tools(code_interpreter=False)
    with pytest.raises(openai.PermissionDeniedError):
        client.responses.create(model=MODEL, input="x", background=True,
                                tools=[{"type": "code_interpreter", "container": {"type": "auto"}}])
    assert provider.asked("POST", RESPONSES) == asked


# Service tiers.

@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_a_call_that_asks_for_no_tier_gets_the_projects(server: Tollgate, upstream: Upstream,
                                                        project: Project, path: str) -> None:
    def tier(**fields: Any) -> str | None:
        return sent(server, upstream, project, path, **fields).get("service_tier", "absent")

    assert tier() == "absent" and tier(service_tier="auto") == "auto"
    project.tiers(default="fast")
    assert [tier(), tier(service_tier="auto"), tier(service_tier=None)] == ["priority"] * 3
    assert tier(service_tier="default") == "default"
    project.tiers(default="scale")
    assert tier() == "scale"
    project.tiers(default="standard", enabled_tiers=["flex"])
    # Whatever the provider's own account would make of saying nothing.
    assert [tier(), tier(service_tier="auto")] == ["default"] * 2
    project.tiers(enabled_tiers="all")
    assert tier() == "absent"


def test_a_tier_that_is_not_enabled_is_refused(server: Tollgate, upstream: Upstream,
                                               project: Project) -> None:
    def allowed() -> set[str]:
        return {tier for tier in ("default", "auto", "flex", "priority", "fast", "ultrafast",
                                  "scale", "tomorrow")
                if server.post(CHAT, body_of(CHAT, service_tier=tier), project.key).status == 200}

    everything = {"default", "auto", "flex", "priority", "fast", "ultrafast", "scale", "tomorrow"}
    assert allowed() == everything
    project.tiers(enabled_tiers=[])
    assert allowed() == {"default", "auto"}
    refused(server, upstream, project, CHAT, 403, "service_tier", service_tier="flex", stream=True)
    project.tiers(enabled_tiers=["fast"])
    assert allowed() == {"default", "auto", "priority", "fast"}
    project.tiers(enabled_tiers=["flex", "ultrafast"], default="scale")
    assert allowed() == {"default", "auto", "flex", "ultrafast", "scale"}


def test_a_default_has_to_be_enabled(project: Project) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        project.tiers(default="fast", enabled_tiers=["flex"])
    assert raised.value.param == "default"
    project.tiers(default="fast")
    with pytest.raises(openai.BadRequestError) as raised:
        project.tiers(enabled_tiers=[])
    assert raised.value.param == "enabled_tiers"
    assert project.of.service_tier_settings.retrieve(project.id).enabled_tiers == "all"


def test_a_default_tier_is_held_and_charged_at_its_price(server: Tollgate, upstream: Upstream,
                                                         project: Project) -> None:
    project.tiers(default="fast")
    answer = server.post(CHAT, body_of(CHAT), project.key)
    assert server.event(answer.headers["x-request-id"])["tier"] == "priority"


# Data retention.

@pytest.mark.parametrize(("kind", "answers", "caller", "objects"), [
    ("organization_default", True, True, True),
    ("none", True, True, True),
    ("modified_abuse_monitoring", True, True, True),
    ("enhanced_modified_abuse_monitoring", True, False, True),
    ("zero_data_retention", False, False, True),
    ("enhanced_zero_data_retention", False, False, False),
])
def test_what_is_kept(keeping: Project, gateway: Tollgate, kind: str, answers: bool,  # noqa: F811
                      caller: bool, objects: bool) -> None:
    """The table of docs/data-retention.md."""
    client = client_of(gateway, keeping.key)
    file = client.files.create(file=("a.txt", b"a"), purpose="user_data")
    keeping.retain(kind)
    made = client.responses.with_raw_response.create(
        model=MODEL, input="x", store=True, extra_headers={"X-Client-Request-Id": f"my-{kind}"})
    assert made.parse().id
    stored = gateway.ledger("SELECT id FROM stored_objects WHERE id = ?", made.parse().id)
    wait_for(lambda: gateway.event(made.headers["x-request-id"]), what="its event")
    stored = gateway.ledger("SELECT id FROM stored_objects WHERE id = ?", made.parse().id)
    assert bool(stored) == answers
    line = line_about(gateway, request=made.headers["x-request-id"], message="call")
    assert (line.get("address") == "127.0.0.1") == caller
    assert (line.get("client_request") == f"my-{kind}") == caller
    try:
        client.files.create(file=("b.txt", b"b"), purpose="user_data")
        assert objects
    except openai.PermissionDeniedError:
        assert not objects
    # What is there can be read and deleted whatever is kept.
    assert client.files.retrieve(file.id).id == file.id
    assert client.files.delete(file.id).deleted


def test_where_a_key_was_used_from_is_not_kept(server: Tollgate, project: Project) -> None:
    def last_use() -> tuple[bool, str | None]:
        shown = server.json("keys", "show", project.key_id)
        return shown["last_used_at"] is not None, shown["last_used_address"]

    project.retain("zero_data_retention")
    assert server.chat(project.key, "plain").status == 200
    assert last_use() == (True, None)
    project.retain("none")
    assert server.chat(project.key, "plain").status == 200
    assert last_use() == (True, "127.0.0.1")


def test_zero_retention_stores_no_answer_whatever_a_call_says(
        server: Tollgate, upstream: Upstream, project: Project) -> None:
    def store(path: str, **fields: Any) -> Any:
        return sent(server, upstream, project, path, **fields).get("store", "absent")

    assert [store(RESPONSES), store(RESPONSES, store=True), store(CHAT, store=True)] == [
        "absent", True, True]
    project.retain("zero_data_retention")
    assert [store(RESPONSES), store(RESPONSES, store=True), store(RESPONSES, store=None),
            store(RESPONSES, store=False)] == [False] * 4
    assert [store(CHAT), store(CHAT, store=True), store(CHAT, store=False)] == [
        "absent", False, False]


def test_zero_retention_refuses_what_needs_something_kept(
        server: Tollgate, upstream: Upstream, project: Project) -> None:
    project.retain("zero_data_retention")
    error = refused(server, upstream, project, RESPONSES, 400, "previous_response_id",
                    previous_response_id="resp_1")
    assert error["message"].startswith(
        "Previous response cannot be used for this organization due to Zero Data Retention.")
    refused(server, upstream, project, RESPONSES, 400, "conversation", conversation="conv_1")
    refused(server, upstream, project, RESPONSES, 400, "background", background=True)


def test_a_project_says_otherwise_than_its_organization(server: Tollgate, upstream: Upstream,
                                                        organization: Any) -> None:
    plain, own = new_project(server, organization), new_project(server, organization)
    own.retain("none")
    organization.data_retention.update(retention_type="zero_data_retention")
    try:
        assert sent(server, upstream, plain, CHAT, store=True)["store"] is False
        assert sent(server, upstream, own, CHAT, store=True)["store"] is True
        own.retain("organization_default")
        assert sent(server, upstream, own, CHAT, store=True)["store"] is False
    finally:
        organization.data_retention.update(retention_type="modified_abuse_monitoring")
    assert sent(server, upstream, plain, CHAT, store=True)["store"] is True


def test_a_batch_says_itself_that_it_stores_nothing(keeping: Project,
                                                    gateway: Tollgate) -> None:  # noqa: F811
    client = client_of(gateway, keeping.key)
    keeping.retain("zero_data_retention")
    with pytest.raises(openai.BadRequestError) as raised:
        make_batch(client, lines(1, store=True))
    assert "Line 1" in raised.value.message and "store" in raised.value.message
    assert make_batch(client, lines(1)).id
