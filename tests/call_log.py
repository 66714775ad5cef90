# SPDX-License-Identifier: Apache-2.0
"""What a server's log says of its calls."""
from __future__ import annotations

import json
from typing import Any

from tollgate import Tollgate, wait_for


def lines_of(server: Tollgate) -> list[dict[str, Any]]:
    """Every whole line; each must be a JSON object."""
    whole = server.stderr_path.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in whole.split("\n") if line]


def lines_about(server: Tollgate, **fields: Any) -> list[dict[str, Any]]:
    return [line for line in lines_of(server)
            if all(line.get(name) == value for name, value in fields.items())]


def line_about(server: Tollgate, **fields: Any) -> dict[str, Any]:
    """The one line with these fields, once it is there."""
    found = wait_for(lambda: lines_about(server, **fields), what=f"a line with {fields}")
    assert len(found) == 1, found
    return found[0]
