# SPDX-License-Identifier: Apache-2.0
"""Sums the JUnit files of one run into the line that ends it: tally.py FOLDER STEP...

Every kind of test here can write JUnit XML, so there is one way to count: FOLDER holds a folder
for each step. A step that failed without a failed test (it did not build, it crashed) counts as
one, and so does each STEP, those that are to run tests, in which none passed or failed.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml


def count(file: pathlib.Path) -> tuple[int, list[str]]:
    """How many test cases passed, and the names of those that did not."""
    passed, failed = 0, []
    for case in xml.parse(file).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{file.stem}: {case.get('classname')}.{case.get('name')}")
        elif case.find("skipped") is None and case.get("status") != "notrun":
            passed += 1
    return passed, failed


def step(folder: pathlib.Path, has_tests: bool) -> tuple[int, list[str]]:
    passed, failed = 0, []
    for file in sorted(folder.glob("*.xml")):
        try:
            file_passed, file_failed = count(file)
        except xml.ParseError as broken:
            file_passed, file_failed = 0, [f"{file.name}: {broken}"]
        passed += file_passed
        failed += file_failed
    if not failed and (folder / "failed").exists():
        failed.append(f"step {folder.name}")
    if not failed and not passed and has_tests:
        failed.append(f"step {folder.name}: no test ran")
    return passed, failed


def main() -> int:
    results = pathlib.Path(sys.argv[1])
    with_tests = set(sys.argv[2:])
    names = with_tests | {folder.name for folder in results.iterdir()}
    steps = [step(results / name, name in with_tests) for name in sorted(names)]
    failed = [name for _, names in steps for name in names]
    for name in failed:
        print(f"FAILED {name}")
    print(f"{sum(passed for passed, _ in steps)} passed, {len(failed)} failed")
    return 1 if failed else 0


sys.exit(main())
