#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over all of src/. What was clean is looked at again only when it, one of our headers
that it includes, the rules or its command line are other than they were: a file takes 10 seconds.

    scripts/clang_tidy.py [TEXT...]    only the files whose path has one of the texts in it
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "lint"
CLEAN = FOLDER / "clean"
OWN_INCLUDE = re.compile(rb'^#include "([^"]+)"', re.MULTILINE)


def with_headers(path: pathlib.Path, seen: dict[pathlib.Path, bytes]) -> dict[pathlib.Path, bytes]:
    if path not in seen:
        seen[path] = path.read_bytes()
        for name in OWN_INCLUDE.findall(seen[path]):
            header = ROOT / "src" / name.decode()
            if header.is_file():
                with_headers(header, seen)
    return seen


def digest(command: dict, rules: bytes) -> str:
    parts = [rules, command["command"].encode()]
    for path, text in sorted(with_headers(pathlib.Path(command["file"]), {}).items()):
        parts += [str(path).encode(), text]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def check(path: str) -> str:
    run = subprocess.run(["clang-tidy-19", "-p", str(FOLDER), "--quiet", path], check=False,
                         capture_output=True, text=True)
    return run.stdout + run.stderr if run.returncode else ""


def main() -> int:
    wanted = sys.argv[1:]
    rules = (ROOT / ".clang-tidy").read_bytes()
    commands = json.loads((FOLDER / "compile_commands.json").read_text())
    ours = [c for c in commands if f"{ROOT}/src/" in c["file"] and c["file"].endswith(".cc")]
    all_stamps = {CLEAN / digest(c, rules): c["file"] for c in ours}
    CLEAN.mkdir(exist_ok=True)
    for stamp in CLEAN.iterdir():
        if stamp not in all_stamps:
            stamp.unlink()

    to_do = {stamp: path for stamp, path in all_stamps.items()
             if not stamp.exists() and (not wanted or any(text in path for text in wanted))}
    dirty = 0
    with ThreadPoolExecutor(int(os.environ.get("TOLLGATE_JOBS", "2"))) as pool:
        running = {pool.submit(check, path): stamp for stamp, path in to_do.items()}
        for done in as_completed(running):
            if said := done.result():
                dirty += 1
                print(said, flush=True)
            else:
                running[done].touch()
    print(f"clang-tidy: {len(all_stamps)} files, {len(to_do)} looked at, {dirty} with findings")
    return 1 if dirty else 0


sys.exit(main())
