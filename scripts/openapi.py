#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the OpenAPI document of /v1/tollgate/** together from its parts, one resource a file.

    openapi.py FOLDER OUTPUT.json

openapi.yaml has the head; every part may add paths and components. What stands twice, is referred
to and missing, or is there and never referred to ends it with its name. Debian's own Python runs
it, whose YAML reader is a Debian package as all else that builds Tollgate.
"""
from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import yaml

HEAD = "openapi.yaml"
PREFIX = "#/components/"


class Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice, of which YAML readers keep the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key) for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.YAMLError(f"'{name}' stands twice\n{node.start_mark}")
        return super().construct_mapping(node, deep)


def read(file: pathlib.Path) -> dict[str, Any]:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader)
    except yaml.YAMLError as error:
        sys.exit(f"{file}: {error}")


def add(into: dict[str, Any], more: dict[str, Any], file: pathlib.Path) -> None:
    for name, value in more.items():
        if name in into:
            sys.exit(f"{file}: '{name}' stands in another file, too")
        into[name] = value


def put_together(folder: pathlib.Path) -> dict[str, Any]:
    document = read(folder / HEAD)
    for file in sorted(folder.glob("*.yaml")):
        if file.name == HEAD:
            continue
        part = read(file)
        if unknown := set(part) - {"paths", "components"}:
            sys.exit(f"{file}: {sorted(unknown)[0]} belongs into {HEAD}")
        add(document["paths"], part.get("paths", {}), file)
        for kind, components in part.get("components", {}).items():
            add(document["components"].setdefault(kind, {}), components, file)
    return document


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "$ref" and isinstance(item, str):
                yield item
            else:
                yield from references(item)


def check_references(document: dict[str, Any]) -> None:
    wanted = set(references(document))
    there = {f"{PREFIX}{kind}/{name}" for kind, components in document["components"].items()
             for name in components if kind != "securitySchemes"}
    for reference in sorted(wanted - there):
        sys.exit(f"{reference} is referred to, and no file has it")
    for reference in sorted(there - wanted):
        sys.exit(f"nothing refers to {reference}; take it out")


def main() -> None:
    folder, output = map(pathlib.Path, sys.argv[1:])
    document = put_together(folder)
    check_references(document)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n",
                      encoding="utf-8")


if __name__ == "__main__":
    main()
