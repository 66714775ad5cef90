# SPDX-License-Identifier: Apache-2.0
"""Workload identity: tokens of a certified issuer (npm's oidc-provider) for short-lived access
tokens, by the unmodified SDKs of both languages, and gone at once when what they stand on is.
"""
from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import openai
import openai.auth
import pytest

from jwts import Signer, claims_of
from tollgate import NODE, ROOT, RUN_FOLDER, wait_for
from upstreams import Upstream
from workloads import AUDIENCE, World, running_world


@pytest.fixture(scope="module")
def world(upstream: Upstream) -> Iterator[World]:
    with running_world("workload", upstream) as running:
        yield running


@pytest.fixture(scope="module")
def trusted(world: World) -> str:
    """Which no test changes."""
    return world.trust_cart()


# The certified issuer.

def test_a_right_token_is_exchanged_and_calls(world: World, trusted: str) -> None:
    answer = world.exchange(trusted, world.issuer.token())
    assert answer.status == 200, answer
    assert set(answer.json) == {"access_token", "issued_token_type", "token_type", "expires_in"}
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert 0 < answer.json["expires_in"] <= 600, "an access token outlives its subject token"
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json["access_token"]
    assert world.server.chat(token, "hello").status == 200
    keys = world.organization.projects.api_keys.list(world.project)
    [key] = [each for each in keys if each.name == "the cart's pipeline"]
    assert key.owner.service_account.id == world.account
    wait_for(lambda: world.server.ledger("SELECT 1 FROM usage_events WHERE key_id = ?", key.id),
             what="the call in the ledger, as the rule's key's")
    itself = world.server.get("/v1/tollgate/key", token)
    assert itself.status == 200 and itself.json["id"] == key.id, itself


def test_a_wrong_audience_is_refused(world: World, trusted: str) -> None:
    told = world.refused(trusted, world.issuer.token(audience="https://elsewhere.example.com"))
    assert "aud" in told and AUDIENCE not in told


def test_an_expired_token_is_refused(world: World) -> None:
    provider = world.trust("brief")
    world.allow(provider, {"repository": "acme/brief"})
    token = world.issuer.token("brief")
    access = world.access(provider, token)
    assert world.server.chat(access, "hello").status == 200
    wait_for(lambda: world.server.chat(access, "hello").status == 401, 10,
             "the access token to end with its subject token")
    assert "expired" in world.refused(provider, token)


def test_a_replayed_token_gives_nothing_more(world: World, trusted: str) -> None:
    """SDKs present a pod's token again and again: it gives what it gave, and no more than that."""
    token = world.issuer.token()
    first = world.exchange(trusted, token).json
    again = [world.exchange(trusted, token).json for _ in range(5)]
    assert {each["access_token"] for each in again} == {first["access_token"]}
    assert all(each["expires_in"] <= first["expires_in"] for each in again)
    issued = [entry for entry in world.organization.audit_logs.list(limit=100)
              if entry.type == "tenant.workload_identity.access_token.issued"]
    other = world.exchange(trusted, world.issuer.token()).json
    assert other["access_token"] != first["access_token"]
    after = [entry for entry in world.organization.audit_logs.list(limit=100)
             if entry.type == "tenant.workload_identity.access_token.issued"]
    assert len(after) == len(issued) + 1


def test_what_a_person_ended_is_not_had_again_by_the_same_token(world: World) -> None:
    provider = world.trust("leaky")
    world.allow(provider, name="leaky")
    token = world.issuer.token()
    access = world.access(provider, token)
    key = world.server.get("/v1/tollgate/key", access).json["id"]
    [former] = world.server.operate("show_key", id=key)["former_secrets"]
    world.server.operate("end_former_secret", id=key, secret_id=former["id"])
    assert world.server.chat(access, "hello").status == 401
    assert "ended by a person" in world.refused(provider, token, error="invalid_grant")
    assert world.server.chat(world.access(provider, world.issuer.token()), "hello").status == 200


def test_access_tokens_survive_a_restart_and_the_same_is_given_again(world: World,
                                                                     trusted: str) -> None:
    token = world.issuer.token()
    access = world.access(trusted, token)
    assert world.server.stop() == 0
    world.server.start()
    world.organization = openai.OpenAI(admin_api_key=world.admin_key, base_url=world.server.url,
                                       max_retries=0, timeout=20).admin.organization
    assert world.server.chat(access, "hello").status == 200
    assert world.access(trusted, token) == access


def test_a_rotated_key_is_taken_up_and_the_old_one_no_more(world: World, trusted: str) -> None:
    old = world.issuer.token()
    world.issuer.stop()
    world.issuer.start("second")
    assert world.server.chat(world.access(trusted, world.issuer.token()), "hello").status == 200
    assert "keys" in world.refused(trusted, old)


def test_an_issuer_that_is_away_makes_nothing_hold(world: World, trusted: str) -> None:
    known = world.issuer.token()
    fresh = world.trust("asked for the first time", discovery_url_of(world, "first-time"))
    world.access(trusted, known)
    world.issuer.stop()
    try:
        began = time.monotonic()
        answer = world.exchange(fresh, known)
        assert (answer.status, answer.json["error"]) == (503, "temporarily_unavailable"), answer
        assert answer.headers["Retry-After"]
        assert time.monotonic() - began < 8
        # What was fetched before holds: the same issuer, whose keys are in memory.
        assert world.exchange(trusted, known).status == 200
        forged = Signer(world.issuer.folder, world.issuer.key_id).sign(
            claims_of(world.issuer.url, AUDIENCE, repository="acme/cart", run=7))
        world.refused(trusted, forged)
    finally:
        world.issuer.start(world.issuer.key_id)


def discovery_url_of(world: World, name: str) -> str:
    """The same issuer by an address that has not been asked: a provider of its own."""
    return f"{world.issuer.url}/{name}"


# The SDKs, unmodified.

def python_client(world: World, provider: str, get_token: Any) -> openai.OpenAI:
    client = openai.OpenAI(
        base_url=world.server.url, max_retries=0, timeout=20,
        workload_identity={"identity_provider_id": provider, "service_account_id": world.account,
                           "provider": {"token_type": "jwt", "get_token": get_token}})
    client._workload_identity_auth.token_exchange_url = exchange_url(world)
    return client


def exchange_url(world: World) -> str:
    return world.server.url.removesuffix("/v1") + "/oauth/token"


def say_hello(client: openai.OpenAI) -> str:
    answer = client.chat.completions.create(model="gpt-4.1-mini",
                                            messages=[{"role": "user", "content": "hello"}])
    return answer.choices[0].message.content or ""


def test_python_calls_by_its_identity(world: World, trusted: str) -> None:
    exchanges: list[int] = []

    def get_token() -> str:
        exchanges.append(1)
        return world.issuer.token()
    client = python_client(world, trusted, get_token)
    assert say_hello(client) and say_hello(client)
    assert len(exchanges) == 1


def test_python_calls_by_what_its_documentation_has(world: World, trusted: str,
                                                    tmp_path: pathlib.Path) -> None:
    """As docs/workload-identity.md shows it: nothing private is touched."""
    file = tmp_path / "token"
    file.write_text(world.issuer.token())
    auth = openai.auth.WorkloadIdentityAuth(
        workload_identity={"identity_provider_id": trusted, "service_account_id": world.account,
                           "provider": openai.auth.k8s_service_account_token_provider(file)},
        token_exchange_url=exchange_url(world))
    client = openai.OpenAI(base_url=world.server.url, api_key=auth.get_token, max_retries=0)
    assert say_hello(client)


def test_python_exchanges_again_when_its_access_token_was_ended(world: World) -> None:
    provider = world.trust("renewed")
    rule = world.allow(provider)
    client = python_client(world, provider, world.issuer.token)
    assert say_hello(client)
    rules = world.providers.federation_rules
    rules.update(rule, workload_identity_provider_id=provider,
                 attribute_matchers={"repository": "acme/cart", "run": 7})
    assert say_hello(client)
    rules.update(rule, workload_identity_provider_id=provider, enabled=False)
    with pytest.raises(openai.OAuthError) as refused:
        say_hello(client)
    assert refused.value.error == "invalid_grant" and "rule" in str(refused.value)


def run_node(world: World, provider: str, token: str, calls: int) -> Any:
    # Outside of the folder that is searched for secrets.
    file = RUN_FOLDER.parent / f"workload-token-{RUN_FOLDER.name}"
    file.write_text(token)
    done = subprocess.run(
        [NODE, ROOT / "tests/programs/workload.mjs", provider, world.account, file, str(calls)],
        capture_output=True, text=True, timeout=60,
        env={**os.environ, "OPENAI_BASE_URL": world.server.url})
    file.unlink()
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_node_calls_by_its_identity(world: World, trusted: str) -> None:
    assert run_node(world, trusted, world.issuer.token(), 3) == {"calls": 3, "exchanges": 1}


def test_node_is_told_why_not(world: World, trusted: str) -> None:
    told = run_node(world, trusted, world.issuer.token(audience="https://elsewhere"), 1)
    assert (told["error"], told["status"], told["code"]) == (
        "OAuthError", 400, "invalid_subject_token")
    assert "aud" in told["message"]


# What is taken away is gone.

def changes() -> Iterator[tuple[str, Any]]:
    yield "rule deleted", lambda w, p, r: w.providers.federation_rules.delete(
        r, workload_identity_provider_id=p)
    yield "rule disabled", lambda w, p, r: w.providers.federation_rules.update(
        r, workload_identity_provider_id=p, enabled=False)
    yield "rule changed", lambda w, p, r: w.providers.federation_rules.update(
        r, workload_identity_provider_id=p, attribute_matchers={"repository": "acme/other"})
    yield "provider deleted", lambda w, p, r: w.providers.delete(p)
    yield "provider disabled", lambda w, p, r: w.providers.update(p, enabled=False)
    yield "audience changed", lambda w, p, r: w.providers.update(p, audience="https://other")
    yield "account deleted", lambda w, p, r: w.organization.projects.service_accounts.delete(
        w.doomed, project_id=w.project)


@pytest.mark.parametrize(("about", "change"), list(changes()), ids=lambda value: str(value)[:20])
def test_access_ends_at_once(world: World, about: str, change: Any) -> None:
    world.doomed = world.new_account("doomed")  # type: ignore[attr-defined]
    provider = world.trust(about)
    rule = world.allow(provider, account=world.doomed)  # type: ignore[attr-defined]
    token = world.issuer.token()
    access = world.access(provider, token, world.doomed)  # type: ignore[attr-defined]
    assert world.server.chat(access, "hello").status == 200
    change(world, provider, rule)
    assert world.server.chat(access, "hello").status == 401
    answer = world.exchange(provider, token, world.doomed)  # type: ignore[attr-defined]
    assert answer.status == 400, answer


def test_a_rule_deleted_cuts_its_running_streams(world: World, upstream: Upstream) -> None:
    provider = world.trust("streams")
    rule = world.allow(provider)
    access = world.access(provider, world.issuer.token())
    stream = world.server.open_stream(access, "trickle")
    assert stream.status == 200
    world.providers.federation_rules.delete(rule, workload_identity_provider_id=provider)
    with contextlib.suppress(http.client.IncompleteRead):
        stream.read()  # to its end, which would never come
    assert world.server.chat(access, "hello").status == 401


# A rule's key.

def test_a_rules_scopes_hold_and_its_key_counts(world: World) -> None:
    provider = world.trust("narrow")
    rule = world.allow(provider, name="narrow", permissions={
        "type": "restricted", "scopes": ["api.model.image.request"]})
    access = world.access(provider, world.issuer.token())
    assert world.server.chat(access, "hello").status in (401, 403)
    world.providers.federation_rules.update(
        rule, workload_identity_provider_id=provider,
        permissions={"type": "service_account_default"})
    access = world.access(provider, world.issuer.token())
    assert world.server.chat(access, "hello").status == 200
    key = world.server.get("/v1/tollgate/key", access).json["id"]
    world.server.limit("key", key, usd="0.000001")
    assert world.server.chat(access, "hello").status == 429


def test_an_access_token_makes_nothing_that_outlives_it(world: World, trusted: str) -> None:
    access = world.access(trusted, world.issuer.token())
    child = world.server.post("/v1/tollgate/key/children", {"name": "child"}, access)
    assert child.status == 403, child
    key = world.server.get("/v1/tollgate/key", access).json["id"]
    rotated = world.server.run("keys", "rotate", key)
    assert rotated.returncode != 0 and "federation rule" in rotated.stderr


def test_a_paused_key_gives_no_access_until_it_is_resumed(world: World) -> None:
    provider = world.trust("paused")
    world.allow(provider)
    token = world.issuer.token()
    access = world.access(provider, token)
    key = world.server.get("/v1/tollgate/key", access).json["id"]
    world.server.operate("pause_key", id=key)
    assert "paused" in world.refused(provider, token, error="invalid_grant")
    world.server.operate("resume_key", id=key)
    assert world.access(provider, token) == access
