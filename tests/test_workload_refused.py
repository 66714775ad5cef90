# SPDX-License-Identifier: Apache-2.0
"""Workload identity: which tokens hold and which never do, whatever their issuer answers."""
from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from jwts import Signer, base64url, claims_of, part
from people import Person, organization_of
from tollgate import Answer, Tollgate, secret, wait_for
from upstreams import Upstream
from workloads import (AUDIENCE, CLUSTER, GRANT, JWT, BadIssuer, World, ours, running_world,
                       trust_uploaded)


@pytest.fixture(scope="module")
def world(upstream: Upstream) -> Iterator[World]:
    with running_world("workload-refused", upstream) as running:
        yield running


@pytest.fixture(scope="module")
def trusted(world: World) -> str:
    """Which no test changes."""
    return world.trust_cart()


@pytest.fixture(scope="module")
def signer(world: World) -> Signer:
    return Signer(world.issuer.folder, "ours")


@pytest.fixture(scope="module")
def uploaded(world: World, signer: Signer) -> str:
    return trust_uploaded(world, signer)


# Which tokens hold.

def test_uploaded_keys_need_no_issuer(world: World, uploaded: str, signer: Signer) -> None:
    assert world.server.chat(world.access(uploaded, ours(signer)), "hello").status == 200
    assert world.access(uploaded, ours(signer, audience=["x", AUDIENCE]))


def test_attributes_are_derived_and_matched(world: World, signer: Signer) -> None:
    provider = world.trust(
        "derived", CLUSTER,
        verification={"type": "uploaded_jwks", "jwks": signer.jwks},
        attribute_transformations=[{"attribute": "place", "expression":
                                    "claims['kubernetes.io'].namespace + '/' + claims.app"}])
    world.allow(provider, {"place": "shop/cart"})
    pod = {"kubernetes.io": {"namespace": "shop"}}
    assert world.access(provider, ours(signer, app="cart", **pod))
    world.refused(provider, ours(signer, app="other", **pod), error="invalid_grant")
    world.refused(provider, ours(signer, place="shop/cart"), error="invalid_grant")


def test_bad_tokens_are_refused(world: World, uploaded: str, trusted: str, signer: Signer) -> None:
    claims = claims_of(CLUSTER, AUDIENCE)
    good = signer.sign(claims)
    head, body, signature = good.split(".")
    other = Signer(world.issuer.folder, "ours-too")
    renamed = Signer(world.issuer.folder, "renamed")
    renamed.key_id = "ours"
    deep = b'{"a":' * 100 + b"1" + b"}" * 100
    wrong = {
        "garbage": "garbage", "empty parts": "..", "binary": "\u0000\u0001.\u0002.\u0003",
        "huge": "a" * 20_000 + ".b.c", "no signature": f"{head}.{body}.",
        "alg none": f"{part({'alg': 'none', 'kid': 'ours'})}.{body}.",
        "HS256 with the public key": signer.sign_by_hmac(claims),
        "another's key": other.sign(claims), "another's key by our name": renamed.sign(claims),
        "no kid": signer.sign(claims, kid=None), "no alg": signer.sign(claims, alg=None),
        "nested": signer.sign(claims, cty="JWT"), "crit": signer.sign(claims, crit=["exp"]),
        "other claims": f"{head}.{part({**claims, 'sub': 'admin'})}.{signature}",
        "no subject": signer.sign({**claims, "sub": ""}),
        "no end": signer.sign({k: v for k, v in claims.items() if k != "exp"}),
        "expired": signer.sign({**claims, "exp": int(time.time()) - 1}),
        "not yet": signer.sign({**claims, "nbf": int(time.time()) + 3600}),
        "a week long": signer.sign({**claims, "exp": int(time.time()) + 7 * 86_400}),
        "another issuer": signer.sign({**claims, "iss": "https://evil.example.com"}),
        "another audience": signer.sign({**claims, "aud": AUDIENCE + "/"}),
        "claims are a list": f"{head}.{part([1])}.{signature}",
        "two dots more": good + ".a.b", "padding": good + "=",
        "deep": f"{head}.{base64url(deep)}.{signature}",
    }
    for about, token in wrong.items():
        answer = world.exchange(uploaded, token)
        assert (answer.status, answer.json["error"]) == (400, "invalid_subject_token"), (
            f"{about}: {answer}")
    # A key of one provider is none of another's.
    world.refused(trusted, signer.sign(claims_of(world.issuer.url, AUDIENCE,
                                                 repository="acme/cart", run=7)))
    assert world.access(uploaded, good)


def test_bad_requests_are_refused(world: World, uploaded: str, signer: Signer) -> None:
    token = ours(signer)

    def error(**changes: Any) -> tuple[int, str]:
        answer = world.exchange(uploaded, token, **changes)
        return answer.status, answer.json["error"]
    assert error(grant_type="password") == (400, "unsupported_grant_type")
    assert error(subject_token_type="urn:openai:params:oauth:token-type:x509") == (
        400, "invalid_request")
    assert error(requested_token_type="urn:ietf:params:oauth:token-type:id_token") == (
        400, "invalid_request")
    assert error(colour="red") == (400, "invalid_request")
    assert error(subject_token=5) == (400, "invalid_request")
    assert error(subject_token="") == (400, "invalid_request")
    assert error(identity_provider_id="wip_unknown") == (400, "invalid_grant")
    assert error(service_account_id="svc_acct_unknown") == (400, "invalid_grant")
    for body in (b"no JSON", b"[]", b'{"grant_type": "a", "grant_type": "b"}', b""):
        answer = world.server.request("POST", "/oauth/token", body, None,
                                      {"Content-Type": "application/json"})
        assert (answer.status, answer.json["error"]) == (400, "invalid_request"), answer
    assert world.exchange(uploaded, token, client_id="mine", scope="all").status == 200
    assert world.exchange(uploaded, "a" * 70_000).json["error"] == "invalid_request"
    answer = world.server.request("GET", "/oauth/token", None, None)
    assert answer.status == 405 and answer.headers["Allow"] == "POST"


def test_a_form_does_as_well_as_json(world: World, uploaded: str, signer: Signer) -> None:
    form = urllib.parse.urlencode({
        "grant_type": GRANT, "subject_token": ours(signer), "subject_token_type": JWT,
        "identity_provider_id": uploaded, "service_account_id": world.account}).encode()
    answer = world.server.request("POST", "/oauth/token", form, None,
                                  {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 200, answer
    secret(answer.json["access_token"])


# Issuers that misbehave.

@pytest.fixture(scope="module")
def bad(world: World) -> Iterator[BadIssuer]:
    server = BadIssuer(world.issuer)
    yield server
    server.release.set()
    server.shutdown()


def ask_bad(world: World, bad: BadIssuer, kind: str, signer: Signer) -> Answer:
    issuer = f"{bad.url}/{kind}"
    provider = world.trust(kind, issuer)
    world.allow(provider, {"sub": "workload"})
    try:
        return world.exchange(provider, signer.sign(claims_of(issuer, AUDIENCE)))
    finally:
        world.providers.delete(provider)


def test_an_honest_issuer_of_ours_is_taken(world: World, bad: BadIssuer, signer: Signer) -> None:
    bad.keys = json.dumps(signer.jwks).encode()
    assert ask_bad(world, bad, "honest", signer).status == 200


@pytest.mark.parametrize("kind", ["redirects", "lies", "plain", "broken"])
def test_an_issuer_that_misbehaves_is_not_believed(world: World, bad: BadIssuer, signer: Signer,
                                                   kind: str) -> None:
    bad.keys = json.dumps(signer.jwks).encode()
    answer = ask_bad(world, bad, kind, signer)
    assert (answer.status, answer.json["error"]) == (503, "temporarily_unavailable"), answer
    assert not any("honest" in path for path in bad.asked[-1:]), "a redirect was followed"


def test_key_sets_have_an_end(world: World, bad: BadIssuer, signer: Signer) -> None:
    bad.keys = json.dumps({"keys": [{**signer.jwk, "kid": f"k{i}"} for i in range(1000)]}).encode()
    assert "100 keys" in ask_bad(world, bad, "thousand", signer).json["error_description"]
    bad.keys = b'{"keys": [' + b" " * (10 << 20) + b"]}"
    assert "512 KiB" in ask_bad(world, bad, "large", signer).json["error_description"]
    bad.keys = json.dumps({"keys": [{**signer.jwk, "d": "AAAA"}]}).encode()
    assert "private" in ask_bad(world, bad, "private", signer).json["error_description"]


def test_a_slow_issuer_holds_up_nobody_and_is_given_up(world: World, bad: BadIssuer,
                                                      uploaded: str, trusted: str,
                                                      signer: Signer) -> None:
    answers: list[Answer] = []
    slow = threading.Thread(
        target=lambda: answers.append(ask_bad(world, bad, "slow", signer)))
    began = time.monotonic()
    slow.start()
    wait_for(lambda: any("slow" in path for path in bad.asked), 5, "the slow issuer to be asked")
    for _ in range(10):
        assert world.access(uploaded, ours(signer))
        assert world.server.get("/v1/organization/projects", world.admin_key).status == 200
    assert time.monotonic() - began < 4
    slow.join(15)
    assert answers[0].status == 503 and time.monotonic() - began < 9


# Who may name which issuer.

def test_a_private_issuer_is_the_operators_to_name(world: World, bad: BadIssuer,
                                                   signer: Signer) -> None:
    """Another owner of the organization names the same address, and it is not asked."""
    bad.keys = json.dumps(signer.jwks).encode()
    issuer = f"{bad.url}/honest"
    key = Person(world.server, "grace").sign_in().create_admin_key()["value"]
    theirs = organization_of(world.server, key).workload_identity_providers
    provider = theirs.create(name="theirs", type="oidc", issuer=issuer, audience=AUDIENCE).id
    world.allow(provider, {"sub": "workload"})
    token = signer.sign(claims_of(issuer, AUDIENCE))
    asked = len(bad.asked)
    told = world.refused(provider, token, 503, "temporarily_unavailable")
    assert "operator" in told and len(bad.asked) == asked


def test_metadata_addresses_are_never_asked(world: World, signer: Signer) -> None:
    for host in ("169.254.169.254", "[fd00:ec2::254]", "0.0.0.0"):
        provider = world.trust(host, f"https://{host}")
        world.allow(provider, {"sub": "workload"})
        answer = world.exchange(provider, signer.sign(claims_of(f"https://{host}", AUDIENCE)))
        assert answer.status == 503 and "private or forbidden" in answer.json["error_description"]
        world.providers.delete(provider)


def test_refusals_from_one_network_have_an_end() -> None:
    with Tollgate("refusals") as server:
        server.init().start()
        body = {"grant_type": GRANT, "subject_token": "garbage", "subject_token_type": JWT,
                "identity_provider_id": "wip_unknown", "service_account_id": "svc_acct_unknown"}
        answers = [server.post("/oauth/token", body, None) for _ in range(101)]
        assert [answer.status for answer in answers] == [400] * 100 + [429]
        assert answers[-1].headers["Retry-After"]
