# SPDX-License-Identifier: Apache-2.0
"""`tollgate workloads`: issuers that are trusted, and their rules, by the command line alone."""
from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from jwts import Signer
from tollgate import Answer, Tollgate, secret
from workloads import AUDIENCE, CLUSTER, GRANT, JWT, ours

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def stopped() -> Tollgate:
    return Tollgate("workloads-stopped").init()


@pytest.fixture(scope="module")
def signer(running: Tollgate) -> Signer:
    return Signer(running.folder, "cluster")


def new_account(run: Run) -> tuple[str, str]:
    """A service account's id, and its project's."""
    made = run("service-accounts", "create", "--name", "deploy")
    return made["id"], made["project_id"]


def add_provider(run: Run, *flags: str) -> Any:
    return run("workloads", "add", "--name", "ci", "--issuer", CLUSTER, "--audience", AUDIENCE,
               *flags)


def test_issuers_and_rules_are_added_listed_and_removed(run: Run) -> None:
    account, project = new_account(run)
    provider = add_provider(run, "--description", "our builds", "--discovery-url",
                            f"{CLUSTER}/there", "--attribute", "place=claims.ns + '/' + claims.app")
    assert (provider["issuer"], provider["audience"]) == (CLUSTER, AUDIENCE)
    assert provider["verification"] == {"type": "discovery", "discovery_url": f"{CLUSTER}/there"}
    assert provider["attribute_transformations"] == [
        {"attribute": "place", "expression": "claims.ns + '/' + claims.app"}]
    assert provider in run("workloads", "list")["data"]

    rule = run("workloads", "rules", "add", provider["id"], "--service-account", account,
               "--match", "repository=acme/site", "--match", "run:=7", "--match", "main:=true",
               "--match", "ref=a=b", "--name", "site: deploy", "--scope", "api.model.request")
    assert rule["attribute_matchers"] == {"repository": "acme/site", "run": 7, "main": True,
                                          "ref": "a=b"}
    assert rule["permissions"] == {"type": "restricted", "scopes": ["api.model.request"]}
    assert (rule["project_id"], rule["service_account_id"]) == (project, account)
    off = run("workloads", "rules", "add", provider["id"], "--service-account", account,
              "--project", project, "--match", "sub=x", "--disabled")
    assert off["enabled"] is False
    assert run("workloads", "rules", "list", provider["id"])["data"] == [rule, off]
    assert run("workloads", "rules", "list", provider["id"], "--service-account",
               "svc_acct_other")["data"] == []

    assert run("workloads", "rules", "remove", provider["id"], rule["id"])["deleted"] is True
    assert run("workloads", "rules", "list", provider["id"])["data"] == [off]
    assert run("workloads", "remove", provider["id"])["deleted"] is True
    assert provider["id"] not in [each["id"] for each in run("workloads", "list")["data"]]


def test_a_job_is_let_in_until_its_rule_is_removed(running: Tollgate, signer: Signer) -> None:
    account, _ = new_account(running.json)
    keys = running.folder / "jwks.json"
    keys.write_text(json.dumps(signer.jwks))
    provider = add_provider(running.json, "--keys-file", str(keys))["id"]
    rule = running.json("workloads", "rules", "add", provider, "--service-account", account,
                        "--match", "sub=workload", "--name", "jobs")["id"]

    def ask() -> Answer:
        return running.post("/oauth/token", {
            "grant_type": GRANT, "subject_token": ours(signer), "subject_token_type": JWT,
            "identity_provider_id": provider, "service_account_id": account}, None)

    def let_in() -> str:
        given = ask()
        assert given.status == 200, given
        token = secret(given.json["access_token"])
        assert running.get("/v1/tollgate/key", token).json["name"] == "jobs"
        return token

    for command, who in ((("workloads",), (provider,)),
                         (("workloads", "rules"), (provider, rule))):
        token = let_in()
        assert running.json(*command, "disable", *who)["enabled"] is False
        assert running.get("/v1/tollgate/key", token).status == 401
        assert 400 <= ask().status < 500
        assert running.json(*command, "enable", *who)["enabled"] is True
        assert running.get("/v1/tollgate/key", token).status == 401
    token = let_in()
    running.json("workloads", "rules", "remove", provider, rule)
    assert running.get("/v1/tollgate/key", token).status == 401
    [entry] = [each for each in running.json("audit", "list", "--limit", "50")["data"]
               if each["type"] == "workload_identity_provider_mapping.deleted"
               and rule in json.dumps(each)]
    assert "uid:" in json.dumps(entry["actor"])


def test_lists_are_readable(stopped: Tollgate) -> None:
    account, _ = new_account(stopped.json)
    provider = add_provider(stopped.json, "--disabled")["id"]
    stopped.json("workloads", "rules", "add", provider, "--service-account", account,
                 "--match", "repository=acme/site", "--match", "run:=7")
    row = next(line for line in stopped.run("workloads", "list").stdout.splitlines()
               if line.startswith(provider))
    assert CLUSTER in row and AUDIENCE in row and "discovery" in row and " no " in row
    rules = stopped.run("workloads", "rules", "list", provider).stdout
    assert account in rules and "repository=acme/site, run:=7" in rules
    printed = stopped.run("workloads", "add", "--name", "x", "--issuer", CLUSTER, "--audience", "x")
    assert printed.stdout.strip() in stopped.run("workloads", "list").stdout
    enabled = stopped.run("workloads", "enable", provider)
    assert enabled.returncode == 0 and enabled.stdout == f"Enabled: {provider}.\n"
    removed = stopped.run("workloads", "remove", provider)
    assert removed.returncode == 0 and provider in removed.stdout


ISSUER = ("--issuer", CLUSTER)
MATCH = ("--match", "sub=x")


@pytest.mark.parametrize("flags, field", [
    (("--issuer", "http://ci.example.com"), "issuer"),
    ((*ISSUER, "--discovery-url", "ftp://ci.example.com"), "verification.discovery_url"),
    ((*ISSUER, "--attribute", "place=claims.size() > 3"), "attribute_transformations"),
    ((*ISSUER, "--keys-file", "empty.json"), "verification.jwks")])
def test_an_issuer_that_makes_no_sense_names_the_field(stopped: Tollgate, flags: tuple[str, ...],
                                                       field: str) -> None:
    (stopped.folder / "empty.json").write_text('{"keys": 7}')
    done = stopped.run("workloads", "add", "--name", "ci", "--audience", AUDIENCE, *flags, "--json")
    assert done.returncode == 1 and done.stdout == "", done
    assert json.loads(done.stderr)["error"]["param"] == field


@pytest.mark.parametrize("flags, field", [
    (("--service-account", "svc_acct_none", *MATCH), "service_account_id"),
    (("--service-account", "ACCOUNT", "--project", "proj_none", *MATCH), "project_id"),
    (("--service-account", "ACCOUNT", "--match", "sub:={}"), "attribute_matchers"),
    (("--service-account", "ACCOUNT", *MATCH, "--scope", "api.everything"), "permissions.scopes")])
def test_a_rule_that_makes_no_sense_names_the_field(stopped: Tollgate, flags: tuple[str, ...],
                                                    field: str) -> None:
    account, _ = new_account(stopped.json)
    provider = add_provider(stopped.json)["id"]
    done = stopped.run("workloads", "rules", "add", provider,
                       *(account if flag == "ACCOUNT" else flag for flag in flags), "--json")
    assert done.returncode == 1 and done.stdout == "", done
    assert json.loads(done.stderr)["error"]["param"] == field


@pytest.mark.parametrize("arguments", [
    ("workloads", "remove", "wip_none"), ("workloads", "rules", "list", "wip_none"),
    ("workloads", "rules", "remove", "wip_none", "wifr_none"),
    ("workloads", "enable", "wip_none"), ("workloads", "disable", "wip_none"),
    ("workloads", "rules", "enable", "wip_none", "wifr_none"),
    ("workloads", "rules", "add", "wip_none", "--service-account", "ACCOUNT", *MATCH)])
def test_an_unknown_issuer_fails_and_says_which(stopped: Tollgate,
                                                arguments: tuple[str, ...]) -> None:
    account, _ = new_account(stopped.json)
    done = stopped.run(*(account if each == "ACCOUNT" else each for each in arguments))
    assert done.returncode == 1 and "'wip_none'" in done.stderr and done.stdout == "", done


@pytest.mark.parametrize("arguments", [
    ("workloads",), ("workloads", "add", "--name", "ci"), ("workloads", "remove"),
    ("workloads", "enable"), ("workloads", "rules", "disable", "wip_1"),
    ("workloads", "add", "--name", "ci", *ISSUER, "--audience", "x", "--attribute", "place"),
    ("workloads", "add", "--name", "ci", *ISSUER, "--audience", "x", "--keys-file", "none.json"),
    ("workloads", "add", "--name", "ci", *ISSUER, "--audience", "x", "--keys-file", "text.json"),
    ("workloads", "add", "--name", "ci", *ISSUER, "--audience", "x", "--keys-file", "text.json",
     "--discovery-url", CLUSTER),
    ("workloads", "rules"), ("workloads", "rules", "add", "wip_1", *MATCH),
    ("workloads", "rules", "add", "wip_1", "--service-account", "svc_1"),
    *(("workloads", "rules", "add", "wip_1", "--service-account", "svc_1", "--match", match)
      for match in ("sub", "=x", ":=7", "run:=seven"))])
def test_wrong_usage_says_so(stopped: Tollgate, arguments: tuple[str, ...]) -> None:
    pathlib.Path(stopped.folder / "text.json").write_text("keys")
    done = stopped.run(*arguments)
    assert done.returncode == 2 and done.stderr.strip() and done.stdout == "", done


@pytest.mark.parametrize("command", [
    (), ("add",), ("list",), ("enable",), ("disable",), ("remove",), ("rules",), ("rules", "add"),
    ("rules", "list"), ("rules", "enable"), ("rules", "disable"), ("rules", "remove")])
def test_help_is_there(stopped: Tollgate, command: tuple[str, ...]) -> None:
    done = stopped.run("workloads", *command, "--help", data=False)
    assert done.returncode == 0 and len(done.stdout) > 100
