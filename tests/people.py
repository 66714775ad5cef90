# SPDX-License-Identifier: Apache-2.0
"""People for tests: added by the command line, signed in as a browser is, with admin keys of their
own. An owner makes the key; what it may do from then on is what its owner may."""
from __future__ import annotations

import itertools
from typing import Any

import openai
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, RUN_FOLDER, Answer, Tollgate, secret

PASSWORD = secret("plum harbour 52 lantern")

_numbers = itertools.count(1)


class Person:
    def __init__(self, instance: Tollgate, name: str, role: str = "owner"):
        self.instance = instance
        self.password = PASSWORD
        self.email = f"{name}-{next(_numbers)}@example.org"
        # Outside of the folder that is searched for secrets.
        password_file = RUN_FOLDER.parent / f"password-{RUN_FOLDER.name}"
        password_file.write_text(PASSWORD + "\n")
        self.user = instance.json("users", "add", "--email", self.email, "--name", name,
                                  "--role", role, "--password-file", str(password_file))
        self.id: str = self.user["id"]

    @classmethod
    def of_owner(cls, instance: Tollgate) -> Person:
        """Whom `init` made: the instance's operator."""
        owner = cls.__new__(cls)
        owner.instance, owner.email, owner.password = instance, OWNER_EMAIL, OWNER_PASSWORD
        return owner

    def sign_in(self) -> Person:
        answer = self.instance.post("/v1/tollgate/session",
                                    {"email": self.email, "password": self.password}, None)
        assert answer.status == 200, answer
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        self.csrf = answer.json["csrf_token"]
        secret(self.cookie.split("=")[1])
        return self

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """From the browser."""
        headers = {"Cookie": self.cookie}
        if method != "GET":
            headers["X-Tollgate-CSRF"] = self.csrf
        return self.instance.request(method, path, body, None, headers)

    def create_admin_key(self) -> dict[str, Any]:
        answer = self.ask("POST", "/v1/organization/admin_api_keys", {"name": "theirs"})
        assert answer.status == 200, answer
        secret(answer.json["value"])
        return answer.json


def organization_of(instance: Tollgate, admin_key: str) -> Any:
    client = openai.OpenAI(admin_api_key=admin_key, base_url=instance.url, max_retries=0,
                           timeout=20)
    return client.admin.organization


def calls(instance: Tollgate, key: str) -> int:
    """The status of a call: 404 is a call that came through to the lack of a provider."""
    return instance.chat(key, "hello").status


def create_key(person: Person, project_id: str, kind: str = "project") -> str:
    answer = person.ask("POST", "/v1/tollgate/keys",
                        {"name": "theirs", "kind": kind, "project_id": project_id})
    assert answer.status == 201, answer
    return secret(answer.json["value"])
