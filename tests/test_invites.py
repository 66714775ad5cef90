# SPDX-License-Identifier: Apache-2.0
"""Invitations and organizations: what they let people do, and what ends with them."""
from __future__ import annotations

import openai
import pytest

from entry import (
    NEW_PASSWORD,
    forget_throttles,
    instance,
    invite,
    mail,
    new_email,
    open_sign_up,
    owner,
    owner_of,
    sign_up,
    without_mail,
)
from mail_server import MailServer, link_in, token_of
from browsing import Browser
from people import organization_of
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Tollgate, secret

__all__ = ["instance", "mail", "open_sign_up", "owner", "without_mail"]


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
    token = [token_of(link_in(mail.take(address))) for _ in range(2)][-1]
    assert Browser(instance).post("invitation/check", token=token).status == 200
    client.admin_api_keys.delete(key["id"])
    assert Browser(instance).post("invitation/check", token=token).status == 403


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
    key = person.post("keys", name="my first")  # in the default project, which they are in
    assert key.status == 201, key
    secret(key.json["value"])
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
    without_mail.change_database(
        f"UPDATE memberships SET role = 'reader' WHERE user_id = '{user}'")
    assert Browser(without_mail).post("invitation/check", token=token).status == 403
    refused = Browser(without_mail).post("invitation/accept", token=token, name="x",
                                         password=NEW_PASSWORD)
    assert refused.status == 403
    owner.post("instance/sign_up", mode="closed")


def test_who_invites_by_a_custom_role_invites_to_no_more_than_they_have(
        without_mail: Tollgate) -> None:
    owner = owner_of(without_mail)
    organization = organization_of(without_mail, without_mail.create_key("a", "admin")["key"])
    helper = Browser(without_mail)
    helper.post("invitation/accept", token=invite(without_mail, owner, new_email()), name="Helper",
                password=NEW_PASSWORD)
    owner.post("instance/sign_up", mode="invitation")
    user_id = helper.session["user"]["id"]
    project = next(iter(organization.projects.list()))
    other = organization.projects.create(name="not theirs")
    assert helper.post("invites", email=new_email(), role="reader").status == 403
    role = organization.roles.create(role_name="recruiter", permissions=["api.invites.write"])
    organization.users.roles.create(user_id, role_id=role.id)
    forget_throttles(without_mail)
    for body, field in (({"role": "owner"}, "role"),
                        ({"projects": [{"id": project.id, "role": "owner"}]}, "projects"),
                        ({"projects": [{"id": other.id, "role": "member"}]}, "projects")):
        wanted = {"email": new_email(), "role": "reader", **body}
        refused = helper.request("POST", "invites", wanted)
        assert refused.status == 403 and refused.error["param"] == field, (body, refused)
    good, late = (invite(without_mail, helper, new_email()) for _ in range(2))
    accepted = Browser(without_mail).post("invitation/accept", token=good, name="x",
                                          password=NEW_PASSWORD)
    assert accepted.status == 201, accepted
    organization.users.roles.delete(role.id, user_id=user_id)
    for path, body in (("check", {}), ("accept", {"name": "x", "password": NEW_PASSWORD})):
        refused = Browser(without_mail).request("POST", f"invitation/{path}",
                                                {"token": late, **body})
        assert refused.status == 403 and "may not invite" in refused.error["message"]
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
        for table, ms in (("invites", 604_800_000), ("entry_tokens", 3_600_000)):
            server.change_database(f"UPDATE {table} SET expires_unix_ms = expires_unix_ms - {ms}")
        server.start()
        browser = Browser(server)
        assert browser.post("invitation/check", token=token).status == 403
        assert browser.post("password/check", token=reset).status == 403
        assert browser.post("password/reset", token=reset, password=NEW_PASSWORD).status == 403
        assert owner.get("invites").json["data"][0]["status"] == "expired"


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
    everything = owner.get("instance/organizations?limit=100").json["data"]
    listed = {each["id"]: each for each in everything}
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
    assert "tollgate.organization.deleted" in actions and "user.added" in actions
    assert not instance.ledger("SELECT 1 FROM audit_log WHERE detail LIKE ?", f"%{address}%")


def test_the_operators_last_organization_cannot_be_deleted(without_mail: Tollgate) -> None:
    with Tollgate("last-organization") as server:
        server.init().start()
        owner = owner_of(server)
        organization = owner.session["organization"]
        answer = owner.post(f"organizations/{organization['id']}/delete",
                            name=organization["name"], password=OWNER_PASSWORD)
        assert answer.status == 409 and owner.is_signed_in()
