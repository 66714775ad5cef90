# SPDX-License-Identifier: Apache-2.0
"""Prepaid money over HTTP: who sees it, what is refused, what clients are told, and mails when it
runs low."""
from __future__ import annotations

from typing import Any

import openai
import pytest

from entry import PUBLIC_URL, mail, mail_flags
from mail_server import PASSWORD, MailServer
from people import Person
from prepaid import (MODEL, OUTPUT, RawUpstream, call, gateway, grant, kinds, raw, refused, soon)
from tollgate import OWNER_EMAIL, Answer, Tollgate, secret

__all__ = ["gateway", "mail", "raw"]


@pytest.mark.parametrize("arguments, why", [
    (("0",), "no amount"), (("0.0000000001",), "no amount"), (("1e3",), "no amount"),
    (("nan",), "no amount"), (("1000001",), "no amount"), (("9" * 30,), "no amount"),
    (("1", "--expires", "2020-01-01"), "to come"), (("1", "--expires", "soon"), "to come"),
    (("1", "--organization", "org-nobody"), "no organization"),
    (("1", "--project", "proj_nobody"), "no project"),
    (("1", "--reason", "x" * 501), "500"),
])
def test_a_grant_that_cannot_be_is_refused(gateway: Tollgate, arguments: tuple[str, ...],
                                           why: str) -> None:
    assert why in refused(gateway, "grant", *arguments)
    assert gateway.json("credits", "list")["data"] == []


def test_bad_input_from_afar_changes_nothing(gateway: Tollgate) -> None:
    owner = Person.of_owner(gateway).sign_in()
    made = grant(gateway, "1")
    there = f"/v1/tollgate/credits/{made['id']}/correct"
    for path, body in (
            ("/v1/tollgate/credits", {"usd": "-5"}), ("/v1/tollgate/credits", {"usd": 5}),
            ("/v1/tollgate/credits", {}), ("/v1/tollgate/credits", {"usd": "1", "amount": "1"}),
            (there, {"usd": "1"}), (there, {"usd": "0", "reason": "r"}),
            (there, {"usd": "-1.000000001", "reason": "r"}),
            (there, {"usd": "1000000", "reason": "r"}), (there, {"usd": "--1", "reason": "r"})):
        answer = owner.ask("POST", path, body)
        assert answer.status in (400, 409), (path, body, answer)
        assert answer.error["message"] and answer.error["type"] == "invalid_request_error"
    for path in ("credits?limit=0", "credits?limit=1001", "credits/history?before=0"):
        assert owner.ask("GET", f"/v1/tollgate/{path}").status == 400
    for method, path in (("GET", "credits?after=credit_nobody"),
                         ("GET", "credits?organization=org-nobody"),
                         ("POST", "credits/credit_nobody/correct")):
        answer = owner.ask(method, f"/v1/tollgate/{path}", {"usd": "1", "reason": "r"}
                           if method == "POST" else None)
        assert answer.status == 404, (path, answer)
    assert kinds(gateway) == ["grant"]


def test_another_organization_s_project_is_none_of_it(gateway: Tollgate) -> None:
    owner = Person.of_owner(gateway).sign_in()
    project = gateway.json("projects", "create", "--name", "Apollo")["id"]
    made = owner.ask("POST", "/v1/tollgate/organizations", {"name": "Elsewhere"})
    assert made.status == 201, made
    other = made.json["id"]
    told = refused(gateway, "grant", "1", "--organization", other, "--project", project)
    assert "no project" in told and other in told
    given = grant(gateway, "2", "--organization", other)
    assert given["organization_id"] == other
    assert gateway.json("credits", "list")["data"] == []
    assert gateway.json("credits", "list", "--organization", other)["data"] == [given]


def test_a_retried_grant_is_made_once(gateway: Tollgate) -> None:
    owner = Person.of_owner(gateway).sign_in()

    def post(body: dict[str, str]) -> Answer:
        return gateway.request("POST", "/v1/tollgate/credits", body, None,
                               {"Cookie": owner.cookie, "X-Tollgate-CSRF": owner.csrf,
                                "Idempotency-Key": "once"})
    first, second = post({"usd": "1"}), post({"usd": "1"})
    assert (first.status, second.status) == (201, 201) and first.json == second.json
    assert post({"usd": "2"}).status in (400, 409, 422)
    assert kinds(gateway) == ["grant"]


def test_a_member_sees_what_their_projects_were_granted(gateway: Tollgate) -> None:
    owner = Person.of_owner(gateway).sign_in()
    member = Person(gateway, "member", "reader").sign_in()
    project = gateway.json("projects", "create", "--name", "Apollo")["id"]
    grant(gateway, "5")
    own = grant(gateway, "1", "--project", project)
    hidden = gateway.json("projects", "create", "--name", "Hidden")["id"]
    grant(gateway, "1", "--project", hidden)

    def seen() -> tuple[list[Any], list[Any]]:
        answer = member.ask("GET", "/v1/tollgate/credits")
        assert answer.status == 200, answer
        return answer.json["data"], [each["project_id"] for each in answer.json["balances"]]
    assert seen() == ([], [])
    added = owner.ask("POST", f"/v1/organization/projects/{project}/users",
                      {"user_id": member.id, "role": "member"})
    assert added.status == 200, added
    assert seen() == ([own], [project])
    assert member.ask("GET", f"/v1/tollgate/credits?project={hidden}").json["data"] == []
    assert member.ask("GET", "/v1/tollgate/credits/history").status == 403
    assert member.ask("POST", "/v1/tollgate/credits", {"usd": "1"}).status == 403
    assert len(owner.ask("GET", "/v1/tollgate/credits").json["data"]) == 3


def test_lists_come_in_pages(gateway: Tollgate) -> None:
    owner = Person.of_owner(gateway).sign_in()
    made = [grant(gateway, "1")["id"] for _ in range(3)]
    first = owner.ask("GET", "/v1/tollgate/credits?limit=2").json
    assert ([each["id"] for each in first["data"]], first["has_more"]) == (made[:0:-1], True)
    second = owner.ask("GET", f"/v1/tollgate/credits?limit=2&after={made[1]}").json
    assert ([each["id"] for each in second["data"]], second["has_more"]) == (made[:1], False)
    newest = owner.ask("GET", "/v1/tollgate/credits/history?limit=1").json
    assert newest["has_more"] and newest["data"][0]["grant_id"] == made[2]
    of_one = owner.ask("GET", f"/v1/tollgate/credits/history?grant={made[0]}").json["data"]
    assert [entry["grant_id"] for entry in of_one] == made[:1]


def test_the_sdk_is_told_what_is_used_up_and_does_not_try_again(raw: RawUpstream,
                                                                gateway: Tollgate) -> None:
    key = secret(gateway.create_key("sdk")["key"])
    grant(gateway, "0.0001")
    client = openai.OpenAI(api_key=key, base_url=gateway.url, max_retries=2, timeout=20)
    for stream in (False, True):
        with pytest.raises(openai.RateLimitError) as raised:
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "hello " * 400}],
                max_tokens=OUTPUT, stream=stream)
        assert raised.value.code == "credit_balance_exhausted"
        assert raised.value.type == "insufficient_quota"
        assert "granted $0.0001, used $0" in raised.value.message
        assert "retry-after" not in raised.value.response.headers
        assert raised.value.response.headers["x-should-retry"] == "false"
    assert raw.requests == []


def test_low_credit_is_told_to_the_owners_by_mail(raw: RawUpstream, mail: MailServer) -> None:
    with Tollgate("credits-mail", workers=1, environment={"TOLLGATE_SMTP_PASSWORD": PASSWORD},
                  flags=(*mail_flags(mail), "--public-url", PUBLIC_URL)) as gateway:
        gateway.init().start()
        gateway.add_provider("raw", raw.url)
        key = gateway.create_key("told")["key"]
        made = grant(gateway, "0.0048")
        for _ in range(4):  # of COST, five of which are granted
            gateway.explained(call(raw, gateway, key))
        first = mail.take(OWNER_EMAIL, "credit left")  # a fifth of it
        assert first["Subject"].endswith("has $0.00096 of its credit left"), first["Subject"]
        said = first.get_content()
        for words in ("Granted: $0.0048", f"{PUBLIC_URL}/usage", made["organization_id"]):
            assert words in said, said
        project = gateway.json("projects", "create", "--name", "Apollo")["id"]
        ending = grant(gateway, "3", "--project", project, "--expires", soon(1.5))
        ended = mail.take(OWNER_EMAIL, "has no credit left")
        assert ended["Subject"].startswith('Project "Apollo"') and "$3" in ended.get_content()
        assert ending["project_id"] == project
        gateway.json("credits", "correct", made["id"], "--usd=-0.00096", "--reason", "taken back")
        last = mail.take(OWNER_EMAIL, "has no credit left")
        assert last["Subject"].startswith("Organization"), last["Subject"]
        grant(gateway, "1")
        assert [OWNER_EMAIL] not in mail.recipients, "each is told once"
        gateway.verify()
