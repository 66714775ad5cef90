# SPDX-License-Identifier: Apache-2.0
"""The 143 operations of the Admin API, and which of them must conform by now (expected.tsv)."""
from __future__ import annotations

import csv
import functools
import inspect
import os
import pathlib
import re
from dataclasses import dataclass
from typing import Any

import openai

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE.parent / "data/admin_operations.tsv"
# Another list serves a branch that has more or less.
EXPECTED = pathlib.Path(os.environ.get("TOLLGATE_CONFORMANCE_EXPECTED", HERE / "expected.tsv"))
# What a self-hosted system has nothing of, each with the reason; docs/admin-api.md shows them.
NOT_APPLICABLE_TABLE = HERE / "not_applicable.tsv"
CONFORMS = "conforms"
NOT_THERE_YET = "not there yet"
_PREFIX = "admin.organization."


@dataclass(frozen=True)
class Operation:
    method: str
    path: str  # "/v1/organization/projects/{project_id}"
    source: str  # "both", or "sdk" where the description lacks it
    node: str
    python: str

    @property
    def name(self) -> str:
        """As Python's SDK has it: "projects.api_keys.list"."""
        return self.python.removeprefix(_PREFIX)

    @property
    def described(self) -> str:
        """The path as the description has it."""
        return self.path.removeprefix("/v1")

    @property
    def ids(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"{\w+}", "[^/]+", self.path))


def _rows(path: pathlib.Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


OPERATIONS = [Operation(**row) for row in _rows(TABLE)]
BY_NAME = {operation.name: operation for operation in OPERATIONS}
NOT_APPLICABLE = {row["operation"]: row["reason"] for row in _rows(NOT_APPLICABLE_TABLE)}
STATES = {row["operation"]: row["state"] for row in _rows(EXPECTED)}


def conforms(name: str) -> bool:
    return STATES[name] == CONFORMS


def operation_of(method: str, path: str) -> Operation | None:
    """A path without an id goes before one whose id would fit it: certificates/activate."""
    fitting = [operation for operation in OPERATIONS
               if operation.method == method and operation.pattern.fullmatch(path)]
    return min(fitting, key=lambda operation: len(operation.ids), default=None)


def call(client: openai.OpenAI, operation: Operation, ids: list[str],
         query: dict[str, Any] | None = None, body: dict[str, Any] | None = None) -> Any:
    """The SDK's own method, with exactly this query and body: its other arguments are left out."""
    method: Any = client
    for part in operation.python.split("."):
        method = getattr(method, part)
    arguments: dict[str, Any] = dict(zip(operation.ids, ids, strict=True))
    for name in inspect.signature(method).parameters:
        if not name.startswith("extra_") and name != "timeout":
            arguments.setdefault(name, openai.omit)
    return method(**arguments, extra_query=query, extra_body=body)
