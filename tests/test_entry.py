# SPDX-License-Identifier: Apache-2.0
"""How people get in, attacked: sign-up, invitations, passwords, sessions, with mail that arrives at a
real SMTP server. Tests are named after what must hold."""
from __future__ import annotations

import concurrent.futures
import itertools
import sqlite3
import statistics
import time
from collections.abc import Iterator

import openai
import pytest

from mail_server import PASSWORD, USERNAME, MailServer, link_in, token_of
from people import Browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Answer, Tollgate, new_folder, secret, wait_for

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


def change_database(server: Tollgate, sql: str) -> None:
    database = sqlite3.connect(server.data / "tollgate.db", timeout=10)
    try:
        with database:
            database.execute(sql)
    finally:
        database.close()


def forget_throttles(server: Tollgate) -> None:
    """As if fifteen minutes had gone by."""
    change_database(server, "DELETE FROM sign_in_attempts")


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


# Mail.

def test_mail_arrives_over_starttls_signed_in_and_says_what_it_should(
        instance: Tollgate, owner: Browser, mail: MailServer) -> None:
    forget_throttles(instance)
    address = new_email()
    made = owner.post("invites", email=address, role="reader")
    assert made.status == 201 and made.json["mailed"] and made.json["link"] is None, made
    arrived = mail.take(address)
    assert all(mail.over_tls), "sent in clear"
    assert arrived["From"] == "Tollgate <tollgate@example.org>" and arrived["Message-ID"]
    assert arrived["To"] == f"<{address}>" and arrived.get_content_type() == "text/plain"
    assert link_in(arrived).startswith(f"{PUBLIC_URL}/accept-invitation#token=")


@pytest.mark.parametrize("names", ["IP:127.0.0.1", "DNS:elsewhere.example"])
def test_a_mail_server_with_a_wrong_certificate_gets_nothing(names: str) -> None:
    folder = new_folder("wrong-mail-server")
    server = MailServer(folder, names=names)
    flags = list(mail_flags(server))
    if names.startswith("IP"):  # then it is nobody's that we know
        del flags[flags.index("--smtp-ca-file"):flags.index("--smtp-ca-file") + 2]
    with Tollgate("wrong-certificate", environment={"TOLLGATE_SMTP_PASSWORD": PASSWORD},
                  flags=tuple(flags)) as tollgate:
        tollgate.init().start()
        tollgate.operate("create_invite", email="a@example.org", role="reader")
        wait_for(lambda: tollgate.ledger("SELECT 1 FROM outbox WHERE last_error <> ''"), 15)
        said = tollgate.ledger("SELECT last_error FROM outbox")[0]["last_error"]
        assert "certificate" in said and not server.mails
        doctor = tollgate.operate("doctor", listen="")
        check = next(check for check in doctor["checks"] if check["name"] == "mail")
        assert not check["ok"] and "certificate" in check["message"]
    server.stop()


def test_a_mail_server_without_starttls_gets_neither_mail_nor_password() -> None:
    server = MailServer(new_folder("plain-mail-server"), starttls=False)
    flags = ("--smtp-url", f"smtp://127.0.0.1:{server.port}", "--smtp-username", USERNAME,
             "--mail-from", "tollgate@example.org")
    with Tollgate("no-starttls", environment={"TOLLGATE_SMTP_PASSWORD": PASSWORD},
                  flags=flags) as tollgate:
        tollgate.init().start()
        tollgate.operate("create_invite", email="a@example.org", role="reader")
        wait_for(lambda: tollgate.ledger("SELECT 1 FROM outbox WHERE last_error <> ''"), 15)
        assert not server.mails
        tollgate.stop()
        refused = tollgate.run("invites", "list", environment={
            "TOLLGATE_SMTP_TLS": "none", "TOLLGATE_SMTP_URL": flags[1],
            "TOLLGATE_SMTP_USERNAME": USERNAME, "TOLLGATE_MAIL_FROM": "tollgate@example.org"})
        assert refused.returncode != 0 and "in clear" in refused.stderr
    server.stop()


def test_a_mail_that_is_refused_for_good_is_erased_and_one_that_waits_survives_a_restart(
        mail: MailServer) -> None:
    with Tollgate("outbox", environment={"TOLLGATE_SMTP_PASSWORD": PASSWORD},
                  flags=mail_flags(mail)) as tollgate:
        tollgate.init()
        waiting = new_email()
        # The server is not running: what the command queues is sent once it is.
        tollgate.run("invites", "create", waiting, environment={
            "TOLLGATE_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "TOLLGATE_SMTP_USERNAME": USERNAME, "TOLLGATE_MAIL_FROM": "tollgate@example.org"})
        sealed = tollgate.ledger("SELECT sealed FROM outbox")[0]["sealed"]
        assert sealed.startswith("v1:") and waiting not in sealed
        tollgate.start()
        token_of(link_in(mail.take(waiting)))
        wait_for(lambda: not tollgate.ledger("SELECT 1 FROM outbox"), 15)
        mail.refuse_with = "550 no such person"
        try:
            tollgate.operate("create_invite", email=new_email(), role="reader")
            wait_for(lambda: tollgate.ledger("SELECT 1 FROM outbox WHERE given_up_unix_ms > 0"), 15)
        finally:
            mail.refuse_with = None
        assert tollgate.ledger("SELECT sealed FROM outbox")[0]["sealed"] == ""


def test_doctor_says_whether_mail_works(instance: Tollgate, without_mail: Tollgate) -> None:
    for server, words in ((instance, PUBLIC_URL), (without_mail, "None is configured")):
        checks = {check["name"]: check for check in server.operate("doctor", listen="")["checks"]}
        assert checks["mail"]["ok"] and words in checks["mail"]["message"]


@pytest.mark.parametrize(("flags", "words"), [
    (("--smtp-url", "ftp://x"), "smtp_url"),
    (("--smtp-url", "smtp://user:password@x:25"), "smtp_url"),
    (("--smtp-url", "smtp://127.0.0.1:25"), "mail_from"),
    (("--smtp-url", "smtp://127.0.0.1:25", "--mail-from", "nobody"), "mail_from"),
    (("--smtp-url", "smtp://127.0.0.1:25", "--mail-from", "a@b.c", "--smtp-username", "x"),
     "smtp_username"),
    (("--smtp-tls", "maybe"), "smtp_tls"),
])
def test_mail_that_cannot_work_is_refused_at_start(flags: tuple[str, ...], words: str) -> None:
    with Tollgate("bad-mail") as tollgate:
        done = tollgate.run("serve", "--listen", "127.0.0.1:0", *flags)
        assert done.returncode == 2 and words in done.stderr, done


# Sign-up.

def test_sign_up_is_closed_at_first_and_cannot_be_opened_without_mail(
        without_mail: Tollgate) -> None:
    owner = owner_of(without_mail)
    assert Browser(without_mail).get("sign_up").json["mode"] == "closed"
    assert Browser(without_mail).post("sign_up", email="a@example.org").status == 403
    for mode in ("open", "domain"):
        assert owner.post("instance/sign_up", mode=mode).status == 409
    assert owner.post("instance/sign_up", mode="invitation").status == 200
    assert owner.post("instance/sign_up", mode="closed").status == 200
    assert owner.post("instance/sign_up", mode="ajar").error["param"] == "mode"
    assert Browser(without_mail).post("password/forgot", email=OWNER_EMAIL).status == 409


def test_a_newcomer_gets_an_organization_of_their_own_and_sees_no_other(
        instance: Tollgate, mail: MailServer, owner: Browser, open_sign_up: None) -> None:
    address = new_email()
    newcomer = sign_up(instance, mail, address)
    session = newcomer.session
    assert session["user"]["email"] == address and not session["user"]["is_operator"]
    assert session["organization"]["role"] == "owner" and len(session["organizations"]) == 1
    assert [project["is_default"] for project in session["projects"]] == [True]
    theirs = owner.session["organization"]["id"]
    assert session["organization"]["id"] != theirs
    assert newcomer.post("session/organization", id=theirs).status == 404
    assert newcomer.get(f"organizations/{theirs}").status == 404
    assert newcomer.post(f"organizations/{theirs}", name="Taken").status == 404
    assert newcomer.post(f"organizations/{theirs}/delete", name="x", password="x").status == 404
    for path in ("instance/organizations", "instance/sign_up", "providers"):
        assert newcomer.get(path).status == 403, path
    invite = owner.post("invites", email=new_email(), role="reader").json
    assert newcomer.delete(f"invites/{invite['id']}").status == 404
    assert newcomer.get("invites").json["data"] == []


def test_nothing_works_before_the_address_is_verified(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address, browser = new_email(), Browser(instance)
    assert browser.post("sign_up", email=address).status == 202
    assert browser.sign_in(address, NEW_PASSWORD).status == 401
    link = link_in(mail.take(address))
    assert link.startswith(f"{PUBLIC_URL}/verify-email#token=")
    assert browser.post("sign_up/check", token=token_of(link)).json["email"] == address
    assert browser.sign_in(address, NEW_PASSWORD).status == 401
    assert instance.ledger("SELECT 1 FROM users WHERE email = ?", address) == []


def test_taken_address_gets_the_same_answer_and_its_owner_is_told(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    fresh = Browser(instance).post("sign_up", email=new_email())
    taken = Browser(instance).post("sign_up", email=OWNER_EMAIL.upper())
    assert same(fresh, taken) and fresh.status == 202
    told = mail.take(OWNER_EMAIL, "already")
    assert "#token=" not in told.get_content()


def test_forgot_password_answers_the_same_for_everybody(
        instance: Tollgate, mail: MailServer) -> None:
    forget_throttles(instance)
    known = Browser(instance).post("password/forgot", email=OWNER_EMAIL)
    unknown = Browser(instance).post("password/forgot", email=new_email())
    assert same(known, unknown) and known.status == 202
    token_of(link_in(mail.take(OWNER_EMAIL, "new password")))


def test_sign_up_by_domain_takes_that_domain_alone_and_into_one_organization(
        instance: Tollgate, mail: MailServer, owner: Browser) -> None:
    organization = owner.session["organization"]["id"]
    answer = owner.post("instance/sign_up", mode="domain", organization_id=organization,
                        domains=["corp.example"])
    assert answer.status == 200, answer
    try:
        assert Browser(instance).post("sign_up", email=new_email()).status == 403
        assert Browser(instance).post("sign_up", email="a@corp.example.evil.test").status == 403
        session = sign_up(instance, mail, new_email("corp.example")).session
        assert session["organization"] | {"name": ""} == {"id": organization, "name": "",
                                                          "role": "reader"}
        read = owner.get("instance/sign_up").json
        assert owner.request("POST", "instance/sign_up", read).json == read
    finally:
        owner.post("instance/sign_up", mode="closed")


def test_a_sign_up_link_works_once_even_for_fifty_at_once(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    Browser(instance).post("sign_up", email=address)
    token = token_of(link_in(mail.take(address)))

    def use(_: int) -> int:
        return Browser(instance).post("sign_up/finish", token=token, name="x",
                                      password=NEW_PASSWORD).status
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(use, range(10)))
    assert statuses.count(201) == 1 and set(statuses) <= {201, 403, 409, 429}, statuses


@pytest.mark.parametrize("address", [
    "a@example.org\r\nBcc: eve@evil.test", "a@example.org\n", "a\0@example.org",
    "a@example.org,eve@evil.test", "a@example.org eve@evil.test", '"a b"@example.org',
    "a\uff20example.org", "adm\u0131n@example.org", "<a@example.org>", "a@@example.org", ""])
def test_an_address_that_could_inject_or_imitate_is_refused(
        instance: Tollgate, owner: Browser, open_sign_up: None, address: str) -> None:
    for answer in (Browser(instance).post("sign_up", email=address),
                   Browser(instance).post("password/forgot", email=address),
                   owner.post("invites", email=address, role="reader")):
        assert (answer.status, answer.error["param"]) == (400, "email"), answer


def test_host_header_does_not_steer_links(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    answer = Browser(instance).request("POST", "password/forgot", {"email": OWNER_EMAIL},
                                       {"Host": "evil.test", "X-Forwarded-Host": "evil.test"})
    assert answer.status == 202
    assert link_in(mail.take(OWNER_EMAIL, "new password")).startswith(PUBLIC_URL)
    Browser(instance).request("POST", "sign_up", {"email": address}, {"Host": "evil.test"})
    assert link_in(mail.take(address)).startswith(PUBLIC_URL)


def test_nobody_can_flood_a_mailbox_or_have_mail_without_end(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    statuses = [Browser(instance).post("sign_up", email=address).status for _ in range(21)]
    assert statuses == [202] * 20 + [429]
    links = [link_in(mail.take(address)) for _ in range(3)]
    forget_throttles(instance)
    other = new_email()
    Browser(instance).post("sign_up", email=other)
    mail.take(other)  # all that came before it has been sent by now
    assert [address] not in mail.recipients
    for old in links[:2]:
        assert Browser(instance).post("sign_up/check", token=token_of(old)).status == 403
    assert Browser(instance).post("sign_up/check", token=token_of(links[2])).status == 200


# Invitations.

def test_invites_of_the_admin_api_do_what_openai_says(
        instance: Tollgate, mail: MailServer, owner: Browser) -> None:
    forget_throttles(instance)
    key = owner.post("keys", name="admin", kind="admin").json
    client = openai.OpenAI(admin_api_key=secret(key["value"]), base_url=instance.url,
                           max_retries=0, timeout=30).admin.organization
    address = new_email()
    made = client.invites.create(email=address, role="reader")
    assert (made.object, made.status, made.email) == ("organization.invite", "pending", address)
    assert made.expires_at == made.created_at + 7 * 86400 and made.accepted_at is None
    assert [project.role for project in made.projects] == ["member"]
    assert client.invites.retrieve(made.id) == made
    assert made.id in [invite.id for invite in client.invites.list(limit=1)]
    token = token_of(link_in(mail.take(address)))
    assert client.invites.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.invites.retrieve(made.id)
    assert Browser(instance).post("invitation/check", token=token).status == 403
    project = client.projects.create(name="Apollo")
    both = client.invites.create(email=address, role="owner",
                                 projects=[{"id": project.id, "role": "owner"}])
    assert [(each.id, each.role) for each in both.projects] == [(project.id, "owner")]
    none = client.invites.create(email=address, role="reader", projects=[])
    assert none.projects == []
    with pytest.raises(openai.NotFoundError):
        client.invites.retrieve(both.id)
    with pytest.raises(openai.ConflictError):
        client.invites.create(email=OWNER_EMAIL, role="reader")
    for role, projects in (("admin", []), ("reader", [{"id": project.id, "role": "king"}]),
                           ("reader", [{"id": project.id}]), ("reader", "all"),
                           ("reader", [{"id": project.id, "role": "member"}] * 2)):
        with pytest.raises(openai.BadRequestError):
            client.invites.create(email=address, role=role, projects=projects)
    with pytest.raises(openai.NotFoundError):
        client.invites.create(email=address, role="reader",
                              projects=[{"id": "proj_unknown", "role": "member"}])
    # The invitation dies with the key that made it.
    mail.take(address), mail.take(address)
    token = token_of(link_in(mail.take(address))) if mail.recipients.count([address]) else None
    client.admin_api_keys.delete(key["id"])
    if token:
        assert Browser(instance).post("invitation/check", token=token).status == 403


def invite(server: Tollgate, browser: Browser, address: str, role: str = "reader") -> str:
    forget_throttles(server)
    made = browser.post("invites", email=address, role=role)
    assert made.status == 201 and not made.json["mailed"], made
    return token_of(made.json["link"])


def test_without_mail_the_link_is_handed_over_once_and_makes_the_account(
        without_mail: Tollgate) -> None:
    owner, address = owner_of(without_mail), new_email()
    token = invite(without_mail, owner, address)
    assert "link" not in owner.get("invites").json["data"][0]
    person = Browser(without_mail)
    for _ in range(3):  # looking, as a mail scanner does, uses nothing up
        shown = person.post("invitation/check", token=token).json
        assert (shown["email"], shown["role"], shown["has_account"]) == (address, "reader", False)
        assert person.server.get("/accept-invitation", None).status == 200
    entered = person.post("invitation/accept", token=token, name="Grace Hopper",
                          password=NEW_PASSWORD)
    assert entered.status == 201 and entered.json["user"]["name"] == "Grace Hopper"
    assert entered.json["organization"]["id"] == owner.session["organization"]["id"]
    assert person.is_signed_in()
    for path, body in (("check", {}), ("accept", {"password": NEW_PASSWORD})):
        assert person.request("POST", f"invitation/{path}", {"token": token, **body}).status == 403
    accepted = next(each for each in owner.get("invites").json["data"] if each["email"] == address)
    assert accepted["status"] == "accepted" and accepted["accepted_at"]
    assert person.post("invites", email=new_email(), role="reader").status == 403


def test_the_command_line_invites_lists_and_withdraws(without_mail: Tollgate) -> None:
    address = new_email()
    made = without_mail.operate("create_invite", email=address, role="owner")
    token = token_of(made["link"])
    listed = without_mail.json("invites", "list")["data"]
    assert made["id"] in [each["id"] for each in listed]
    assert without_mail.json("invites", "delete", made["id"])["deleted"]
    assert Browser(without_mail).post("invitation/check", token=token).status == 403


def test_who_has_an_account_joins_with_the_accounts_password_alone(
        without_mail: Tollgate) -> None:
    owner, address = owner_of(without_mail), new_email()
    person = Browser(without_mail)
    person.post("invitation/accept", token=invite(without_mail, owner, address), name="Grace",
                password=NEW_PASSWORD)
    assert owner.post("organizations", name="Second").status == 201
    second = owner.get("organizations").json["data"][-1]["id"]
    assert owner.post("session/organization", id=second).status == 200
    token = invite(without_mail, owner, address, "owner")
    stranger = Browser(without_mail)
    assert stranger.post("invitation/check", token=token).json["has_account"]
    wrong = stranger.post("invitation/accept", token=token, name="Eve",
                          password="another password 123")
    assert wrong.status == 401 and not stranger.is_signed_in()
    joined = stranger.post("invitation/accept", token=token, password=NEW_PASSWORD)
    assert joined.status == 201 and joined.json["organization"]["id"] == second
    assert {each["id"] for each in joined.json["organizations"]} == {
        second, person.session["organization"]["id"]}
    assert person.session["organization"]["id"] != second, "another session stays where it is"


def test_an_invitation_dies_when_its_inviter_is_demoted_or_leaves(without_mail: Tollgate) -> None:
    owner = owner_of(without_mail)
    helper, address = Browser(without_mail), new_email()
    helper.post("invitation/accept", token=invite(without_mail, owner, address, "owner"),
                name="Helper", password=NEW_PASSWORD)
    owner.post("instance/sign_up", mode="invitation")
    token = invite(without_mail, helper, new_email(), "owner")
    assert Browser(without_mail).post("invitation/check", token=token).status == 200
    user = helper.session["user"]["id"]
    change_database(without_mail,
                    f"UPDATE memberships SET role = 'reader' WHERE user_id = '{user}'")
    assert Browser(without_mail).post("invitation/check", token=token).status == 403
    refused = Browser(without_mail).post("invitation/accept", token=token, name="x",
                                         password=NEW_PASSWORD)
    assert refused.status == 403
    owner.post("instance/sign_up", mode="closed")


def test_where_sign_up_is_closed_only_the_operators_invitation_makes_accounts(
        without_mail: Tollgate) -> None:
    owner = owner_of(without_mail)
    helper = Browser(without_mail)
    helper.post("invitation/accept", token=invite(without_mail, owner, new_email(), "owner"),
                name="Helper", password=NEW_PASSWORD)
    token = invite(without_mail, helper, new_email())
    body = {"token": token, "name": "x", "password": NEW_PASSWORD}
    assert Browser(without_mail).request("POST", "invitation/accept", body).status == 403
    owner.post("instance/sign_up", mode="invitation")
    assert Browser(without_mail).request("POST", "invitation/accept", body).status == 201
    owner.post("instance/sign_up", mode="closed")


def test_expired_links_are_dead(instance: Tollgate, mail: MailServer) -> None:
    with Tollgate("expired") as server:
        server.init().start()
        owner = owner_of(server)
        token = invite(server, owner, "grace@example.org")
        reset = token_of(server.operate("create_reset_link", email=OWNER_EMAIL)["url"])
        server.stop()
        change_database(server, "UPDATE invites SET expires_unix_ms = expires_unix_ms - 604800000")
        change_database(server,
                        "UPDATE entry_tokens SET expires_unix_ms = expires_unix_ms - 3600000")
        server.start()
        browser = Browser(server)
        assert browser.post("invitation/check", token=token).status == 403
        assert browser.post("password/check", token=reset).status == 403
        assert browser.post("password/reset", token=reset, password=NEW_PASSWORD).status == 403
        assert owner.get("invites").json["data"][0]["status"] == "expired"


# Passwords.

def test_reset_ends_sessions_voids_older_links_and_works_once(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    signed_in = sign_up(instance, mail, address)
    stranger = Browser(instance)
    links = []
    for _ in range(2):
        stranger.post("password/forgot", email=address.upper())
        links.append(token_of(link_in(mail.take(address))))
    wanted = secret("copper meadow window 2207")
    assert stranger.post("password/reset", token=links[0], password=wanted).status == 403
    assert stranger.post("password/check", token=links[1]).json["email"] == address
    weak = stranger.post("password/reset", token=links[1], password="password1234")
    assert (weak.status, weak.error["param"]) == (400, "password")
    assert stranger.post("password/reset", token=links[1], password=wanted).status == 200
    assert stranger.post("password/reset", token=links[1], password=wanted).status == 403
    assert not signed_in.is_signed_in() and not stranger.is_signed_in()
    assert stranger.sign_in(address, NEW_PASSWORD).status == 401
    assert stranger.sign_in(address, wanted).status == 200
    mail.take(address, "was changed")


def test_an_operator_helps_who_forgot_where_there_is_no_mail(without_mail: Tollgate) -> None:
    owner, address = owner_of(without_mail), new_email()
    Browser(without_mail).post("invitation/accept", token=invite(without_mail, owner, address),
                               name="Grace", password=NEW_PASSWORD)
    token = token_of(without_mail.operate("create_reset_link", email=address)["url"])
    wanted = secret("copper meadow window 2208")
    browser = Browser(without_mail)
    assert browser.post("password/reset", token=token, password=wanted).status == 200
    assert browser.sign_in(address, wanted).status == 200


def test_change_needs_the_current_password_ends_other_sessions_and_rotates_the_own(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    browser = sign_up(instance, mail, address)
    other = Browser(instance)
    assert other.sign_in(address, NEW_PASSWORD).status == 200
    thief, wanted = browser.copy(), secret("copper meadow window 2209")
    wrong = browser.post("password", current_password="not the right one", new_password=wanted)
    assert (wrong.status, wrong.error["param"]) == (403, "current_password")
    for weak in ("short", "New Person's organization", "tollgate forever", "password1234"):
        refused = browser.post("password", current_password=NEW_PASSWORD, new_password=weak)
        assert (refused.status, refused.error["param"]) == (400, "new_password"), weak
    changed = browser.post("password", current_password=NEW_PASSWORD, new_password=wanted)
    assert changed.status == 200, changed
    assert browser.is_signed_in() and browser.get("sessions").json["data"][0]["is_current"]
    assert not other.is_signed_in() and not thief.is_signed_in()
    assert "changed just now" in mail.take(address, "was changed").get_content()
    assert browser.post("profile", name="After the change").status == 200


def test_a_password_of_a_megabyte_is_refused_before_it_is_hashed(
        instance: Tollgate, owner: Browser) -> None:
    huge = "x" * 1_000_000
    answer = Browser(instance).post("session", email=OWNER_EMAIL, password=huge)
    assert (answer.status, answer.error["param"]) == (400, "password")
    answer = owner.post("password", current_password=huge, new_password=huge)
    assert (answer.status, answer.error["param"]) == (400, "current_password")


# Timing.

def medians(first, second, rounds: int) -> tuple[float, float]:
    """Of two acts in turns, so that what else the machine does meets both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for act, taken in zip((first, second), times):
            began = time.perf_counter()
            act()
            taken.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def test_sign_in_takes_as_long_for_who_does_not_exist(instance: Tollgate) -> None:
    forget_throttles(instance)

    def attempt(email: str) -> None:
        assert Browser(instance).sign_in(email, "not the right one").status == 401
    # A hash that is left out would take off nearly all of the time.
    known, unknown = medians(lambda: attempt(OWNER_EMAIL), lambda: attempt("nobody@example.net"), 9)
    forget_throttles(instance)
    assert abs(known - unknown) < 0.4 * max(known, unknown), (known, unknown)


def test_forgot_password_takes_as_long_for_who_does_not_exist(
        instance: Tollgate, mail: MailServer) -> None:
    def ask(email: str) -> None:
        forget_throttles(instance)
        assert Browser(instance).post("password/forgot", email=email).status == 202
    known, unknown = medians(lambda: ask(OWNER_EMAIL), lambda: ask(new_email()), 25)
    for _ in range(25):
        token_of(link_in(mail.take(OWNER_EMAIL, "new password")))
    assert abs(known - unknown) < max(0.4 * max(known, unknown), 0.004), (known, unknown)


# Throttles.

def test_fifty_parallel_guesses_get_ten_tries_and_the_owners_browser_still_enters(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    known = sign_up(instance, mail, address)
    known.delete("session")
    forget_throttles(instance)

    def guess(number: int) -> int:
        return Browser(instance).sign_in(address, f"a wrong password {number}").status
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(guess, range(50)))
    assert statuses.count(401) == 10 and statuses.count(429) == 40, statuses
    refused = Browser(instance).sign_in(address, NEW_PASSWORD)
    wrong = Browser(instance).sign_in(address, "a wrong password")
    assert same(refused, wrong) and refused.status == 429
    forged = Browser(instance)
    forged.cookies["tollgate-device"] = "A" * 43
    assert forged.sign_in(address, NEW_PASSWORD).status == 429
    assert known.sign_in(address, NEW_PASSWORD).status == 200, "the owner is locked out"
    forget_throttles(instance)


def test_forwarded_addresses_are_not_believed(instance: Tollgate) -> None:
    forget_throttles(instance)
    address = new_email()
    for number in range(10):
        answer = Browser(instance).request(
            "POST", "session", {"email": address, "password": "wrong"},
            {"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"})
        assert answer.status == 401
    answer = Browser(instance).request("POST", "session", {"email": address, "password": "wrong"},
                                       {"X-Forwarded-For": "192.0.2.99"})
    assert answer.status == 429
    forget_throttles(instance)


# Sessions.

def test_a_session_that_was_there_before_sign_in_is_not_adopted(instance: Tollgate) -> None:
    browser = Browser(instance)
    browser.cookies = {"tollgate": "A" * 43, "tollgate-device": "B" * 43}
    assert browser.sign_in(OWNER_EMAIL, OWNER_PASSWORD).status == 200
    assert browser.cookies["tollgate"] != "A" * 43
    assert browser.cookies["tollgate-device"] != "B" * 43


def test_people_see_and_end_their_own_sessions_and_nobody_elses(
        instance: Tollgate, mail: MailServer, owner: Browser, open_sign_up: None) -> None:
    address = new_email()
    browser = sign_up(instance, mail, address)
    phone, laptop = Browser(instance, "Phone"), Browser(instance, "Laptop")
    assert [each.sign_in(address, NEW_PASSWORD).status for each in (phone, laptop)] == [200, 200]
    listed = {each["user_agent"]: each for each in browser.get("sessions").json["data"]}
    assert set(listed) == {"Test browser", "Phone", "Laptop"}
    assert listed["Test browser"]["is_current"] and not listed["Phone"]["is_current"]
    assert listed["Phone"]["address"] == "127.0.0.1"
    assert not any(cookie in str(listed) for cookie in phone.cookies.values())
    assert owner.delete(f"sessions/{listed['Phone']['id']}").status == 404
    assert browser.delete(f"sessions/{listed['Phone']['id']}").status == 200
    assert not phone.is_signed_in() and laptop.is_signed_in()
    assert browser.delete("sessions").json["ended"] == 1
    assert not laptop.is_signed_in() and browser.is_signed_in()


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "password"), ("POST", "profile"), ("DELETE", "sessions"),
    ("POST", "session/organization"), ("POST", "organizations"), ("POST", "invites"),
    ("POST", "instance/sign_up"), ("POST", "sign_up"), ("POST", "sign_up/finish"),
    ("POST", "invitation/accept"), ("POST", "password/forgot"), ("POST", "password/reset")])
def test_other_sites_cannot_make_a_browser_do_it(instance: Tollgate, owner: Browser, method: str,
                                                 path: str) -> None:
    body = {"email": new_email()}
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": "null"}):
        assert owner.request(method, path, body, headers).status == 403, headers
    form = owner.request(method, path, b"email=a%40example.org",
                         {"Content-Type": "application/x-www-form-urlencoded"})
    assert form.status == 400, form
    signed_pages = not path.startswith(("sign_up", "invitation", "password/"))
    if signed_pages:
        assert owner.request(method, path, body, {"X-Tollgate-CSRF": "0"}).status == 403
        assert owner.get(path).status != 200 or path in ("profile", "sessions", "organizations",
                                                         "invites", "instance/sign_up")


def test_a_key_is_not_the_person(instance: Tollgate, owner: Browser) -> None:
    key = secret(owner.post("keys", name="admin", kind="admin").json["value"])
    for method, path, body in (("GET", "sessions", None), ("DELETE", "sessions", None),
                               ("POST", "password", {}), ("POST", "organizations", {"name": "x"}),
                               ("GET", "profile", None)):
        assert instance.request(method, f"/v1/tollgate/{path}", body, key).status == 403, path
    assert instance.get("/v1/tollgate/instance/organizations", key).status == 401


# Organizations.

def test_an_organization_is_renamed_switched_to_and_deleted_with_all_that_is_its(
        instance: Tollgate, mail: MailServer, owner: Browser, open_sign_up: None) -> None:
    address = new_email()
    person = sign_up(instance, mail, address)
    first = person.session["organization"]["id"]
    made = person.post("organizations", name="Second")
    assert made.status == 201 and made.json["role"] == "owner"
    thief = person.copy()
    switched = person.post("session/organization", id=made.json["id"])
    assert switched.json["organization"]["name"] == "Second"
    assert not thief.is_signed_in(), "the old token lives on"
    key = secret(person.post("keys", name="doomed").json["value"])
    assert instance.chat(key, "hello").status == 404
    path = f"organizations/{made.json['id']}"
    assert person.post(path, name="Renamed").json["name"] == "Renamed"
    assert person.post(path, name="").status == 200 and person.get(path).json["name"] == "Renamed"
    assert person.post(path, name="x" * 257).status == 400
    for body in ({"name": "Second", "password": NEW_PASSWORD}, {"name": "Renamed"},
                 {"password": NEW_PASSWORD}):
        assert person.request("POST", f"{path}/delete", body).status == 400, body
    assert person.post(f"{path}/delete", name="Renamed", password="wrong").status == 403
    deleted = person.post(f"{path}/delete", name="Renamed", password=NEW_PASSWORD)
    assert deleted.status == 200 and deleted.json["deleted"]
    assert instance.chat(key, "hello").status == 401
    assert person.session["organization"]["id"] == first
    listed = {each["id"]: each for each in owner.get("instance/organizations?limit=100").json["data"]}
    assert listed[made.json["id"]]["deleted_at"] and not listed[first]["deleted_at"]
    assert "Renamed" not in str(listed)


def test_who_belongs_nowhere_any_more_is_erased_and_the_audit_log_stays(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    person = sign_up(instance, mail, address)
    session = person.session
    path = f"organizations/{session['organization']['id']}/delete"
    forget_throttles(instance)
    assert person.post(path, name=session["organization"]["name"],
                       password=NEW_PASSWORD).status == 200
    assert not person.is_signed_in()
    assert Browser(instance).sign_in(address, NEW_PASSWORD).status == 401
    row = instance.ledger("SELECT * FROM users WHERE id = ?", session["user"]["id"])[0]
    assert address not in str(tuple(row)) and row["name"] == "Erased user"
    actions = [row["action"] for row in instance.ledger(
        "SELECT action FROM audit_log WHERE organization_id = ?", session["organization"]["id"])]
    assert "organization.deleted" in actions and "user.added" in actions
    assert not instance.ledger("SELECT 1 FROM audit_log WHERE detail LIKE ?", f"%{address}%")


def test_the_operators_last_organization_cannot_be_deleted(without_mail: Tollgate) -> None:
    with Tollgate("last-organization") as server:
        server.init().start()
        owner = owner_of(server)
        organization = owner.session["organization"]
        answer = owner.post(f"organizations/{organization['id']}/delete",
                            name=organization["name"], password=OWNER_PASSWORD)
        assert answer.status == 409 and owner.is_signed_in()
