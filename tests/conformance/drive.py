# SPDX-License-Identifier: Apache-2.0
"""Runs everything against one server: each SDK's scenarios, then the cases that both share."""
from __future__ import annotations

import json
import re
import subprocess
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

import openai

from conformance import scenarios
from conformance.cases import Case, Cases
from conformance.operations import BY_NAME, OPERATIONS, call, conforms
from conformance.recorder import Call
from conformance.schemas import Description
from conformance.world import MODEL, OTHER_MODEL, Instance, World
from tollgate import NODE, ROOT, secret

SCENARIOS = scenarios.load()
NODE_FOLDER = ROOT / "tests/conformance/node"
TITLES = {
    "python": [f"{each.area} {each.name}" for each in SCENARIOS],
    "node": [f"{path.stem.removeprefix('area_')} {name}"
             for path in sorted(NODE_FOLDER.glob("area_*.mjs"))
             for name in re.findall(r'^scenario\("([^"]+)"', path.read_text(), re.MULTILINE)]}
WRONG_KEY = "sk-tg-admin-wrong"


@dataclass
class Run:
    """What happened; tests look at it, in any order."""

    calls: list[Call] = field(default_factory=list)
    # What is wrong with each of them.
    faults: list[list[str]] = field(default_factory=list)
    # By SDK, then by a scenario's title: "passed", "skipped: why", or what went wrong.
    outcomes: dict[str, dict[str, str]] = field(default_factory=dict)
    # By SDK: what was wrong with the answers to the cases.
    case_faults: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0

    def good(self, sdk: str, name: str) -> list[Call]:
        """The calls of an operation whose answers were valid."""
        return [each for each, faults in zip(self.calls, self.faults, strict=True)
                if not faults and each.sdk == sdk and each.operation is BY_NAME[name]]


def faults_of(description: Description, each: Call) -> list[str]:
    if each.operation is None and each.status < 400:
        return ["is no operation"]
    kind = each.headers.get("content-type")
    if kind != "application/json":
        return [f"is {kind}"]
    return description.faults(each.operation, each.status, each.json)


def run_all(instance: Instance, description: Description) -> Run:
    began = time.monotonic()
    world, run = instance.world, Run()
    cases = Cases(world, description).make()
    run.outcomes["python"] = _python_scenarios(world)
    run.case_faults["python"] = _python_cases(world, cases)
    run.outcomes["node"], run.case_faults["node"] = _node(world, cases)
    run.calls = instance.calls
    run.faults = [faults_of(description, each) for each in run.calls]
    run.seconds = time.monotonic() - began
    for each in run.calls:
        for value in re.findall(rb'"value":"(sk-[^"]+)"', each.body):
            secret(value.decode())
    return run


def _python_scenarios(world: World) -> dict[str, str]:
    outcomes = {}
    for each, title in zip(SCENARIOS, TITLES["python"], strict=True):
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


def _keys(world: World) -> dict[str, str]:
    return {"admin": world.admin_key, "project": world.project_key, "wrong": WRONG_KEY,
            "revoked": world.revoked_admin_key}


def _python_cases(world: World, cases: list[Case]) -> list[str]:
    clients = {name: world.client(key) for name, key in _keys(world).items() if key}
    faults = []
    for case in cases:
        try:
            call(clients[case.key], BY_NAME[case.operation], case.ids, case.query, case.body)
            faults.append(case.fault(200, {}))
        except openai.APIStatusError as error:
            body = error.body if isinstance(error.body, dict) else {}
            faults.append(case.fault(error.status_code, body))
    return [fault for fault in faults if fault]


def _node(world: World, cases: list[Case]) -> tuple[dict[str, str], list[str]]:
    """All of Node's in one process: a plan on its standard input, lines of JSON on its output."""
    operations = {operation.name: {"node": operation.node, "ids": operation.ids,
                                   "own": world.names_of_ids(operation),
                                   "method": operation.method,
                                   "conforms": conforms(operation.name)}
                  for operation in OPERATIONS}
    plan: dict[str, Any] = {
        "url": world.url, "directUrl": world.direct_url, "model": MODEL, "otherModel": OTHER_MODEL,
        "keys": _keys(world), "operations": operations, "own": world.own,
        "people": [vars(person) for person in world.people.get("node", [])],
        "cases": [vars(case) for case in cases]}
    done = subprocess.run([NODE, NODE_FOLDER / "run.mjs"], input=json.dumps(plan), text=True,
                          capture_output=True, timeout=180)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    outcomes = {line["scenario"]: line["outcome"] for line in lines if "scenario" in line}
    answers = {line["case"]: line for line in lines if "case" in line}
    assert len(answers) == len(cases), "Node left out a case"
    faults = [case.fault(answers[index]["status"], answers[index].get("error") or {})
              for index, case in enumerate(cases)]
    return outcomes, [fault for fault in faults if fault]
