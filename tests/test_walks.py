# SPDX-License-Identifier: Apache-2.0
"""Days of real administrators, who have an admin key and an official SDK and nothing else. What
people do themselves (accepting an invitation, making a key, calling) happens beside them.
"""
from __future__ import annotations

import contextlib
import datetime
import http.client
import pathlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from administrators import ADMINISTRATORS, MODEL, Data
from browsing import Browser
from entry import NEW_PASSWORD, forget_throttles, mail, mail_flags  # noqa: F401
from faults import settle_all
from mail_server import PASSWORD, MailServer, link_in, token_of
from tollgate import OWNER_EMAIL, Tollgate, secret, wait_for
from upstreams import CREDENTIAL, USAGE, Upstream

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
PROJECTS = ["Apollo", "Gemini", "Mercury"]
PEOPLE = 20
CENTS = 5_000


@dataclass
class Company:
    server: Tollgate
    upstream: Upstream
    administrator: Any
    made: Data
    browsers: dict[str, Browser] = field(default_factory=dict)  # by e-mail
    seen: Data = field(default_factory=dict)  # when everybody had come

    def key_of(self, email: str, project: str) -> Data:
        """That somebody makes for themselves."""
        made = self.browsers[email].post("keys", name=f"of {email}",
                                         project_id=self.made["projects"][project]["id"])
        assert made.status == 201, made
        secret(made.json["value"])
        return dict(made.json)


def invited() -> list[Data]:
    """Twenty: the first owns the company too, each project has an owner, and all work in one or
    two projects."""
    return [{"email": f"person{number}@example.com", "role": "owner" if number == 0 else "reader",
             "projects": {name: "owner" if number < 3 else "member"
                          for name in {PROJECTS[number % 3], PROJECTS[number // 7]}}}
            for number in range(PEOPLE)]


EMAILS = [person["email"] for person in invited()]
MEMBERS = {"engineers": sorted(EMAILS[5:12]), "finance": sorted(EMAILS[18:])}


def accept(server: Tollgate, mails: MailServer, email: str) -> Browser:
    browser = Browser(server)
    forget_throttles(server)
    token = token_of(link_in(mails.take(email)))
    answer = browser.post("invitation/accept", token=token, name=email.partition("@")[0],
                          password=NEW_PASSWORD)
    assert answer.status == 201, answer
    return browser


def open_endless_stream(server: Tollgate, key: str) -> threading.Event:
    """Set when the stream has ended."""
    stream, ended = server.open_stream(key, "trickle"), threading.Event()
    assert stream.status == 200 and stream.readline()

    def read() -> None:
        with contextlib.suppress(http.client.HTTPException, OSError):
            stream.read()
        ended.set()
    threading.Thread(target=read, daemon=True).start()
    return ended


@pytest.fixture(scope="module", params=sorted(ADMINISTRATORS))
def company(request: pytest.FixtureRequest, mail: MailServer) -> Iterator[Company]:  # noqa: F811
    upstream = Upstream()
    with Tollgate(f"walks-{request.param}", environment={"TOLLGATE_SMTP_PASSWORD": PASSWORD},
                  flags=(*mail_flags(mail), "--public-url", "http://console.example.test")
                  ) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        key = server.create_key("admin", "admin")["key"]
        administrator = ADMINISTRATORS[request.param](server, key)
        made = administrator.ask("found", projects=PROJECTS, people=invited(), cents=CENTS)
        company = Company(server, upstream, administrator, made)
        for person in invited():
            company.browsers[person["email"]] = accept(server, mail, person["email"])
        company.seen = administrator.ask("welcome", groups=made["groups"], members=MEMBERS)
        yield company
        server.verify()
    upstream.stop()


def test_a_company_of_three_projects_and_twenty_people(company: Company) -> None:
    assert set(company.seen["users"]) == {*EMAILS, OWNER_EMAIL}
    assert company.seen["pending"] == [] and company.seen["members"] == MEMBERS
    # Everybody works where they were invited to, and nowhere else; robots work, too.
    for person in invited()[::4]:
        browser = company.browsers[person["email"]]
        for name in PROJECTS:
            asked = browser.post("keys", name="k",
                                 project_id=company.made["projects"][name]["id"])
            by_group = name == PROJECTS[0] and person["email"] in MEMBERS["engineers"]
            is_in = name in person["projects"] or by_group or person["role"] == "owner"
            assert (asked.status == 201) == is_in, (person, name, asked)
            if is_in:
                assert company.server.chat(secret(asked.json["value"]), "plain").status == 200
    for project in company.made["projects"].values():
        server, key = company.server, project["key"]
        assert server.chat(key, "plain").status == 200
        assert server.chat(key, "plain", model="gpt-4.1").status == 403  # not on the list
        tools = {"model": MODEL, "input": "x", "tools": [{"type": "mcp"}]}
        assert server.post("/v1/responses", tools, key).status == 403
        limits = server.limits(project["id"])
        assert {(limit["metric"], limit["per"]) for limit in limits} == {
            ("money", "month"), ("requests", "minute")}
    # What their group's role gives them.
    finance, engineer = (company.browsers[MEMBERS[name][0]] for name in ("finance", "engineers"))
    assert finance.get("audit_logs").status == 200 and engineer.get("audit_logs").status == 403


def test_a_leavers_day(company: Company) -> None:
    email = "person9@example.com"
    projects = [name for person in invited() if person["email"] == email
                for name in person["projects"]]
    keys = [company.key_of(email, name) for name in projects]
    colleague = company.key_of("person6@example.com", PROJECTS[0])
    assert company.server.chat(keys[0]["value"], "plain").status == 200
    ended = open_endless_stream(company.server, keys[0]["value"])
    left = company.administrator.ask("part_with", email=email)
    assert set(left["keys"]) >= {key["id"] for key in keys} and left["keys_left"] == []
    assert ended.wait(5), "their stream runs on"
    for key in keys:
        assert company.server.chat(key["value"], "plain").status == 401
    assert not company.browsers[email].is_signed_in()
    assert company.server.chat(colleague["value"], "plain").status == 200
    for project in company.made["projects"].values():
        assert company.server.chat(project["key"], "plain").status == 200
    assert left["users_left"] == PEOPLE  # twenty and the owner who was there, less one
    assert "user.deleted" in left["audit"], left["audit"]


def test_a_leak_at_night(company: Company) -> None:
    began = int(time.time()) - 60
    leaked = company.key_of("person12@example.com", PROJECTS[0])
    calls = 5
    for _ in range(calls):
        assert company.server.chat(leaked["value"], "plain").status == 200
    ended = open_endless_stream(company.server, leaked["value"])
    found = company.administrator.ask("end_leak", tail=leaked["value"][-4:])
    assert found == {"project": company.made["projects"][PROJECTS[0]]["id"], "key": leaked["id"]}
    assert company.server.chat(leaked["value"], "plain").status == 401
    assert ended.wait(5), "its stream runs on"

    def told() -> Data | None:
        did = company.administrator.ask("what_it_did", key=leaked["id"], since=began)
        return did if did["calls"] == calls + 1 else None
    did = wait_for(told, 20, "all its calls")
    assert did["models"] == [MODEL]
    assert did["output_tokens"] >= calls * USAGE["completion_tokens"]
    assert {"api_key.created", "api_key.deleted"} <= set(did["audit"])


# The quarter's report, on a server whose clock runs over two quarters.

STOPS = ["2026-06-30 23:59:20", "2026-07-01 00:00:10", "2026-08-15 12:00:00",
         "2026-09-30 23:58:00", "2026-10-01 00:00:20"]
QUARTER = tuple(int(datetime.datetime(2026, month, 1, tzinfo=datetime.UTC).timestamp())
                for month in (7, 10))


def call_at_each_stop(server: Tollgate, upstream: Upstream, keys: list[str]) -> None:
    clock = server.folder / "clock"
    server.stop()
    plain = dict(server.environment)
    server.environment |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock),
                           "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                           "DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
    for number, stop in enumerate(STOPS):
        at = datetime.datetime.fromisoformat(stop + "+00:00").timestamp()
        clock.write_text(f"{at - time.time():+.0f}")
        if number == 0:
            server.start()
        for index, key in enumerate(keys):
            for _ in range(1 + (index + number) % 3):
                assert server.chat(key, "plain").status == 200
        settle_all(server, upstream)
    server.stop()
    server.environment = plain
    server.start()


def test_a_quarters_costs_by_project_and_person_add_up_to_the_ledger() -> None:
    if not FAKETIME.exists():
        pytest.skip(f"needs {FAKETIME} (scripts/install.sh --tests)")
    upstream = Upstream()
    with Tollgate("walks-quarter") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        admin = server.create_key("admin", "admin")["key"]
        made = ADMINISTRATORS["python"](server, admin).ask("found", projects=PROJECTS, people=[],
                                                           cents=CENTS)
        keys = [server.create_key("mine")["key"],
                *(project["key"] for project in made["projects"].values())]
        call_at_each_stop(server, upstream, keys)
        wanted: Counter[tuple[str, str]] = Counter()
        outside = 0
        for event in server.ledger("SELECT * FROM usage_events"):
            if QUARTER[0] * 1000 <= event["admitted_ms"] < QUARTER[1] * 1000:
                wanted[event["project_id"], event["owner_id"]] += event["charge"]
            else:
                outside += 1
        assert len(wanted) == 4 and outside > 0
        for make in ADMINISTRATORS.values():
            report = make(server, admin).ask("report_costs", start=QUARTER[0], end=QUARTER[1])
            assert {(project, user): nano for project, user, nano in report["rows"]} == wanted
        server.verify()
    upstream.stop()
