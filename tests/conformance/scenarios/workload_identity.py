# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World
from jwts import Signer, claims_of

VERBS = ("list", "create", "retrieve", "update", "delete")
PROVIDERS = area("workload_identity_providers", *VERBS)
RULES = area("workload_identity_providers.federation_rules", *VERBS)
ISSUER, AUDIENCE = "https://ci.example.com", "https://tollgate.example.com"
TRUST: dict[str, Any] = {"type": "oidc", "issuer": ISSUER, "audience": AUDIENCE}
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"


@scenario(*PROVIDERS)
def a_provider_lives(world: World) -> None:
    providers = world.organization.workload_identity_providers
    made = providers.create(name="ci", **TRUST, description="builds", attribute_transformations=[
        {"attribute": "repo", "expression": "'acme/' + claims.repository"}])
    assert (made.issuer, made.audience, made.enabled) == (ISSUER, AUDIENCE, True)
    assert made.verification.to_dict() == {"type": "discovery", "discovery_url": None}
    assert providers.retrieve(made.id) == made
    assert made.id in ids_of(providers.list(limit=1))
    changed = providers.update(made.id, name="builds", enabled=False, description=None,
                               attribute_transformations=[])
    assert (changed.name, changed.enabled, changed.description) == ("builds", False, None)
    assert changed.attribute_transformations == [] and changed.issuer == ISSUER
    assert providers.retrieve(made.id) == changed
    deleted = providers.delete(made.id)
    assert deleted.deleted and deleted.id == made.id
    refused(404, providers.retrieve, made.id)
    refused(404, providers.update, made.id, name="back")
    refused(404, providers.delete, made.id)
    refused(404, providers.federation_rules.list, made.id)
    assert made.id not in ids_of(providers.list())


@scenario(*PROVIDERS)
def providers_are_paged_in_the_order_of_their_making(world: World) -> None:
    providers = world.organization.workload_identity_providers
    made = [providers.create(name=f"ci {number}", **TRUST).id for number in range(5)]
    up = ids_of(providers.list(limit=2, order="asc"))
    assert [each for each in up if each in made] == made
    assert ids_of(providers.list(limit=2, order="desc")) == up[::-1]
    for provider in made:
        providers.delete(provider)


@scenario(*PROVIDERS)
def a_providers_fields_are_checked(world: World) -> None:
    providers = world.organization.workload_identity_providers

    def error(**fields: Any) -> Any:
        return refused(400, providers.create, **{"name": "ci", **TRUST, **fields}).param
    assert error(type="saml") == "type"
    for wrong in ("http://ci.example.com", "ci.example.com", "https://u@ci.example.com", ""):
        assert error(issuer=wrong) == "issuer", wrong
    assert error(audience="") == "audience"
    assert error(verification={"type": "magic"}) == "verification"
    assert error(verification={"type": "uploaded_jwks", "jwks": {"keys": []}}) == (
        "verification.jwks")
    assert error(verification={"type": "discovery", "discovery_url": "ftp://x"}) == (
        "verification.discovery_url")
    assert error(attribute_transformations=[{"attribute": "a", "expression": "evil()"}]) == (
        "attribute_transformations")


def exchange_and_call(world: World, body: dict[str, str]) -> int:
    """The status of a call by an access token, or that of the refusal to give one."""
    request = urllib.request.Request(
        urllib.parse.urljoin(world.direct_url, "/oauth/token"), json.dumps(body).encode(),
        {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return world.call(json.load(answer)["access_token"])
    except urllib.error.HTTPError as error:
        return error.code


def permissions_of(*scopes: str) -> dict[str, Any]:
    return {"type": "restricted", "scopes": list(scopes)}


@scenario(*PROVIDERS, *RULES, "projects.create", "projects.service_accounts.create")
def a_rule_lives_and_is_felt(world: World) -> None:
    organization = world.organization
    providers, rules = (organization.workload_identity_providers,
                        organization.workload_identity_providers.federation_rules)
    project = organization.projects.create(name="robots").id
    account = organization.projects.service_accounts.create(
        project, name="cart", create_service_account_only=True).id
    with tempfile.TemporaryDirectory() as folder:
        signer = Signer(pathlib.Path(folder))
        token = signer.sign(claims_of(ISSUER, AUDIENCE, repository="acme/site"))
    provider = providers.create(name="ci", **TRUST, verification={
        "type": "uploaded_jwks", "jwks": signer.jwks}).id
    assert providers.retrieve(provider).verification.to_dict()["jwks"] == signer.jwks

    made = rules.create(provider, project_id=project, service_account_id=account, name="site",
                        attribute_matchers={"repository": "acme/site"})
    assert made.permissions.type == "service_account_default" and made.enabled
    within = {"workload_identity_provider_id": provider}
    assert rules.retrieve(made.id, **within) == made
    assert ids_of(rules.list(provider, service_account_id=account)) == [made.id]
    assert ids_of(rules.list(provider, service_account_id="another")) == []

    def call() -> int:
        return exchange_and_call(world, {
            "grant_type": GRANT, "subject_token": token, "identity_provider_id": provider,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "service_account_id": account})
    assert call() == 200
    changed = rules.update(made.id, **within, name=None, attribute_matchers={"repository": "other"},
                           permissions=permissions_of("api.model.image.request"))
    assert changed.name is None and changed.permissions.scopes == ["api.model.image.request"]
    assert rules.retrieve(made.id, **within) == changed
    assert call() == 400
    rules.update(made.id, **within, attribute_matchers={"repository": "acme/site"})
    assert call() in (401, 403)
    deleted = rules.delete(made.id, **within)
    assert deleted.deleted and deleted.id == made.id
    assert call() == 400
    refused(404, rules.retrieve, made.id, **within)
    refused(404, rules.update, made.id, **within, name="back")
    refused(404, rules.delete, made.id, **within)
    assert ids_of(rules.list(provider)) == []


@scenario(*PROVIDERS, *RULES, "projects.create", "projects.service_accounts.create")
def rules_are_paged_and_checked(world: World) -> None:
    organization = world.organization
    providers, rules = (organization.workload_identity_providers,
                        organization.workload_identity_providers.federation_rules)
    here, there = (providers.create(name=name, **TRUST).id for name in ("here", "there"))
    project = organization.projects.create(name="many rules").id
    account = organization.projects.service_accounts.create(
        project, name="cart", create_service_account_only=True).id
    body: dict[str, Any] = {"project_id": project, "service_account_id": account,
                            "attribute_matchers": {"sub": "me", "run": 7, "good": True}}
    made = [rules.create(here, **body).id for _ in range(5)]
    up = ids_of(rules.list(here, limit=2, order="asc"))
    assert up == made and ids_of(rules.list(here, limit=2, order="desc")) == made[::-1]
    refused(404, rules.retrieve, made[0], workload_identity_provider_id=there)
    refused(404, rules.delete, made[0], workload_identity_provider_id=there)

    def error(status: int = 400, **fields: Any) -> Any:
        return refused(status, rules.create, here, **{**body, **fields}).param
    assert error(attribute_matchers={}) == "attribute_matchers"
    assert error(attribute_matchers={"sub": ["me"]}) == "attribute_matchers"
    assert error(permissions=permissions_of()) == "permissions"
    assert error(permissions=permissions_of("api.magic")) == "permissions.scopes"
    other = organization.projects.create(name="no robots").id
    assert error(404, project_id=other) == "service_account_id"
