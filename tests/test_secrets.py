# SPDX-License-Identifier: Apache-2.0
"""No key, password, session or provider credential in any file of the whole run.

Searched: databases, journals, logs, standard output and error, control sockets' folders, core
dumps: every file under build/test_run, where each server of the run has its folder. Sought: each
secret raw, JSON-escaped, percent-encoded, and in base64 at its three alignments. The search proves
itself first.
"""
import base64
import json
import os
import pathlib
import urllib.parse

import numpy as np
import pytest

from tollgate import MORE_SECRETS, RUN_FOLDER, SECRETS

pytestmark = pytest.mark.last


def base64_forms(secret: bytes) -> set[bytes]:
    """What stands in the middle of any base64 text of which `secret` is a part."""
    forms = set()
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + secret).rstrip(b"=")
        # The first and last characters also hold bits of the neighbours.
        middle = encoded[(0, 2, 3)[offset]:len(encoded) - (len(secret) + offset) % 3 or None]
        forms |= {middle, middle.translate(bytes.maketrans(b"+/", b"-_"))}
    return forms


def forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    escaped |= {each.replace("/", "\\/") for each in escaped}
    return {raw, urllib.parse.quote(secret, safe="").encode(), *base64_forms(raw),
            *(each.encode() for each in escaped)}


# Gigabytes for thousands of forms: first by what they begin with, in one pass over the bytes.
PIECE_BYTES = 16 << 20
BEGINNING_BYTES = 6


def candidates(piece: bytes, begins: np.ndarray) -> np.ndarray:
    """Where the first three bytes are those of something that is sought."""
    data = np.frombuffer(piece, np.uint8).astype(np.uint32)
    return np.flatnonzero(begins[data[:-2] | data[1:-1] << 8 | data[2:] << 16])


def find(secrets: set[str], folder: pathlib.Path) -> dict[str, set[str]]:
    """The files that hold a secret, each with the beginnings of those it holds."""
    sought = {form: secret for secret in secrets for form in forms(secret)}
    begins = np.zeros(1 << 24, bool)
    by_beginning: dict[bytes, list[bytes]] = {}
    for form in sought:
        assert len(form) >= BEGINNING_BYTES, "too short to be a secret"
        begins[int.from_bytes(form[:3], "little")] = True
        by_beginning.setdefault(form[:BEGINNING_BYTES], []).append(form)
    overlap = max(map(len, sought))
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        # Most of a journal's file is still empty.
        data = path.read_bytes().replace(bytes(512), b"")
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start:start + PIECE_BYTES + overlap]
            for at in candidates(piece, begins) if len(piece) > 2 else ():
                for form in by_beginning.get(piece[at:at + BEGINNING_BYTES], ()):
                    if piece.startswith(form, int(at)):
                        name = str(path.relative_to(folder))
                        found.setdefault(name, set()).add(sought[form][:16] + "…")
    return found


@pytest.mark.parametrize("prefix", [b"", b"a", b"ab", b"abc", os.urandom(1000)])
@pytest.mark.parametrize("form", ["raw", "base64", "urlsafe", "json", "percent"])
def test_search_finds_a_planted_secret(tmp_path: pathlib.Path, prefix: bytes, form: str) -> None:
    secret = 'sk-tg-proj-planted/"ä\\' + "x" * 20
    raw = secret.encode()
    planted = {
        "raw": prefix + raw,
        "base64": base64.b64encode(prefix + raw + b"tail"),
        "urlsafe": base64.urlsafe_b64encode(prefix + raw + b"tail"),
        "json": prefix + json.dumps({"key": secret}).encode(),
        "percent": prefix + urllib.parse.quote(secret, safe="").encode(),
    }[form]
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/page.db").write_bytes(os.urandom(4096) + planted + os.urandom(4096))
    assert find({secret}, tmp_path) == {"deep/page.db": {secret[:16] + "…"}}
    assert find({"sk-tg-proj-another-secret"}, tmp_path) == {}


def test_no_secret_in_any_file_of_the_run() -> None:
    secrets = set(SECRETS)
    if MORE_SECRETS.exists():
        secrets |= set(MORE_SECRETS.read_text().splitlines())
    files = [path for path in RUN_FOLDER.rglob("*") if path.is_file()]
    kinds = {kind: [path for path in files if path.match(kind)]
             for kind in ("tollgate.db", "stderr.*.log", "commands.log")}
    assert all(kinds.values()), f"nothing to search: {kinds}"
    assert len(secrets) > 10, "the run used more secrets than these"
    print(f"{len(secrets)} secrets sought in {len(files)} files")
    assert find(secrets, RUN_FOLDER) == {}
