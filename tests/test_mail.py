# SPDX-License-Identifier: Apache-2.0
"""Mail goes to a real SMTP server, or to none."""
from __future__ import annotations

import pytest

from entry import PUBLIC_URL, instance, mail, mail_flags, new_email, owner, without_mail
from entry import forget_throttles
from mail_server import PASSWORD, USERNAME, MailServer, link_in, token_of
from browsing import Browser
from tollgate import Tollgate, new_folder, wait_for

__all__ = ["instance", "mail", "owner", "without_mail"]


def test_mail_arrives_over_starttls_signed_in_and_says_what_it_should(
        instance: Tollgate, owner: Browser, mail: MailServer) -> None:
    forget_throttles(instance)
    address = new_email()
    made = owner.post("invites", email=address, role="reader")
    assert made.status == 201 and made.json["mailed"] and made.json["link"] is None, made
    arrived = mail.take(address)
    assert all(mail.over_tls), "sent in clear"
    assert arrived["From"] == "Tollgate <tollgate@example.org>" and arrived["Message-ID"]
    assert arrived["To"] == address and arrived.get_content_type() == "text/plain"
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
