# SPDX-License-Identifier: Apache-2.0
"""A person at a browser: keeps cookies and the CSRF token as the console does."""
from __future__ import annotations

import http.cookies
from typing import Any

from tollgate import Answer, Tollgate, secret


class Browser:
    def __init__(self, server: Tollgate, user_agent: str = "Test browser"):
        self.server = server
        self.user_agent = user_agent
        self.cookies: dict[str, str] = {}
        self.csrf_token = ""

    def request(self, method: str, path: str, body: Any = None,
                headers: dict[str, str] = {}) -> Answer:
        sent = {"User-Agent": self.user_agent, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.csrf_token and method != "GET":
            sent.setdefault("X-Tollgate-CSRF", self.csrf_token)
        if method == "POST" and body is None:
            body = {}
        answer = self.server.request(method, f"/v1/tollgate/{path}", body, None, sent, timeout=60)
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.cookies[name] = secret(morsel.value) if morsel.value else ""
        if answer.status < 300 and "csrf_token" in answer.json:
            self.csrf_token = secret(answer.json["csrf_token"])
        return answer

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def post(self, path: str, **body: Any) -> Answer:
        return self.request("POST", path, body)

    def delete(self, path: str) -> Answer:
        return self.request("DELETE", path)

    def sign_in(self, email: str, password: str) -> Answer:
        return self.post("session", email=email, password=secret(password))

    @property
    def session(self) -> dict[str, Any]:
        answer = self.get("session")
        assert answer.status == 200, answer
        return answer.json

    def is_signed_in(self) -> bool:
        return self.get("session").status == 200

    def copy(self) -> Browser:
        """What a thief of the cookies has."""
        thief = Browser(self.server, self.user_agent)
        thief.cookies, thief.csrf_token = dict(self.cookies), self.csrf_token
        return thief
