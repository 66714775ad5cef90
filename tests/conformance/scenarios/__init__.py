# SPDX-License-Identifier: Apache-2.0
"""What Python's SDK does with each area: made, read, changed, felt by a call, deleted, gone.

A scenario names the operations that it stands on, and is left out until all of them are there.
"""
from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import openai

from conformance.operations import BY_NAME, conforms
from conformance.world import World


@dataclass(frozen=True)
class Scenario:
    area: str
    name: str
    needs: tuple[str, ...]
    people: bool  # whether it needs people whom no operation makes at once
    run: Callable[[World], None]

    @property
    def missing(self) -> list[str]:
        return [name for name in self.needs if not conforms(name)]


SCENARIOS: list[Scenario] = []


def scenario(*needs: str, people: bool = False) -> Callable[[Callable[[World], None]], None]:
    unknown = [name for name in needs if name not in BY_NAME]
    assert not unknown, f"no such operations: {unknown}"

    def register(run: Callable[[World], None]) -> None:
        area = run.__module__.rpartition(".")[2]
        SCENARIOS.append(Scenario(area, run.__name__, needs, people, run))
    return register


def area(prefix: str, *names: str) -> tuple[str, ...]:
    """area("projects", "create", "list") is projects.create and projects.list."""
    return tuple(f"{prefix}.{name}" for name in names)


def refused(status: int | tuple[int, ...], call: Callable[..., Any], *arguments: Any,
            **fields: Any) -> Any:
    """The error of a call that must fail with `status`."""
    try:
        answer = call(*arguments, **fields)
    except openai.APIStatusError as error:
        expected = status if isinstance(status, tuple) else (status,)
        assert error.status_code in expected, f"{error.status_code} {error.message}, not {status}"
        return error
    raise AssertionError(f"accepted, not {status}: {answer}")


def ids_of(items: Iterable[Any]) -> list[str]:
    ids = [item.id for item in items]
    assert len(ids) == len(set(ids)), f"the same object on two pages: {ids}"
    return ids


def load() -> list[Scenario]:
    for path in sorted(pathlib.Path(__file__).parent.glob("[a-z]*.py")):
        importlib.import_module(f"{__name__}.{path.stem}")
    return SCENARIOS
