# SPDX-License-Identifier: Apache-2.0
"""docs/admin-api.md says of each of the 143 operations what it does here."""
from __future__ import annotations

import csv
import subprocess
import sys

from tollgate import BINARY, ROOT

SCRIPT = ROOT / "scripts/admin_api_table.py"


def test_the_document_is_what_the_routing_table_says() -> None:
    checked = subprocess.run([sys.executable, SCRIPT, "--check", BINARY], capture_output=True,
                             text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_lists_every_operation_once() -> None:
    operations = list(csv.DictReader((ROOT / "tests/data/admin_operations.tsv").open(),
                                     delimiter="\t"))
    lines = (ROOT / "docs/admin-api.md").read_text().splitlines()
    for operation in operations:
        name = operation["python"].removeprefix("admin.organization.")
        request = f"`{operation['method']} {operation['path'].removeprefix('/v1/')}`"
        about = [line for line in lines if line.startswith(f"| `{name}` |")]
        assert len(about) == 1 and request in about[0], operation
