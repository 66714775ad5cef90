# SPDX-License-Identifier: Apache-2.0
"""What administrators do to an organization with an official SDK and nothing else: the same steps
in Python here and in JavaScript in programs/administrator.mjs, told and answered in plain data."""
from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import openai

from tollgate import NODE, ROOT, Tollgate, secret

Data = dict[str, Any]
MODEL = "gpt-4.1-mini"
MONTH: Data = {"currency": "USD", "interval": "month"}


class PythonAdministrator:
    def __init__(self, server: Tollgate, admin_key: str) -> None:
        client = openai.OpenAI(admin_api_key=admin_key, base_url=server.url, max_retries=0,
                               timeout=30)
        self.organization: Any = client.admin.organization

    def ask(self, step: str, **given: Any) -> Data:
        answer: Data = getattr(self, step)(**given)
        return answer

    def found(self, projects: list[str], people: list[Data], cents: int) -> Data:
        """A company from nothing: projects with limits and robots, groups, a role, invitations."""
        of = self.organization.projects
        made = {name: self._project(of, name, cents) for name in projects}
        groups = {name: self.organization.groups.create(name=name).id
                  for name in ("engineers", "finance")}
        auditor = self.organization.roles.create(
            role_name="auditor", permissions=["api.usage.read", "api.audit_logs.read"])
        self.organization.groups.roles.create(groups["finance"], role_id=auditor.id)
        of.groups.create(made[projects[0]]["id"], group_id=groups["engineers"],
                         role="role_project_member")
        self.organization.spend_limit.update(threshold_amount=cents * len(projects), **MONTH)
        self.organization.spend_alerts.create(
            threshold_amount=cents, **MONTH,
            notification_channel={"type": "email", "recipients": ["cfo@example.com"]})
        for person in people:
            joins = [{"id": made[name]["id"], "role": role}
                     for name, role in person["projects"].items()]
            self.organization.invites.create(email=person["email"], role=person["role"],
                                             projects=joins)
        return {"projects": made, "groups": groups}

    @staticmethod
    def _project(of: Any, name: str, cents: int) -> Data:
        id = of.create(name=name).id
        of.spend_limit.update(id, threshold_amount=cents, **MONTH)
        of.model_permissions.update(id, mode="allow_list", model_ids=[MODEL])
        of.hosted_tool_permissions.update(id, mcp={"enabled": False})
        rates = {each.model: each.id for each in of.rate_limits.list_rate_limits(id)}
        of.rate_limits.update_rate_limit(rates[MODEL], project_id=id,
                                         max_requests_per_1_minute=1000)
        robot = of.service_accounts.create(id, name=f"{name} robot")
        return {"id": id, "robot": robot.id, "key": secret(robot.api_key.value)}

    def welcome(self, groups: dict[str, str], members: dict[str, list[str]]) -> Data:
        """Who has accepted is put into groups, by e-mail."""
        users = {user.email: user.id for user in self.organization.users.list(limit=7)}
        for name, emails in members.items():
            for email in emails:
                self.organization.groups.users.create(groups[name], user_id=users[email])
        return {"users": users,
                "members": {name: sorted(user.email for user in
                                         self.organization.groups.users.list(group, limit=2))
                            for name, group in groups.items()},
                "pending": [invite.email for invite in self.organization.invites.list(limit=7)
                            if invite.status == "pending"]}

    def _keys(self) -> Iterator[tuple[str, Any]]:
        for project in self.organization.projects.list(limit=2):
            for key in self.organization.projects.api_keys.list(project.id, limit=3):
                yield project.id, key

    def _keys_of(self, user_id: str) -> list[str]:
        return [key.id for _, key in self._keys()
                if key.owner.type == "user" and key.owner.user.id == user_id]

    def _audit(self, resource_id: str) -> list[str]:
        return [each.type for each in
                self.organization.audit_logs.list(resource_ids=[resource_id], limit=5)]

    def part_with(self, email: str) -> Data:
        """The day on which somebody leaves."""
        user = next(iter(self.organization.users.list(emails=[email])))
        before = self._keys_of(user.id)
        self.organization.users.delete(user.id)
        return {"id": user.id, "keys": before, "keys_left": self._keys_of(user.id),
                "users_left": sum(1 for _ in self.organization.users.list()),
                "audit": self._audit(user.id)}

    def end_leak(self, tail: str) -> Data:
        """A key was seen in public; of it is known how it ends."""
        project, key = next((project, key) for project, key in self._keys()
                            if key.redacted_value.endswith(tail))
        self.organization.projects.api_keys.delete(key.id, project_id=project)
        return {"project": project, "key": key.id}

    def what_it_did(self, key: str, since: int) -> Data:
        page = self.organization.usage.completions(start_time=since, api_key_ids=[key],
                                                   group_by=["model"])
        results = [result for bucket in page.data for result in bucket.results]
        return {"calls": sum(each.num_model_requests for each in results),
                "models": sorted(each.model for each in results),
                "output_tokens": sum(each.output_tokens for each in results),
                "audit": self._audit(key)}

    def report_costs(self, start: int, end: int) -> Data:
        """A quarter by project and person, in nano-dollars."""
        rows: dict[tuple[str, str], int] = {}
        page = None
        while page is None or page.has_more:
            page = self.organization.usage.costs(
                start_time=start, end_time=end, limit=31, group_by=["project_id", "user_id"],
                page=openai.omit if page is None else page.next_page)
            for bucket in page.data:
                for each in bucket.results:
                    who = (each.project_id, each.user_id)
                    rows[who] = rows.get(who, 0) + round(each.amount.value * 1e9)
        return {"rows": [[*who, nano] for who, nano in sorted(rows.items())]}


class NodeAdministrator:
    def __init__(self, server: Tollgate, admin_key: str) -> None:
        self.plan = {"url": server.url, "adminKey": admin_key}

    def ask(self, step: str, **given: Any) -> Data:
        done = subprocess.run([NODE, ROOT / "tests/programs/administrator.mjs"],
                              input=json.dumps({**self.plan, "step": step, "given": given}),
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3000:]
        answer: Data = json.loads(done.stdout)
        for each in answer.get("projects", {}).values():
            secret(each["key"])
        return answer


ADMINISTRATORS = {"python": PythonAdministrator, "node": NodeAdministrator}
