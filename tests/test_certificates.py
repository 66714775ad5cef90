# SPDX-License-Identifier: Apache-2.0
"""Certificates of the Admin API (mutual TLS): what is taken, what is refused, and what is told of
it. test_mutual_tls.py has what calls feel."""
from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from certificates import Signer, make_certificate, openssl
from people import organization_of
from test_browser import run_in_browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Answer, Tollgate, secret

CERTIFICATES = "/v1/organization/certificates"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def root(folder: pathlib.Path) -> Signer:
    return Signer(folder, "root")


@pytest.fixture(scope="module")
def instance() -> Iterator[Tollgate]:
    with Tollgate("certificates") as server:
        server.init().start()
        server.admin_key = server.create_key("admin", "admin")["key"]
        yield server


@pytest.fixture
def certificates(instance: Tollgate) -> Iterator[Any]:
    """The SDK's, with nothing left behind."""
    organization = organization_of(instance, instance.admin_key)
    yield organization.certificates
    for project in organization.projects.list():
        in_project = organization.projects.certificates
        if active := [each.id for each in in_project.list(project.id) if each.active]:
            in_project.deactivate(project.id, certificate_ids=active)
    for each in list(organization.certificates.list()):
        if each.active:
            organization.certificates.deactivate(certificate_ids=[each.id])
        organization.certificates.delete(each.id)


def post(instance: Tollgate, path: str, body: Any) -> Answer:
    return instance.post(path, body, instance.admin_key)


def upload(instance: Tollgate, text: Any, **fields: Any) -> Answer:
    return post(instance, CERTIFICATES, {"certificate": text, **fields})


def test_one_is_uploaded_read_renamed_and_deleted(certificates: Any, root: Signer) -> None:
    made = certificates.create(certificate=root.pem, name="Our root")
    assert made.object == "certificate" and made.active is None
    assert made.id.startswith("cert_") and made.name == "Our root"
    details = made.certificate_details
    assert details.valid_at < made.created_at + 5 < details.expires_at and details.content is None
    assert certificates.retrieve(made.id) == made
    assert certificates.retrieve(made.id, include=["content"]).certificate_details.content == (
        root.pem)
    assert certificates.update(made.id, name="Root").name == "Root"
    assert certificates.retrieve(made.id).name == "Root"
    assert certificates.delete(made.id).object == "certificate.deleted"
    assert made.id not in [each.id for each in certificates.list()]


def test_a_list_has_pages_in_both_orders(certificates: Any, folder: pathlib.Path) -> None:
    made = [certificates.create(certificate=Signer(folder, f"page {number}").pem).id
            for number in range(5)]
    assert [each.id for each in certificates.list(limit=2)] == made[::-1]
    assert [each.id for each in certificates.list(limit=2, order="asc")] == made
    page = certificates.list(limit=2, order="asc", after=made[1])
    assert [each.id for each in page.data] == made[2:4] and page.has_more


def test_what_is_read_can_be_sent_back(certificates: Any, instance: Tollgate, root: Signer
                                       ) -> None:
    made = certificates.create(certificate=root.pem)
    path = f"{CERTIFICATES}/{made.id}"
    read = instance.get(path, instance.admin_key)
    assert post(instance, path, read.json).json == read.json
    assert post(instance, path, {}).json == read.json
    assert post(instance, path, {"active": True}).error["param"] == "active"
    stale = instance.post(path, {"name": "x"}, instance.admin_key, headers={"If-Match": '"old"'})
    assert stale.status == 412
    assert post(instance, path, {"name": None}).json["name"] is None


def damaged(pem: str) -> str:
    return pem.replace(pem.splitlines()[3], "!" * 20)


def test_what_cannot_be_trusted_is_refused(
        instance: Tollgate, certificates: Any, folder: pathlib.Path, root: Signer) -> None:
    key = root.key.read_text()
    for line in key.splitlines():
        if not line.startswith("-----"):
            secret(line)
    expired = root.client("expired", days=-1).pem
    server = root.sign("for servers", "extendedKeyUsage=serverAuth\n").read_text()
    weak = folder / "weak.pem"
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak", "-days", 2,
            "-keyout", folder / "weak-key.pem", "-out", weak)
    for text, expected in {
        "": "no certificate in PEM",
        "not PEM": "no certificate in PEM",
        root.pem[:300]: "no certificate in PEM",
        damaged(root.pem): "no certificate in PEM",
        root.pem.replace("\n", " "): "no certificate in PEM",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n":
            "no certificate in PEM",
        key: "private key in it",
        key + root.pem: "private key in it",
        root.pem + key: "private key in it",
        root.pem + expired: "more than one certificate",
        expired: "The certificate expired at 20",
        server: "neither a certificate authority",
        weak.read_text(): "too weak",
        root.pem + " " * (16 << 10): "larger than 16 KiB",
        "x" * 1_000_000: "larger than 16 KiB",
    }.items():
        answer = upload(instance, text)
        assert (answer.status, answer.error["param"]) == (400, "certificate"), answer
        assert expected in answer.error["message"], answer
        assert len(answer.body) < 1000, "what was sent is not repeated"
    assert upload(instance, "x" * (2 << 20)).status == 413
    for value in (None, 5, [root.pem], {}):
        assert upload(instance, value).error["param"] == "certificate"
    assert list(certificates.list()) == []


@pytest.mark.parametrize("name", ["x" * 257, "two\nlines", 5, ["x"]])
def test_names_are_plain_text(instance: Tollgate, certificates: Any, root: Signer, name: Any
                              ) -> None:
    answer = upload(instance, root.pem, name=name)
    assert (answer.status, answer.error["param"]) == (400, "name"), answer
    assert list(certificates.list()) == []


def test_the_same_twice_and_one_too_many(
        instance: Tollgate, certificates: Any, folder: pathlib.Path, root: Signer) -> None:
    assert upload(instance, root.pem).status == 200
    # The same, whatever stands around it.
    again = upload(instance, "# ours\n" + root.pem + "\n")
    assert (again.status, again.error["param"]) == (409, "certificate"), again
    # Signed by one another's keys would do as well; a serial makes them another certificate.
    for number in range(49):
        pem = root.sign("many", "extendedKeyUsage=clientAuth\n").read_text()
        assert upload(instance, pem, name=f"{number}").status == 200
    pem = root.sign("many", "extendedKeyUsage=clientAuth\n").read_text()
    full = upload(instance, pem)
    assert full.status == 409 and "50 certificates" in full.error["message"], full


def test_a_retried_upload_makes_one(instance: Tollgate, certificates: Any, root: Signer) -> None:
    answers = [instance.post(CERTIFICATES, {"certificate": root.pem}, instance.admin_key,
                             headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [each.status for each in answers] == [200, 200], answers
    assert answers[0].json == answers[1].json and len(list(certificates.list())) == 1


def test_activation_has_a_place(instance: Tollgate, certificates: Any, root: Signer) -> None:
    organization = organization_of(instance, instance.admin_key)
    in_project, project = organization.projects.certificates, organization.projects.create(
        name="placed").id
    made = certificates.create(certificate=root.pem)
    active = in_project.activate(project, certificate_ids=[made.id])
    assert [(each.object, each.id, each.active) for each in active.data] == [
        ("organization.project.certificate", made.id, True)]
    assert in_project.activate(project, certificate_ids=[made.id, made.id]).data == active.data
    assert [each.active for each in in_project.list(project)] == [True]
    assert [each.active for each in certificates.list()] == [False]
    everywhere = certificates.activate(certificate_ids=[made.id])
    assert [(each.object, each.active) for each in everywhere.data] == [
        ("organization.certificate", True)]
    refused = instance.request("DELETE", f"{CERTIFICATES}/{made.id}", None, instance.admin_key)
    assert refused.status == 409 and "deactivate" in refused.error["message"], refused
    assert [each.active for each in certificates.deactivate(certificate_ids=[made.id]).data] == [
        False]
    refused = instance.request("DELETE", f"{CERTIFICATES}/{made.id}", None, instance.admin_key)
    assert refused.status == 409, "it is active in the project still"
    in_project.deactivate(project, certificate_ids=[made.id])
    in_project.deactivate(project, certificate_ids=[made.id])
    assert certificates.delete(made.id).id == made.id


def test_activation_is_all_or_nothing(instance: Tollgate, certificates: Any, root: Signer
                                      ) -> None:
    made = certificates.create(certificate=root.pem).id
    path = f"{CERTIFICATES}/activate"
    unknown = post(instance, path, {"certificate_ids": [made, "cert_unknown"]})
    assert (unknown.status, unknown.error["param"]) == (404, "certificate_ids"), unknown
    for ids in ([], [made] * 11, made, None, [5], {}):
        answer = post(instance, path, {"certificate_ids": ids})
        assert (answer.status, answer.error["param"]) == (400, "certificate_ids"), answer
    assert post(instance, path, {"certificate_ids": [made], "x": 1}).error["param"] == "x"
    assert [each.active for each in certificates.list()] == [False]


def test_an_archived_project_is_only_emptied(instance: Tollgate, certificates: Any, root: Signer
                                             ) -> None:
    organization = organization_of(instance, instance.admin_key)
    in_project, project = organization.projects.certificates, organization.projects.create(
        name="archived").id
    made = certificates.create(certificate=root.pem).id
    in_project.activate(project, certificate_ids=[made])
    organization.projects.archive(project)
    path = f"/v1/organization/projects/{project}/certificates/activate"
    assert post(instance, path, {"certificate_ids": [made]}).status == 409
    in_project.deactivate(project, certificate_ids=[made])
    certificates.delete(made)


def test_include_is_content_and_nothing_else(instance: Tollgate, certificates: Any, root: Signer
                                             ) -> None:
    path = f"{CERTIFICATES}/{certificates.create(certificate=root.pem).id}"
    for query in ("include[]=content", "include=content", "include[]=content&include[]=content"):
        answer = instance.get(f"{path}?{query}", instance.admin_key)
        assert answer.json["certificate_details"]["content"] == root.pem, query
    for query in ("include[]=key", "include=", "includes=content"):
        assert instance.get(f"{path}?{query}", instance.admin_key).status == 400, query


def test_the_audit_log_has_openais_events(instance: Tollgate, certificates: Any, root: Signer
                                          ) -> None:
    organization = organization_of(instance, instance.admin_key)
    project = organization.projects.create(name="audited").id
    made = certificates.create(certificate=root.pem, name="Root").id
    certificates.update(made, name="New root")
    for switch in (certificates.activate, certificates.deactivate):
        switch(certificate_ids=[made])
    organization.projects.certificates.activate(project, certificate_ids=[made])
    organization.projects.certificates.deactivate(project, certificate_ids=[made])
    certificates.delete(made)
    types = ("certificate.created", "certificate.updated", "certificate.deleted",
             "certificates.activated", "certificates.deactivated")
    entries = [json.loads(each.to_json()) for each in
               organization.audit_logs.list(event_types=list(types), limit=7).data]
    named = [{"id": made, "name": "New root"}]
    told = [(each["type"], each.get("project", {}).get("id"), each[each["type"]])
            for each in reversed(entries)]
    assert [(kind, where) for kind, where, _ in told] == [
        ("certificate.created", None), ("certificate.updated", None),
        ("certificates.activated", None), ("certificates.deactivated", None),
        ("certificates.activated", project), ("certificates.deactivated", project),
        ("certificate.deleted", None)]
    payloads = [payload for _, _, payload in told]
    assert payloads[0] == {"id": made, "name": "Root"}
    assert payloads[1]["name"] == "New root"
    assert all(payload["certificates"] == named for payload in payloads[2:6])
    assert payloads[6] == {"id": made, "name": "New root", "certificate": root.pem}


def test_a_certificate_that_signed_itself_is_an_anchor_too(
        instance: Tollgate, certificates: Any, folder: pathlib.Path) -> None:
    """As `openssl req -x509` makes it: it says that it is an authority."""
    certificate, _ = make_certificate(folder, "DNS:example.org", "itself")
    assert upload(instance, certificate.read_text()).status == 200


def test_certificates_in_a_browser(folder: pathlib.Path) -> None:
    signer = Signer(folder, "browsed")
    with Tollgate("certificates-browser") as server:
        server.init().start()
        organization = organization_of(server, server.create_key("admin", "admin")["key"])
        run_in_browser(server, "certificates.test.mjs", {
            "TOLLGATE_EMAIL": OWNER_EMAIL, "TOLLGATE_PASSWORD": OWNER_PASSWORD,
            "TOLLGATE_PROJECT": organization.projects.create(name="browsed").id,
            "TOLLGATE_PEM": str(signer.certificate), "TOLLGATE_PEM_KEY": str(signer.key)}, 5)
