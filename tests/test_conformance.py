# SPDX-License-Identifier: Apache-2.0
"""OpenAI's Admin API, all 143 operations, driven by the newest SDKs of Python and Node through a
proxy that notes every answer, each validated against the description. How: conformance/README.md.
"""
from __future__ import annotations

import copy
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pydantic
import pytest

from conformance.drive import TITLES, Run, run_all
from conformance.operations import (BY_NAME, CONFORMS, NOT_APPLICABLE, NOT_THERE_YET, OPERATIONS,
                                    STATES, operation_of)
from conformance.recorder import Call
from conformance.schemas import Description
from conformance.world import Instance
from tollgate import ROOT

SDKS = ("python", "node")
RESULTS = ROOT / "build/results/conformance.tsv"


@pytest.fixture(scope="module")
def description() -> Description:
    return Description()


@pytest.fixture(scope="module")
def run(description: Description) -> Iterator[Run]:
    instance = Instance()
    try:
        yield run_all(instance, description)
    finally:
        instance.stop()


@pytest.mark.parametrize("title", TITLES["python"])
def test_python(run: Run, title: str) -> None:
    check(run.outcomes["python"][title])


@pytest.mark.parametrize("title", TITLES["node"])
def test_node(run: Run, title: str) -> None:
    check(run.outcomes["node"][title])


def check(outcome: str) -> None:
    if outcome.startswith("skipped: "):
        pytest.skip(outcome.removeprefix("skipped: "))
    assert outcome == "passed", outcome


@pytest.mark.parametrize("sdk", SDKS)
def test_what_is_wrong_is_refused_by_its_name(run: Run, sdk: str) -> None:
    """Keys of every kind, unknown and foreign ids, every field of every body wrong in every way."""
    faults = run.case_faults[sdk]
    assert not faults, f"{len(faults)} cases:\n" + "\n".join(faults)


@pytest.mark.parametrize("sdk", [*SDKS, ""])
def test_every_body_is_what_the_description_says(run: Run, sdk: str) -> None:
    judged = [(each, faults) for each, faults in zip(run.calls, run.faults, strict=True)
              if each.sdk == sdk]
    assert len(judged) > 20, "the recorder saw too little"
    wrong = {f"{each.method} {each.target}: {each.status} {fault}"
             for each, faults in judged for fault in faults}
    assert not wrong, "\n".join(sorted(wrong)[:60])


def test_no_sdk_asks_again_in_vain(run: Run) -> None:
    """Both SDKs repeat a 409 and a 501 unless they are told not to (OPENAI-CONTRACT 3.1)."""
    hopeless = [each for each in run.calls if each.status in (409, 412, 501)]
    not_there = {501} if NOT_THERE_YET in STATES.values() else set()
    assert {each.status for each in hopeless} == {409, 412} | not_there
    told = [f"{each.method} {each.target}: {each.status}" for each in hopeless
            if each.headers.get("x-should-retry") != "false"]
    assert not told, "\n".join(told)


def test_every_answer_has_an_id_of_its_own(run: Run) -> None:
    calls = [each for each in run.calls if each.sdk]  # by hand, some is no HTTP
    without = {f"{each.method} {each.target}" for each in calls
               if not each.headers.get("x-request-id")}
    assert not without, sorted(without)[:20]
    assert len({each.headers["x-request-id"] for each in calls}) == len(calls)


def is_documented_failure(each: Call) -> bool:
    """Of the operation itself: a wrong key is refused before it is looked at."""
    return 400 <= each.status < 500 and each.status != 401


def is_success(each: Call) -> bool:
    """An empty page shows nothing of an operation, but that there is nothing to show."""
    if each.status >= 300 or each.operation is None:
        return False
    is_empty = isinstance(each.json, dict) and each.json.get("data") == []
    return not is_empty or each.operation.name in NOT_APPLICABLE


@dataclass
class Row:
    """What both SDKs met at one operation."""

    name: str
    successes: dict[str, int]
    failures: dict[str, int]
    not_there: dict[str, int]

    @property
    def conforms(self) -> bool:
        return self.succeeds and all(self.failures.values())

    @property
    def succeeds(self) -> bool:
        """Of what does not apply, only a list can: with its empty page."""
        if self.name in NOT_APPLICABLE and not self.name.endswith(".list"):
            return not any(self.successes.values())
        return all(self.successes.values())

    @property
    def is_not_there_yet(self) -> bool:
        return all(self.not_there.values()) and not any(self.successes.values())

    @property
    def state(self) -> str:
        if self.conforms and not any(self.not_there.values()):
            return CONFORMS
        return NOT_THERE_YET if self.is_not_there_yet else "neither"

    def line(self) -> str:
        counts = [each[sdk] for sdk in SDKS for each in (self.successes, self.failures)]
        return "\t".join([self.name, self.state, *map(str, counts)])


@pytest.fixture(scope="module")
def rows(run: Run) -> list[Row]:
    rows = []
    for operation in OPERATIONS:
        good = {sdk: run.good(sdk, operation.name) for sdk in SDKS}
        rows.append(Row(
            operation.name,
            {sdk: sum(is_success(each) for each in good[sdk]) for sdk in SDKS},
            {sdk: sum(map(is_documented_failure, good[sdk])) for sdk in SDKS},
            {sdk: sum(each.status == 501 for each in good[sdk]) for sdk in SDKS}))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    head = ["operation", "state"] + [f"{sdk} {kind}" for sdk in SDKS
                                     for kind in ("successes", "failures")]
    RESULTS.write_text("\n".join(["\t".join(head), *(row.line() for row in rows)]) + "\n")
    return rows


def test_operations_conform_that_are_said_to(
        rows: list[Row], run: Run, capsys: pytest.CaptureFixture[str],
        record_property: Callable[[str, object], None]) -> None:
    """Both ways: what conforms is said to, and what is said to conforms."""
    conforming = sum(row.state == CONFORMS for row in rows)
    line = f"operations: {conforming} of {len(rows)} conform"
    record_property("operations", line)
    with capsys.disabled():
        print(f"\n{line} ({len(run.calls)} calls in {run.seconds:.1f} s; {RESULTS})")
    wrong = [f"{row.line()}, and not '{STATES[row.name]}'" for row in rows
             if row.state != STATES[row.name]]
    assert not wrong, "operation, state, successes and failures of each SDK:\n" + "\n".join(wrong)


def test_the_lists_name_every_operation_once() -> None:
    assert len(OPERATIONS) == len(BY_NAME) == 143
    assert set(STATES) == set(BY_NAME)
    assert set(STATES.values()) <= {CONFORMS, NOT_THERE_YET}
    assert set(NOT_APPLICABLE) <= set(BY_NAME) and len(NOT_APPLICABLE) <= 15
    assert all(len(reason) > 40 for reason in NOT_APPLICABLE.values())


PROJECT = {"object": "organization.project", "id": "proj_1", "name": "x", "created_at": 1}
KEY = {"object": "organization.project.api_key", "id": "key_1", "name": "x", "created_at": 1,
       "redacted_value": "sk-…", "last_used_at": None, "owner_project_access": "active",
       "owner": {"type": "user", "user": {"id": "user_1", "email": "a@example.com", "name": "a",
                                          "created_at": 1, "role": "owner"}}}
LIST = {"object": "list", "data": [PROJECT], "has_more": False, "first_id": None, "last_id": None}
LOGS = {"object": "list", "has_more": False, "data": [
    {"id": "audit_log-1", "type": "project.updated", "effective_at": 1, "actor": None,
     "project.updated": {"id": "proj_1", "changes_requested": {"title": "x"}, "before": {}}},
    {"id": "audit_log-2", "type": "tollgate.limit.set", "effective_at": 1,
     "tollgate.limit.set": {"id": "limit_1", "data": {"amount": 1}}}]}
ERROR = {"error": {"message": "m", "type": "t", "param": None, "code": None}}


@pytest.mark.parametrize(("name", "status", "good", "spoil"), [
    ("projects.retrieve", 200, PROJECT, lambda it: it.pop("created_at")),
    ("projects.retrieve", 200, PROJECT, lambda it: it.update(created_at="1")),
    ("projects.retrieve", 200, PROJECT, lambda it: it.update(object="project")),
    ("projects.retrieve", 200, PROJECT, lambda it: it.update(colour="red")),
    ("projects.retrieve", 200, PROJECT, lambda it: it.update(created_at=None)),
    ("projects.list", 200, LIST, lambda it: it.pop("has_more")),
    ("projects.list", 200, LIST, lambda it: it.update(next=None)),
    ("projects.list", 200, LIST, lambda it: it["data"][0].update(colour="red")),
    ("projects.list", 200, LIST, lambda it: it["data"][0].pop("id")),
    ("projects.api_keys.update", 200, KEY, lambda it: it.update(value="sk-tg-proj-…")),
    ("projects.api_keys.retrieve", 200, KEY, lambda it: it["owner"]["user"].update(colour="red")),
    ("projects.api_keys.retrieve", 200, KEY, lambda it: it["owner"]["user"].pop("role")),
    ("audit_logs.list", 200, LOGS, lambda it: it["data"][0].update(type="project.painted")),
    ("audit_logs.list", 200, LOGS, lambda it: it["data"][0].update(colour={})),
    ("audit_logs.list", 200, LOGS, lambda it: it["data"][0]["project.updated"].update(id=1)),
    ("audit_logs.list", 200, LOGS, lambda it: it["data"][1].pop("effective_at")),
    ("projects.retrieve", 404, ERROR, lambda it: it["error"].pop("param")),
    ("projects.retrieve", 404, ERROR, lambda it: it["error"].update(hint="h")),
    ("projects.retrieve", 404, ERROR, lambda it: it.update(error="not found")),
])
def test_the_validator_finds_what_is_wrong(description: Description, name: str, status: int,
                                           good: Any, spoil: Callable[[Any], Any]) -> None:
    assert description.faults(BY_NAME[name], status, good) == []
    bad = copy.deepcopy(good)
    spoil(bad)
    assert description.faults(BY_NAME[name], status, bad)


def test_an_operation_is_known_by_its_path() -> None:
    found = operation_of("POST", "/v1/organization/certificates/activate")
    assert found is BY_NAME["certificates.activate"]
    found = operation_of("GET", "/v1/organization/users/u/roles/r")
    assert found is BY_NAME["users.roles.retrieve"]
    assert operation_of("GET", "/v1/organization/users/u/roles/r/x") is None


def answer_of_sdk(name: str) -> Any:
    """What Python's SDK makes of the answer."""
    method: Any = openai.OpenAI(api_key="none", admin_api_key="none")
    for part in BY_NAME[name].python.split("."):
        method = getattr(method, part)
    return typing.get_type_hints(method)["return"]


def fields_of_model(model: type[pydantic.BaseModel]) -> tuple[set[str], set[str]]:
    """All fields, and the required ones."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return set(fields), {name for name, field in fields.items() if field.is_required()}


@pytest.mark.parametrize("name", [each.name for each in OPERATIONS if each.source == "sdk"])
def test_what_is_beyond_the_description_is_what_the_sdk_has(description: Description,
                                                            name: str) -> None:
    model = answer_of_sdk(name)
    schema = description.resolve(description.response(BY_NAME[name]))
    if arguments := model.__pydantic_generic_metadata__["args"]:  # a page of them
        model = arguments[0]
        schema = description.resolve(schema["properties"]["data"]["items"])
    fields, required = fields_of_model(model)
    assert set(schema["properties"]) == fields
    # The SDK requires less of some: what may be null is optional to it.
    assert required <= set(schema["required"])


@pytest.mark.parametrize(("schema", "name"), [
    ("ProjectApiKey", "projects.api_keys.retrieve"),
    ("ServiceAccountApiKeyBody", "projects.service_accounts.api_keys.create"),
])
def test_a_field_beyond_the_description_is_one_of_the_sdks(description: Description, schema: str,
                                                           name: str) -> None:
    assert set(description.beyond["fields"][schema]) <= fields_of_model(answer_of_sdk(name))[0]
