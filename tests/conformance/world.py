# SPDX-License-Identifier: Apache-2.0
"""The server under test: two organizations, people in them, a provider, and one of each object.

It is a Tollgate of its own, or, with TOLLGATE_CONFORMANCE_URL and TOLLGATE_CONFORMANCE_ADMIN_KEY in
the environment, any server: then what needs a second organization or people there is left out.
"""
from __future__ import annotations

import contextlib
import os
import pathlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import openai

from certificates import make_certificate
from conformance.operations import Operation, conforms
from conformance.recorder import Call, Recorder
from tollgate import Tollgate, secret
from upstreams import CREDENTIAL, Upstream

URL = os.environ.get("TOLLGATE_CONFORMANCE_URL", "")
ADMIN_KEY = os.environ.get("TOLLGATE_CONFORMANCE_ADMIN_KEY", "")
MODEL = os.environ.get("TOLLGATE_CONFORMANCE_MODEL", "gpt-4.1-mini")
OTHER_MODEL = os.environ.get("TOLLGATE_CONFORMANCE_OTHER_MODEL", "gpt-4o-mini")
# Each SDK's scenarios have their own, to use up.
PEOPLE_EACH = 5


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    name: str
    key: str  # an API key of theirs in the default project
    key_id: str


@dataclass
class World:
    """What scenarios see. Ids of `own` and `foreign` are by the names that paths have for them."""

    url: str  # through the recorder
    direct_url: str
    admin_key: str
    project_key: str = ""
    revoked_admin_key: str = ""
    people: dict[str, list[Person]] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)

    def client(self, admin_key: str | None = None) -> openai.OpenAI:
        return openai.OpenAI(admin_api_key=admin_key or self.admin_key, base_url=self.url,
                             max_retries=0, timeout=20)

    @staticmethod
    def names_of_ids(operation: Operation) -> list[str]:
        """By which `own` and `foreign` have the ids of its path."""
        in_project = operation.path.startswith("/v1/projects/")
        of_project = {"role_id"} if in_project else set()
        of_project |= {"alert_id"} if "project_id" in operation.ids else set()
        return [f"project_{name}" if name in of_project else name for name in operation.ids]

    @property
    def organization(self) -> Any:
        return self.client().admin.organization

    def call(self, key: str, model: str = MODEL) -> int:
        """The status of a data-plane call with `key`."""
        return self.call_error(key, model)[0]

    def call_error(self, key: str, model: str = MODEL) -> tuple[int, str | None]:
        """Status and error code of a data-plane call."""
        client = openai.OpenAI(api_key=key, base_url=self.direct_url, max_retries=0, timeout=20)
        try:
            client.chat.completions.create(model=model, max_completion_tokens=16,
                                           messages=[{"role": "user", "content": "hello"}])
        except openai.APIStatusError as error:
            return error.status_code, error.code
        return 200, None


ALERT: dict[str, Any] = {
    "threshold_amount": 100_000, "currency": "USD", "interval": "month",
    "notification_channel": {"type": "email", "recipients": ["ops@example.com"]}}


TRUST: dict[str, Any] = {"type": "oidc", "issuer": "https://ci.example.com", "audience": "us"}


def make_objects(organization: Any, label: str, user: Person | None) -> dict[str, str]:
    """One of each object that can be made by now; what the paths of all operations need."""
    project = organization.projects.create(name=f"samples {label}")
    ids = {"project_id": project.id,
           "key_id": organization.admin_api_keys.create(name=f"samples {label}").id}
    account = organization.projects.service_accounts.create(project.id, name="sample")
    ids |= {"service_account_id": account.id, "api_key_id": account.api_key.id}
    if user is not None:
        ids["user_id"] = user.id
    for operation, make in _makers(organization, project.id, label):
        # What cannot be made though it is said to is told where it is missing.
        with contextlib.suppress(openai.APIStatusError, KeyError):
            if conforms(operation):
                make(ids)
    return ids


def _makers(organization: Any, project_id: str, label: str) -> Iterator[
        tuple[str, Callable[[dict[str, str]], Any]]]:
    """What can be made, in an order in which it can: by which operation, and how."""
    projects = organization.projects
    yield "certificates.create", lambda ids: ids.update(
        certificate_id=organization.certificates.create(certificate=new_authority(label)).id)
    yield "groups.create", lambda ids: ids.update(
        group_id=organization.groups.create(name=f"samples {label}").id)
    yield "roles.create", lambda ids: ids.update(role_id=organization.roles.create(
        role_name=f"sample {label}", permissions=["api.projects.read"]).id)
    yield "projects.roles.create", lambda ids: ids.update(
        project_role_id=projects.roles.create(project_id, role_name=f"sample {label}",
                                              permissions=["api.service_accounts.read"]).id)
    yield "groups.users.create", lambda ids: organization.groups.users.create(
        ids["group_id"], user_id=ids["user_id"])
    yield "projects.users.create", lambda ids: projects.users.create(
        project_id, user_id=ids["user_id"], role="member")
    yield "projects.groups.create", lambda ids: projects.groups.create(
        project_id, group_id=ids["group_id"], role=ids["project_role_id"])
    yield "invites.create", lambda ids: ids.update(invite_id=organization.invites.create(
        email=f"sample-{label}@example.com", role="reader").id)
    yield "spend_alerts.create", lambda ids: ids.update(
        alert_id=organization.spend_alerts.create(**ALERT).id)
    yield "projects.spend_alerts.create", lambda ids: ids.update(
        project_alert_id=projects.spend_alerts.create(project_id, **ALERT).id)
    providers = organization.workload_identity_providers
    yield "workload_identity_providers.create", lambda ids: ids.update(
        workload_identity_provider_id=providers.create(name="sample", **TRUST).id)
    yield "workload_identity_providers.federation_rules.create", lambda ids: ids.update(
        workload_identity_federation_rule_id=providers.federation_rules.create(
            ids["workload_identity_provider_id"], project_id=project_id,
            service_account_id=ids["service_account_id"],
            attribute_matchers={"sub": "sample"}).id)
    yield "projects.rate_limits.list_rate_limits", lambda ids: ids.update(
        rate_limit_id=next(iter(projects.rate_limits.list_rate_limits(project_id))).id)


def new_authority(name: str) -> str:
    """A certificate that clients' certificates could lead to, in PEM."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, _ = make_certificate(pathlib.Path(folder), "DNS:example.com", name)
        return certificate.read_text()


class Instance:
    """The world's server, started and filled."""

    def __init__(self) -> None:
        self.tollgate: Tollgate | None = None
        self.upstream: Upstream | None = None
        self.recorder: Recorder | None = None
        self.foreign_admin_key = ""
        try:
            self.world = World("", URL, secret(ADMIN_KEY)) if URL else self._start()
            self.recorder = Recorder(self.world.direct_url)
            self.world.url = self.recorder.url
            self._fill()
        except BaseException:
            self.stop()
            raise

    @property
    def calls(self) -> list[Call]:
        return self.recorder.calls if self.recorder else []

    def stop(self) -> None:
        if self.recorder is not None:
            self.recorder.stop()
        if self.tollgate is not None:
            self.tollgate.__exit__()
        if self.upstream is not None:
            self.upstream.stop()

    def _start(self) -> World:
        self.upstream = Upstream()
        server = self.tollgate = Tollgate("conformance").init()
        foreign = server.create_key("foreign", "admin")
        admin = server.create_key("admin", "admin")
        revoked = server.create_key("revoked", "admin")
        people = {sdk: [_new_person(server, sdk, number) for number in range(PEOPLE_EACH)]
                  for sdk in ("python", "node")}
        stranger = _new_person(server, "foreign", 0)
        _populate(server, [*people["python"], *people["node"]], stranger, foreign["id"])
        server.start()
        server.add_provider("upstream", self.upstream.url, CREDENTIAL)
        server.json("keys", "revoke", revoked["id"])
        self.foreign_admin_key = foreign["key"]
        people["foreign"] = [stranger]
        return World(url="", direct_url=server.url, admin_key=admin["key"], people=people,
                     project_key=server.create_key("calls")["key"],
                     revoked_admin_key=revoked["key"])

    def _fill(self) -> None:
        """Past the recorder: what is counted is what scenarios do."""
        world = self.world
        clients = {key: openai.OpenAI(admin_api_key=key, base_url=world.direct_url, max_retries=0)
                   for key in (world.admin_key, self.foreign_admin_key) if key}
        mine = world.people.get("python", [])[:1]
        world.own = make_objects(clients[world.admin_key].admin.organization, "own",
                                 mine[0] if mine else None)
        if self.foreign_admin_key:
            world.foreign = make_objects(
                clients[self.foreign_admin_key].admin.organization, "foreign",
                world.people["foreign"][0])


def _new_person(server: Tollgate, label: str, number: int) -> Person:
    key = server.create_key(f"of {label} {number}")
    return Person(id=f"user_conformance_{label}_{number}", key=key["key"], key_id=key["id"],
                  email=f"{label}{number}@example.com", name=f"{label.title()} {number}")


def _populate(server: Tollgate, people: list[Person], stranger: Person,
                         foreign_key_id: str) -> None:
    """What no operation makes at once: people who have accepted, and a second organization.

    Before the server's first start, in its database; keys that were made for the owner become
    theirs.
    """
    now = int(time.time() * 1000)
    with server.changed_database() as execute:
        home = execute("SELECT id FROM organizations").fetchone()[0]
        execute("INSERT INTO organizations (id, name, created_unix_ms) "
                "VALUES ('org-foreign', 'Another', ?)", now)
        execute("INSERT INTO projects (id, organization_id, name, is_default, created_unix_ms) "
                "VALUES ('proj_foreign', 'org-foreign', 'Default', 1, ?)", now)
        members = [(person, home, "reader") for person in people]
        for person, organization, role in [*members, (stranger, "org-foreign", "owner")]:
            execute("INSERT INTO users (id, email, email_folded, name, password_hash, "
                    "created_unix_ms) VALUES (?, ?, ?, ?, '!', ?)",
                    person.id, person.email, person.email, person.name, now)
            execute("INSERT INTO memberships (organization_id, user_id, role, created_unix_ms) "
                    "VALUES (?, ?, ?, ?)", organization, person.id, role, now)
            execute("UPDATE api_keys SET user_id = ? WHERE id = ?", person.id, person.key_id)
        execute("UPDATE api_keys SET organization_id = 'org-foreign', user_id = ? WHERE id = ?",
                stranger.id, foreign_key_id)
        execute("UPDATE api_keys SET organization_id = 'org-foreign', "
                "project_id = 'proj_foreign' WHERE id = ?", stranger.key_id)
