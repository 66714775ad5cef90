# SPDX-License-Identifier: Apache-2.0
"""How people get in, attacked: sign-up, passwords, sessions, with mail that arrives at a real SMTP
server. Tests are named after what must hold."""
from __future__ import annotations

import concurrent.futures
import os
import statistics
import time

import pytest

from entry import (
    NEW_PASSWORD,
    PUBLIC_URL,
    forget_throttles,
    instance,
    invite,
    mail,
    new_email,
    open_sign_up,
    owner,
    owner_of,
    same,
    sign_up,
    without_mail,
)
from mail_server import MailServer, link_in, token_of
from browsing import Browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Tollgate, secret

__all__ = ["instance", "mail", "open_sign_up", "owner", "without_mail"]


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
    address, other = new_email(), new_email()
    statuses = [Browser(instance).post("sign_up", email=email).status
                for email in [*[address] * 19, other, address]]
    assert statuses == [202] * 20 + [429]
    links = [link_in(mail.take(address)) for _ in range(3)]
    mail.take(other)  # all that came before it has been looked at by now
    assert [address] not in mail.recipients
    # The newest one opens, whichever came in last, and what was not mailed voids none.
    opening = [Browser(instance).post("sign_up/check", token=token_of(link)).status
               for link in links]
    assert sorted(opening) == [200, 403, 403]


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
    answer = owner.post("password", current_password=huge, new_password="x")
    assert (answer.status, answer.error["param"]) == (400, "current_password")


# Timing: on a machine that does other things as well, it proves little. `./dev proof` asks for it.

timing = pytest.mark.skipif("TOLLGATE_TIMING" not in os.environ,
                            reason="TOLLGATE_TIMING is not set")


def medians(first, second, rounds: int) -> tuple[float, float]:
    """Of two acts in turns, so that what else the machine does meets both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for act, taken in zip((first, second), times):
            began = time.perf_counter()
            act()
            taken.append(time.perf_counter() - began)
    known, unknown = statistics.median(times[0]), statistics.median(times[1])
    print(f"medians of {rounds}: {known * 1000:.1f} ms for a known address, "
          f"{unknown * 1000:.1f} ms for an unknown one")
    return known, unknown


@timing
def test_sign_in_takes_as_long_for_who_does_not_exist(instance: Tollgate) -> None:
    forget_throttles(instance)

    def attempt(email: str) -> None:
        assert Browser(instance).sign_in(email, "not the right one").status == 401
    # A hash that is left out would take off nearly all of the time.
    known, unknown = medians(lambda: attempt(OWNER_EMAIL), lambda: attempt("nobody@example.net"), 9)
    forget_throttles(instance)
    assert abs(known - unknown) < 0.4 * max(known, unknown), (known, unknown)


@timing
def test_forgot_password_takes_as_long_for_who_does_not_exist(
        instance: Tollgate, mail: MailServer, open_sign_up: None) -> None:
    address = new_email()
    sign_up(instance, mail, address)

    def ask(email: str) -> None:
        forget_throttles(instance)
        assert Browser(instance).post("password/forgot", email=email).status == 202
    known, unknown = medians(lambda: ask(address), lambda: ask(new_email()), 25)
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
