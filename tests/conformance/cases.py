# SPDX-License-Identifier: Apache-2.0
"""The failures that every operation has in common, made from the description: which key, which ids,
which fields. Data, so that both SDKs walk through the same.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.operations import NOT_APPLICABLE, OPERATIONS, Operation, conforms
from conformance.schemas import Description, Schema
from conformance.world import MODEL, TRUST, World, new_authority

UNKNOWN = "unknown_7391"
TEXT_TOO_LONG = "x" * 10_000
ITEMS_TOO_MANY = 10_000
MONTH = {"currency": "USD", "interval": "month"}
ALERT = {"threshold_amount": 100, **MONTH,
         "notification_channel": {"type": "email", "recipients": ["ops@example.com"]}}

# A body that each operation would take; "$name" is the id of that name of the caller's own.
BODIES: dict[str, dict[str, Any]] = {
    "admin_api_keys.create": {"name": "case"},
    "certificates.create": {"name": "case", "certificate": new_authority("case")},
    "certificates.update": {"name": "case"},
    "certificates.activate": {"certificate_ids": ["$certificate_id"]},
    "certificates.deactivate": {"certificate_ids": ["$certificate_id"]},
    "projects.certificates.activate": {"certificate_ids": ["$certificate_id"]},
    "projects.certificates.deactivate": {"certificate_ids": ["$certificate_id"]},
    "projects.create": {"name": "case"},
    "projects.update": {"name": "case"},
    "projects.archive": {},
    "projects.api_keys.update": {"expires_in_seconds": 86400},
    "projects.service_accounts.create": {"name": "case"},
    "projects.service_accounts.update": {"name": "case"},
    "projects.service_accounts.api_keys.create": {"name": "case"},
    "projects.users.create": {"user_id": "$user_id", "role": "member"},
    "projects.users.update": {"role": "member"},
    "projects.users.roles.create": {"role_id": "$project_role_id"},
    "projects.groups.create": {"group_id": "$group_id", "role": "member"},
    "projects.groups.roles.create": {"role_id": "$project_role_id"},
    "projects.roles.create": {"role_name": "case", "permissions": ["api.service_accounts.read"]},
    "projects.roles.update": {"description": "case"},
    "projects.rate_limits.update_rate_limit": {"max_requests_per_1_minute": 100},
    "projects.hosted_tool_permissions.update": {"mcp": {"enabled": True}},
    "projects.service_tier_settings.update": {"enabled_tiers": "all"},
    "projects.data_retention.update": {"retention_type": "organization_default"},
    "data_retention.update": {"retention_type": "modified_abuse_monitoring"},
    "projects.model_permissions.update": {"mode": "allow_list", "model_ids": [MODEL]},
    "projects.spend_limit.update": {"threshold_amount": 100, **MONTH},
    "projects.spend_alerts.create": ALERT,
    "projects.spend_alerts.update": ALERT,
    "spend_limit.update": {"threshold_amount": 100, **MONTH},
    "spend_alerts.create": ALERT,
    "spend_alerts.update": ALERT,
    "users.update": {"role": "reader"},
    "users.roles.create": {"role_id": "$role_id"},
    "groups.create": {"name": "case"},
    "groups.update": {"name": "case"},
    "groups.users.create": {"user_id": "$user_id"},
    "groups.roles.create": {"role_id": "$role_id"},
    "roles.create": {"role_name": "case", "permissions": ["api.projects.read"]},
    "roles.update": {"description": "case"},
    "invites.create": {"email": "case@example.com", "role": "reader"},
    "workload_identity_providers.create": {"name": "case", **TRUST},
    "workload_identity_providers.update": {"name": "case"},
    "workload_identity_providers.federation_rules.create": {
        "attribute_matchers": {"sub": "case"}, "project_id": "$project_id",
        "service_account_id": "$service_account_id"},
    "workload_identity_providers.federation_rules.update": {"name": "case"},
}
# Pages that may be larger, though the description gives no range.
LIMITS_MAX = {"projects.rate_limits.list_rate_limits": 1000, "usage.costs": 180}
BUCKETS_MAX = 31  # of days, which usage is asked by where nothing is said


def limit_max(operation: str) -> int:
    return LIMITS_MAX.get(operation, BUCKETS_MAX if operation.startswith("usage.") else 100)


@dataclass
class Case:
    """A call that must fail, and how."""

    about: str
    operation: str
    ids: list[str]
    status: list[int]
    query: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    key: str = "admin"  # or "project", "revoked", "wrong"
    param: str | None = None  # None: whatever it says
    code: str | None = None

    @property
    def title(self) -> str:
        return f"{self.operation}: {self.about}"

    def fault(self, status: int, error: dict[str, Any]) -> str | None:
        """What is wrong with the answer."""
        if status not in self.status:
            return f"{self.title}: {status} {error.get('message')}, not {self.status}"
        if self.code is not None and error.get("code") != self.code:
            return f"{self.title}: code {error.get('code')}, not {self.code}"
        # `recipients` is a fair name for `notification_channel.recipients`, and the other way.
        named = str(error.get("param")).replace("[]", "").partition(".")[0]
        if self.param is not None and named != self.param:
            return f"{self.title}: param {error.get('param')}, not {self.param}"
        return None


@dataclass
class Cases:
    world: World
    description: Description
    all: list[Case] = field(default_factory=list)

    def make(self) -> list[Case]:
        for operation in OPERATIONS:
            self.all += self.of_keys(operation)
            if operation.name in NOT_APPLICABLE:
                self.all += self.of_what_is_not(operation)
            elif conforms(operation.name):
                self.all += self.of_ids(operation)
                self.all += self.of_query(operation)
                self.all += self.of_body(operation)
            else:
                body: dict[str, Any] | None = {} if operation.method == "POST" else None
                self.all.append(Case("not there yet", operation.name,
                                     [UNKNOWN] * len(operation.ids), [501], body=body,
                                     code="not_there_yet"))
        return self.all

    def of_what_is_not(self, operation: Operation) -> Iterator[Case]:
        """There is none, whatever is asked for, and none can be made."""
        body: dict[str, Any] | None = {} if operation.method == "POST" else None
        if operation.ids:
            yield Case("there is none", operation.name, [UNKNOWN] * len(operation.ids), [404],
                       body=body)
        elif operation.method == "POST":
            yield Case("none can be made", operation.name, [], [400], body=body)
        else:
            yield from self.of_query(operation)

    def of_keys(self, operation: Operation) -> Iterator[Case]:
        kinds = ["wrong"]
        kinds += ["project"] if self.world.project_key else []
        kinds += ["revoked"] if self.world.revoked_admin_key else []
        for kind in kinds:
            yield Case(f"{kind} key", operation.name, [UNKNOWN] * len(operation.ids), [401],
                       body={} if operation.method == "POST" else None, key=kind,
                       code="invalid_api_key")

    def of_ids(self, operation: Operation) -> Iterator[Case]:
        own = self.ids(operation, self.world.own)
        body = self.body(operation)
        for place, name in enumerate(operation.ids):
            ids = [*own[:place], UNKNOWN, *own[place + 1:]]
            yield Case(f"unknown {name}", operation.name, ids, [404], body=body)
        if not self.world.foreign:
            return
        foreign = self.ids(operation, self.world.foreign)
        for place, name in enumerate(operation.ids):
            # Names of models are everybody's.
            if name != "rate_limit_id":
                ids = [*own[:place], foreign[place], *own[place + 1:]]
                yield Case(f"foreign {name}", operation.name, ids, [404], body=body)
        if len(operation.ids) > 1:
            yield Case("all ids foreign", operation.name, foreign, [404], body=body)
        yield from self.of_ids_in_body(operation, own)

    def of_ids_in_body(self, operation: Operation, own: list[str]) -> Iterator[Case]:
        template = BODIES.get(operation.name, {})
        for name, value in template.items():
            listed = isinstance(value, list)
            inner = value[0] if listed else value
            if isinstance(inner, str) and inner.startswith("$"):
                foreign = self.world.foreign.get(inner[1:], UNKNOWN)
                for about, other in (("unknown", UNKNOWN), ("foreign", foreign)):
                    yield Case(f"{about} {name} in the body", operation.name, own, [400, 404],
                               body={**(self.body(operation) or {}),
                                     name: [other] if listed else other})

    def of_query(self, operation: Operation) -> Iterator[Case]:
        if operation.method != "GET":
            return
        ids = self.ids(operation, self.world.own)
        known = self.description.query_parameters(operation)
        queries = [("nothing", "1")]
        if "limit" in known:
            least = known["limit"].get("minimum", 1)
            # Where the description gives no range, it says "between 1 and 100".
            most = known["limit"].get("maximum", limit_max(operation.name))
            queries += [("limit", str(least - 1)), ("limit", str(most + 1)), ("limit", "many")]
        if "after" in known:
            queries.append(("after", UNKNOWN))
        if "order" in known:
            queries.append(("order", "sideways"))
        for name, value in queries:
            yield Case(f"?{name}={value}", operation.name, ids, [400], query={name: value},
                       param=name)

    def of_body(self, operation: Operation) -> Iterator[Case]:
        if operation.method != "POST":
            return
        ids = self.ids(operation, self.world.own)
        body = self.body(operation) or {}
        yield Case("unknown field", operation.name, ids, [400], param="colour",
                   body={**body, "colour": "red"})
        schema = self.description.request(operation)
        for name in schema.get("required", []):
            without = {each: value for each, value in body.items() if each != name}
            yield Case(f"no {name}", operation.name, ids, [400], body=without, param=name)
            yield Case(f"{name} is null", operation.name, ids, [400], body={**body, name: None},
                       param=name)
        for name, part in schema.get("properties", {}).items():
            for about, value in self.wrong_values(part):
                yield Case(f"{name} {about}", operation.name, ids, [400], param=name,
                           body={**body, name: value})

    def wrong_values(self, schema: Schema) -> Iterator[tuple[str, Any]]:
        """Values that no variant of `schema` takes."""
        parts = [self.description.resolve(part) for part in schema.get("anyOf", [schema])]
        kinds = {part.get("type", "string") for part in parts}
        yield "is an object of nothing known", {"colour": "red"}
        yield "is true" if "boolean" not in kinds else "is a text", (
            True if "boolean" not in kinds else "yes")
        if "array" in kinds:
            yield "has 10,000 elements", [f"element-{i}" for i in range(ITEMS_TOO_MANY)]
            yield "has a number in it", [5]
        else:
            yield "is a list", []
        if "string" in kinds:
            yield "is a number", 5
            yield "is too long", TEXT_TOO_LONG
        if "integer" in kinds:
            yield "is a text", "many"
            yield "is a fraction", 1.5
            yield "is below its range", -1
            yield "is beyond 64 bits", 2**80

    def ids(self, operation: Operation, of: dict[str, str]) -> list[str]:
        return [of.get(name, UNKNOWN) for name in self.world.names_of_ids(operation)]

    def body(self, operation: Operation) -> dict[str, Any] | None:
        if operation.method != "POST":
            return None
        return {name: [self.filled(each) for each in value] if isinstance(value, list)
                else self.filled(value)
                for name, value in BODIES[operation.name].items()}

    def filled(self, value: Any) -> Any:
        named = isinstance(value, str) and value.startswith("$")
        return self.world.own.get(value[1:], UNKNOWN) if named else value
