# SPDX-License-Identifier: Apache-2.0
"""What calls feel over TLS with a certificate of the client's is in ../../test_mutual_tls.py; here
the server is a plain one, on which a project that wants one takes no call at all."""
from typing import Any

from conformance.scenarios import area, ids_of, refused, scenario
from conformance.world import World, new_authority

OF_ORGANIZATION = area("certificates", "list", "create", "activate", "deactivate", "retrieve",
                       "update", "delete")
OF_PROJECT = area("projects.certificates", "list", "activate", "deactivate")
PLACES = ("projects.create", "projects.service_accounts.create")
YES, NO = (200, None), (401, "certificate_required")


@scenario(*OF_ORGANIZATION)
def one_lives(world: World) -> None:
    certificates = world.organization.certificates
    pem = new_authority("lives")
    made = certificates.create(certificate=pem, name="Ours")
    assert (made.object, made.name) == ("certificate", "Ours")
    details = made.certificate_details
    assert details.valid_at <= made.created_at < details.expires_at and not details.content
    assert certificates.retrieve(made.id) == made
    shown = certificates.retrieve(made.id, include=["content"])
    assert shown.certificate_details.content == pem
    renamed = certificates.update(made.id, name="Theirs")
    assert renamed.name == "Theirs" and certificates.retrieve(made.id) == renamed
    assert made.id in ids_of(certificates.list(limit=1))
    assert certificates.delete(made.id).id == made.id
    refused(404, certificates.retrieve, made.id)
    refused(404, certificates.update, made.id, name="gone")
    refused(404, certificates.delete, made.id)
    assert made.id not in ids_of(certificates.list())


@scenario(*OF_ORGANIZATION)
def they_are_paged(world: World) -> None:
    certificates = world.organization.certificates
    made = [certificates.create(certificate=new_authority(f"page {number}")).id
            for number in range(5)]
    up = ids_of(certificates.list(limit=2, order="asc"))
    assert [each for each in up if each in made] == made, "not in the order of their making"
    assert ids_of(certificates.list(limit=2)) == up[::-1]
    for each in made:
        certificates.delete(each)


@scenario(*OF_ORGANIZATION)
def what_is_uploaded_is_checked(world: World) -> None:
    certificates = world.organization.certificates
    pem = new_authority("checked")
    for wrong in ("", "no PEM", pem + new_authority("second"), pem[:200], "x" * 20_000):
        assert refused(400, certificates.create, certificate=wrong).param == "certificate"
    assert refused(400, certificates.create, certificate=pem, name="x" * 257).param == "name"
    made = certificates.create(certificate=pem).id
    assert refused(409, certificates.create, certificate=pem).param == "certificate"
    refused(404, certificates.activate, certificate_ids=[made, "cert_unknown"])
    assert refused(400, certificates.activate, certificate_ids=[]).param == "certificate_ids"
    assert refused(400, certificates.deactivate, certificate_ids=[made] * 11).param == (
        "certificate_ids")
    assert refused(400, certificates.retrieve, made, include=["key"]).param == "include"
    assert [each.active for each in certificates.list() if each.id == made] == [False]
    certificates.delete(made)


def is_active(certificates: Any, *place: str) -> set[str]:
    return {each.id for each in certificates.list(*place) if each.active}


@scenario(*OF_PROJECT, *PLACES, "certificates.create", "certificates.delete")
def a_project_takes_no_call_without_one(world: World) -> None:
    organization = world.organization
    certificates, projects = organization.projects.certificates, organization.projects
    here, there = (projects.create(name=name).id for name in ("with one", "without"))
    keys = [projects.service_accounts.create(project, name="robot").api_key.value
            for project in (here, there)]
    made = organization.certificates.create(certificate=new_authority("of a project")).id

    def calls() -> list[tuple[int, str | None]]:
        return [world.call_error(key) for key in keys]

    assert calls() == [YES, YES]
    active = certificates.activate(here, certificate_ids=[made])
    assert [(each.id, each.active) for each in active.data] == [(made, True)]
    assert is_active(certificates, here) == {made} and is_active(certificates, there) == set()
    assert calls() == [NO, YES]
    refused(409, organization.certificates.delete, made)
    certificates.activate(here, certificate_ids=[made])
    ended = certificates.deactivate(here, certificate_ids=[made])
    assert [each.active for each in ended.data] == [False]
    assert calls() == [YES, YES]
    organization.certificates.delete(made)


@scenario(*OF_ORGANIZATION, *OF_PROJECT, *PLACES)
def all_projects_inherit_the_organizations(world: World) -> None:
    organization = world.organization
    project = organization.projects.create(name="inherits").id
    key = organization.projects.service_accounts.create(project, name="robot").api_key.value
    made = organization.certificates.create(certificate=new_authority("of all")).id
    try:
        active = organization.certificates.activate(certificate_ids=[made])
        assert [(each.id, each.active) for each in active.data] == [(made, True)]
        assert made in is_active(organization.certificates)
        assert made not in is_active(organization.projects.certificates, project)
        assert world.call_error(key) == NO
    finally:
        organization.certificates.deactivate(certificate_ids=[made])
    assert world.call_error(key) == YES
    organization.certificates.delete(made)
