# SPDX-License-Identifier: Apache-2.0
"""OpenAI's Admin API, all 143 operations, driven by the newest SDKs of Python and Node through a proxy
that notes every answer; each is validated against the description (tests/conformance/README.md).
"""
from __future__ import annotations

import json
import pathlib
import re
import subprocess
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field

import openai
import pytest

from conformance import scenarios
from conformance.cases import Case, Cases
from conformance.operations import (BY_NAME, CONFORMS, NOT_THERE_YET, OPERATIONS, STATES, call,
                                    conforms)
from conformance.recorder import Call
from conformance.schemas import Description
from conformance.world import MODEL, OTHER_MODEL, Instance, World
from tollgate import NODE, ROOT

SCENARIOS = scenarios.load()
NODE_FOLDER = ROOT / "tests/conformance/node"
NODE_SCENARIOS = [(path.stem.removeprefix("area_"), name) for path in sorted(NODE_FOLDER.glob("area_*.mjs"))
                  for name in re.findall(r'^scenario\("([^"]+)"', path.read_text(), re.MULTILINE)]
SDKS = ("python", "node")
RESULTS = ROOT / "build/results/conformance.tsv"


@dataclass
class Run:
    """What happened; tests look at it, in any order."""

    calls: list[Call] = field(default_factory=list)
    # "area name" of each SDK's scenarios: "passed", "skipped: …" or what went wrong
    outcomes: dict[str, dict[str, str]] = field(default_factory=dict)
    case_faults: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0

    def of(self, sdk: str, name: str) -> list[Call]:
        return [call for call in self.calls
                if call.sdk == sdk and call.operation is BY_NAME[name]]


@pytest.fixture(scope="module")
def description() -> Description:
    return Description()


@pytest.fixture(scope="module")
def run(description: Description) -> Iterator[Run]:
    began = time.monotonic()
    instance = Instance()
    try:
        result = Run()
        cases = Cases(instance.world, description).make()
        result.outcomes["python"] = run_python(instance.world)
        result.case_faults["python"] = run_python_cases(instance.world, cases)
        result.outcomes["node"], result.case_faults["node"] = run_node(instance.world, cases)
        result.calls = instance.recorder.calls
        result.seconds = time.monotonic() - began
        yield result
    finally:
        instance.stop()


def run_python(world: World) -> dict[str, str]:
    outcomes = {}
    for each in SCENARIOS:
        title = f"{each.area} {each.name}"
        if each.missing:
            outcomes[title] = f"skipped: not there yet: {', '.join(each.missing)}"
        elif each.people and not world.people:
            outcomes[title] = "skipped: needs people whom this server does not have"
        else:
            try:
                each.run(world)
                outcomes[title] = "passed"
            except Exception:
                outcomes[title] = traceback.format_exc()[-3000:]
    return outcomes


def run_python_cases(world: World, cases: list[dict[str, object]]) -> list[str]:
    keys = {"admin": world.admin_key, "project": world.project_key, "wrong": WRONG_KEY,
            "revoked": world.revoked_admin_key}
    clients = {name: world.client(key) for name, key in keys.items() if key}
    faults = []
    for case in (Case(**each) for each in cases):
        operation = BY_NAME[case.operation]
        try:
            call(clients[case.key], operation, case.ids, case.query, case.body)
            faults.append(f"{case.title}: accepted")
        except openai.APIStatusError as error:
            body = error.body if isinstance(error.body, dict) else {}
            faults.append(case.fault(error.status_code, body))
    return [fault for fault in faults if fault]


WRONG_KEY = "sk-tg-admin-wrong"


def run_node(world: World, cases: list[dict[str, object]]) -> tuple[dict[str, str], list[str]]:
    """All of Node's scenarios and cases in one process, told by a plan, telling by lines of JSON."""
    plan = {
        "url": world.url, "directUrl": world.direct_url, "model": MODEL, "otherModel": OTHER_MODEL,
        "keys": {"admin": world.admin_key, "project": world.project_key, "wrong": WRONG_KEY,
                 "revoked": world.revoked_admin_key},
        "people": [person.__dict__ for person in world.people.get("node", [])],
        "operations": {operation.name: {"node": operation.node, "ids": operation.ids,
                                        "method": operation.method,
                                        "conforms": conforms(operation.name)}
                       for operation in OPERATIONS},
        "own": world.own, "cases": cases}
    done = subprocess.run([NODE, NODE_FOLDER / "run.mjs"], input=json.dumps(plan), text=True,
                          capture_output=True, timeout=80)
    assert done.returncode == 0, done.stderr[-3000:]
    outcomes, faults = {}, []
    for line in map(json.loads, done.stdout.splitlines()):
        if "scenario" in line:
            outcomes[line["scenario"]] = line["outcome"]
        else:
            answer = Case(**cases[line["case"]])
            faults.append(answer.fault(line["status"], line.get("error") or {}))
    assert faults, "Node went through no case"
    return outcomes, [fault for fault in faults if fault]


@pytest.mark.parametrize("title", [f"{each.area} {each.name}" for each in SCENARIOS])
def test_python(run: Run, title: str) -> None:
    check(run.outcomes["python"][title])


@pytest.mark.parametrize("title", [f"{area} {name}" for area, name in NODE_SCENARIOS])
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
def test_every_body_is_what_the_description_says(run: Run, description: Description,
                                                 sdk: str) -> None:
    faults = set()
    calls = [call for call in run.calls if call.sdk == sdk]
    assert len(calls) > 30, "the recorder saw too little"
    for each in calls:
        faults |= {f"{each.method} {each.target}: {each.status} {fault}"
                   for fault in faults_of(description, each)}
    assert not faults, "\n".join(sorted(faults)[:60])


def faults_of(description: Description, each: Call) -> list[str]:
    if each.operation is None and each.status < 400:
        return ["is no operation"]
    if each.content_type != "application/json":
        return [f"is {each.content_type}"]
    return description.faults(each.operation, each.status, each.json)


def is_documented_failure(each: Call) -> bool:
    """Of the operation itself: a wrong key is refused before it is looked at."""
    return 400 <= each.status < 500 and each.status != 401


@dataclass
class Row:
    """What both SDKs met at one operation."""

    name: str
    successes: dict[str, int]
    failures: dict[str, int]
    not_there: dict[str, int]

    @property
    def conforms(self) -> bool:
        return all(self.successes.values()) and all(self.failures.values())

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
def rows(run: Run, description: Description) -> list[Row]:
    rows = []
    for operation in OPERATIONS:
        calls = {sdk: run.of(sdk, operation.name) for sdk in SDKS}
        good = {sdk: [each for each in calls[sdk] if not faults_of(description, each)]
                for sdk in SDKS}
        rows.append(Row(
            operation.name,
            {sdk: sum(each.status < 300 for each in good[sdk]) for sdk in SDKS},
            {sdk: sum(map(is_documented_failure, good[sdk])) for sdk in SDKS},
            {sdk: sum(each.status == 501 for each in good[sdk]) for sdk in SDKS}))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    head = ["operation", "state"] + [f"{sdk} {kind}" for sdk in SDKS
                                     for kind in ("successes", "failures")]
    RESULTS.write_text("\n".join(["\t".join(head), *(row.line() for row in rows)]) + "\n")
    return rows


def test_operations_conform_that_are_said_to(rows: list[Row], run: Run,
                                             capsys: pytest.CaptureFixture[str],
                                             record_property: pytest.RecordProperty) -> None:
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
