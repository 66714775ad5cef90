#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of all operations into docs/admin-api.md.

    scripts/admin_api_table.py [--check] [BINARY]

The routing table says which there are and what each needs: it is asked of the binary (`tollgate
admin-api`). What each does stands in docs/admin-operations.tsv, what does not apply in
tests/conformance/not_applicable.tsv. With --check nothing is written: it fails where the document
is not what it would write.
"""
from __future__ import annotations

import csv
import json
import pathlib
import re
import subprocess
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/admin-api.md"
BEGIN = "<!-- What follows is written by scripts/admin_api_table.py. -->\n"
END = "<!-- What scripts/admin_api_table.py writes ends here. -->\n"


def rows_of(path: str) -> list[dict[str, str]]:
    with (ROOT / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def routes(binary: str) -> list[dict[str, Any]]:
    asked = subprocess.run([binary, "admin-api", "--json"], capture_output=True, text=True,
                           check=True)
    return json.loads(asked.stdout)["data"]


def without_ids(path: str) -> str:
    return re.sub(r"\{\w*\}", "{}", path)


def table(binary: str) -> str:
    named = {(row["method"], without_ids(row["path"])): row
             for row in rows_of("tests/data/admin_operations.tsv")}
    does = {row["operation"]: row["does"] for row in rows_of("docs/admin-operations.tsv")}
    reasons = {row["operation"]: row["reason"]
               for row in rows_of("tests/conformance/not_applicable.tsv")}
    lines = []
    for route in routes(binary):
        known = named.pop((route["method"], route["path"]))
        name = known["python"].removeprefix("admin.organization.")
        text = does[name] if route["is_there"] else "Not there yet: 501."
        if name in reasons:
            text = f"*Not applicable.* {text}"
        path = known["path"].removeprefix("/v1/")
        cells = f"`{name}`", f"`{route['method']} {path}`", f"`{route['permission']}`", text
        lines.append(f"| {' | '.join(cells)} |")
    if named:
        raise SystemExit(f"no route leads to: {sorted(named)}")
    there = sum(": 501. |" not in line for line in lines)
    head = [f"{len(lines)} operations, {there} of which are there.", "",
            "| `client.admin.organization.` | request under `/v1/` | permission | here |",
            "|---|---|---|---|"]
    foot = ["", f"**Not applicable** are {len(reasons)} of them, and these only:", ""]
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault(reason, []).append(f"`{name}`")
    foot += [f"- {', '.join(names)}: {reason}" for reason, names in by_reason.items()]
    return "\n".join([*head, *lines, *foot, ""])


def main() -> int:
    arguments = [each for each in sys.argv[1:] if each != "--check"]
    binary = arguments[0] if arguments else str(ROOT / "build/test/tollgate")
    before = DOCUMENT.read_text()
    begin, end = before.index(BEGIN) + len(BEGIN), before.index(END)
    after = before[:begin] + "\n" + table(binary) + "\n" + before[end:]
    if "--check" not in sys.argv:
        DOCUMENT.write_text(after)
        return 0
    if after != before:
        print("docs/admin-api.md is not up to date: run scripts/admin_api_table.py")
    return int(after != before)


if __name__ == "__main__":
    sys.exit(main())
