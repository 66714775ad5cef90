# SPDX-License-Identifier: Apache-2.0
"""What tests of how people get in share: servers with and without mail, and their owner."""
from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from mail_server import PASSWORD, USERNAME, MailServer, link_in, token_of
from browsing import Browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Answer, Tollgate, new_folder, secret

PUBLIC_URL = "http://console.example.test"
NEW_PASSWORD = secret("violet harbour lantern 8841")
_numbers = itertools.count(1)


def new_email(domain: str = "example.net") -> str:
    return f"person{next(_numbers)}@{domain}"


def mail_flags(server: MailServer) -> tuple[str, ...]:
    return ("--smtp-url", f"smtp://127.0.0.1:{server.port}", "--smtp-username", USERNAME,
            "--smtp-ca-file", str(server.certificate), "--mail-from",
            "Tollgate <tollgate@example.org>")


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    server = MailServer(new_folder("mail-server"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def instance(mail: MailServer) -> Iterator[Tollgate]:
    with Tollgate("entry", environment={"TOLLGATE_SMTP_PASSWORD": PASSWORD},
                  flags=(*mail_flags(mail), "--public-url", PUBLIC_URL)) as server:
        server.init().start()
        yield server


@pytest.fixture(scope="module")
def without_mail() -> Iterator[Tollgate]:
    with Tollgate("entry-without-mail") as server:
        server.init().start()
        yield server


def owner_of(server: Tollgate) -> Browser:
    browser = Browser(server, "Owner's browser")
    answer = browser.sign_in(OWNER_EMAIL, OWNER_PASSWORD)
    assert answer.status == 200, answer
    return browser


@pytest.fixture(scope="module")
def owner(instance: Tollgate) -> Browser:
    return owner_of(instance)


@pytest.fixture
def open_sign_up(instance: Tollgate, owner: Browser) -> None:
    forget_throttles(instance)
    answer = owner.post("instance/sign_up", mode="open")
    assert answer.status == 200, answer


def forget_throttles(server: Tollgate) -> None:
    """As if fifteen minutes had gone by."""
    server.change_database("DELETE FROM sign_in_attempts")


def sign_up(server: Tollgate, mail: MailServer, email: str) -> Browser:
    forget_throttles(server)
    browser = Browser(server)
    answer = browser.post("sign_up", email=email)
    assert answer.status == 202, answer
    token = token_of(link_in(mail.take(email)))
    answer = browser.post("sign_up/finish", token=token, name="New Person", password=NEW_PASSWORD)
    assert answer.status == 201, answer
    return browser


def same(first: Answer, second: Answer) -> bool:
    ignored = {"date"}
    fields = [{name.lower() for name in answer.headers} - ignored for answer in (first, second)]
    return (first.status, first.body, fields[0]) == (second.status, second.body, fields[1])


def invite(server: Tollgate, browser: Browser, address: str, role: str = "reader") -> str:
    forget_throttles(server)
    made = browser.post("invites", email=address, role=role)
    assert made.status == 201 and not made.json["mailed"], made
    return token_of(made.json["link"])
