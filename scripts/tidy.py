#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""House rules that no compiler knows (STYLE: Files), told as FILE:LINE: what and why."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_MAX = 500
COLUMNS_MAX = 100
KINDS = {".cc", ".h", ".py", ".sh", ".ts", ".tsx", ".mjs", ".cmake"}
SKIPPED = {"node_modules", "build", "dist", ".git", "__pycache__", "data", "generated"}
# Spelled so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")


def files():
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if SKIPPED.isdisjoint(parts) and path.is_file():
            if path.suffix in KINDS or path.name in ("CMakeLists.txt", "run", "test", "dev"):
                yield path


def faults(path: pathlib.Path):
    lines = path.read_text().splitlines()
    head = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not head or "SPDX-License-Identifier: Apache-2.0" not in head[0]:
        yield 1, "the first line says SPDX-License-Identifier: Apache-2.0"
    if len(lines) > LINES_MAX:
        yield LINES_MAX, f"{len(lines)} lines; a file holds one idea in at most {LINES_MAX}"
    if path.suffix == ".h" and "#pragma once" not in lines[:3]:
        yield 2, "a header begins with #pragma once"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and "http" not in line and not line.startswith("#include"):
            yield number, f"{len(line)} columns; at most {COLUMNS_MAX}"
        if UNFINISHED.search(line):
            yield number, "unfinished work belongs in an issue"
        if line.rstrip() != line:
            yield number, "white space at the end of the line"


def main() -> int:
    found = [f"{path.relative_to(ROOT)}:{number}: {what}"
             for path in files() for number, what in faults(path)]
    print("\n".join(found) or "house rules: kept")
    return 1 if found else 0


sys.exit(main())
