# SPDX-License-Identifier: Apache-2.0
"""`tollgate service-accounts`: accounts that no person has, by the command line alone."""
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tollgate import Tollgate, secret

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def stopped() -> Tollgate:
    return Tollgate("accounts-stopped").init()


def test_an_account_is_made_listed_and_deleted(run: Run) -> None:
    account = run("service-accounts", "create", "--name", "deploy")
    assert account["name"] == "deploy" and account["owner_id"]
    assert account in run("service-accounts", "list")["data"]
    assert account in run("service-accounts", "list", "--project", account["project_id"])["data"]
    project = run("projects", "create", "--name", "search")["id"]
    other = run("service-accounts", "create", "--name", "crawler", "--project", project)
    assert other["project_id"] == project
    assert run("service-accounts", "list", "--project", project)["data"] == [other]
    assert other not in run("service-accounts", "list")["data"]

    deleted = run("service-accounts", "delete", account["id"])
    assert (deleted["id"], deleted["revoked_keys"]) == (account["id"], 0)
    assert account not in run("service-accounts", "list")["data"]


def test_a_list_goes_on_behind_an_id(run: Run) -> None:
    project = run("projects", "create", "--name", "pages")["id"]
    made = [run("service-accounts", "create", "--name", f"robot {i}", "--project", project)["id"]
            for i in range(3)]
    first = run("service-accounts", "list", "--project", project, "--limit", "2")
    assert [each["id"] for each in first["data"]] == made[:2] and first["has_more"] is True
    rest = run("service-accounts", "list", "--project", project, "--after", made[1])
    assert [each["id"] for each in rest["data"]] == made[2:] and rest["has_more"] is False


def test_its_keys_go_with_it(running: Tollgate) -> None:
    account = running.json("service-accounts", "create", "--name", "nightly")["id"]
    key = running.json("keys", "create", "--name", "nightly", "--service-account", account)
    assert key["kind"] == "service-account"
    assert running.json("keys", "show", key["id"])["owner_id"] == account
    token = secret(key["key"])
    assert running.get("/v1/tollgate/key", token).json["name"] == "nightly"
    assert running.json("service-accounts", "delete", account)["revoked_keys"] == 1
    assert running.get("/v1/tollgate/key", token).status == 401


@pytest.mark.parametrize("kind", ["project", "test", "admin"])
def test_a_key_of_another_kind_is_of_no_account(stopped: Tollgate, kind: str) -> None:
    account = stopped.json("service-accounts", "create", "--name", "mistaken")["id"]
    done = stopped.run("keys", "create", "--name", "x", "--kind", kind, "--service-account",
                       account, "--json")
    assert done.returncode == 1 and json.loads(done.stderr)["error"]["param"] == "kind"


def test_it_is_told_readably(stopped: Tollgate) -> None:
    made = stopped.run("service-accounts", "create", "--name", "deploy")
    account = made.stdout.strip()
    assert account.startswith("svc_acct_") and "no key yet" in made.stderr
    row = next(line for line in stopped.run("service-accounts", "list").stdout.splitlines()
               if line.startswith(account))
    assert " deploy " in row
    deleted = stopped.run("service-accounts", "delete", account)
    assert deleted.returncode == 0 and f"Deleted 'deploy' ({account})" in deleted.stdout


@pytest.mark.parametrize("arguments, field", [
    (("create", "--name", ""), "name"), (("create", "--name", "x" * 300), "name"),
    (("create", "--name", "x", "--project", "proj_none"), "project_id"),
    (("list", "--project", "proj_none"), "project_id"), (("list", "--after", "svc_none"), "after"),
    (("delete", "svc_acct_none"), "id")])
def test_what_makes_no_sense_names_the_field(stopped: Tollgate, arguments: tuple[str, ...],
                                             field: str) -> None:
    done = stopped.run("service-accounts", *arguments, "--json")
    assert done.returncode == 1 and done.stdout == "", done
    assert json.loads(done.stderr)["error"]["param"] == field


def test_who_is_gone_cannot_be_deleted_again(stopped: Tollgate) -> None:
    account = stopped.json("service-accounts", "create", "--name", "twice")["id"]
    stopped.json("service-accounts", "delete", account)
    done = stopped.run("service-accounts", "delete", account)
    assert done.returncode == 1 and account in done.stderr


@pytest.mark.parametrize("command", [(), ("create",), ("list",), ("delete",)])
def test_help_is_there(stopped: Tollgate, command: tuple[str, ...]) -> None:
    done = stopped.run("service-accounts", *command, "--help", data=False)
    assert done.returncode == 0 and len(done.stdout) > 100
