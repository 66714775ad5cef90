#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes admin-openapi.yaml, the Admin part of OpenAI's description, for the conformance tests.

    build/venv/bin/python tests/conformance/extract_description.py PATH/TO/openapi.yaml

Kept is every path below /organization and /projects, with every component that they reach, as it
stands there. Left out are the examples (x-oaiMeta): they are documentation, and some of them
contradict the schemas beside them (OPENAI-CONTRACT 1.7).
"""
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import yaml

TARGET = pathlib.Path(__file__).with_name("admin-openapi.yaml")
PREFIXES = ("/organization/", "/projects/")
NOTICE = """\
# The Admin part of OpenAI's API description, made by tests/conformance/extract_description.py from
# openapi.yaml 2.3.0 of github.com/openai/openai-openapi at commit f85dbe22.
#
# MIT License
#
# Copyright (c) OpenAI
#
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
# associated documentation files (the "Software"), to deal in the Software without restriction,
# including without limitation the rights to use, copy, modify, merge, publish, distribute,
# sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
# furnished to do so, subject to the following conditions:
#
# The above copyright notice and this permission notice shall be included in all copies or
# substantial portions of the Software.
#
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
# NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
# NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
# DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
# OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def without_examples(value: Any) -> Any:
    if isinstance(value, list):
        return [without_examples(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_examples(item) for name, item in value.items() if name != "x-oaiMeta"}


def references(value: Any) -> Iterator[str]:
    """Every `#/components/KIND/NAME` in `value`, as "KIND/NAME"."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix("#/components/")
        for item in value.values():
            yield from references(item)


def reached(paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The components that `paths` and the envelope of errors need, in the description's order."""
    found: set[str] = set()
    waiting = [*references(paths), "schemas/ErrorResponse"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        kind, _, item = name.partition("/")
        waiting += references(components[kind][item])
    return {kind: kept for kind, items in components.items()
            if (kept := {name: item for name, item in items.items() if f"{kind}/{name}" in found})}


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as source:
        whole = without_examples(yaml.load(source, yaml.CSafeLoader))
    paths = {path: item for path, item in whole["paths"].items() if path.startswith(PREFIXES)}
    components = reached(paths, whole["components"])
    components["securitySchemes"] = {
        "AdminApiKeyAuth": whole["components"]["securitySchemes"]["AdminApiKeyAuth"]}
    part = {"openapi": whole["openapi"], "info": whole["info"], "servers": whole["servers"],
            "paths": paths, "components": components}
    text = yaml.dump(part, Dumper=yaml.CSafeDumper, sort_keys=False, width=100, allow_unicode=True)
    TARGET.write_text(NOTICE + text, encoding="utf-8")
    operations = sum(len(set(item) & {"get", "post", "delete"}) for item in paths.values())
    print(f"{operations} operations, {len(components['schemas'])} schemas: {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
