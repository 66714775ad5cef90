# SPDX-License-Identifier: Apache-2.0
"""Alerts on spending: who is told, of what, by a real mail server, and how often: once."""
from __future__ import annotations

import contextlib
import math
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from browsing import Browser
from entry import PUBLIC_URL, mail, mail_flags, new_email, owner_of
from mail_server import PASSWORD, MailServer
from people import Person
from test_browser import run_in_browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Tollgate, new_folder, secret, wait_for
from upstreams import Upstream, free_port

__all__ = ["mail"]

NANOUSD_PER_CENT = 10_000_000
FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class Spender:
    """A server with a project, and a key of it that spends."""

    def __init__(self, server: Tollgate) -> None:
        self.server = server
        self.project: str = server.operate("create_project", name="Apollo")["id"]
        made = server.operate("create_key", name="spends", kind="project", project_id=self.project)
        self.key = secret(made["value"])
        self.key_id: str = made["id"]
        self.price = 0  # of a call, once one was made

    def spend(self, cents: float) -> None:
        """So much more, or a call's sixth of a cent beyond that, and waits for the ledger."""
        wanted = self.spent() + int(cents * NANOUSD_PER_CENT)
        if self.price == 0:
            self.call()
            self.price = wait_for(self.spent, what="the first call in the ledger")
        for _ in range(math.ceil((wanted - self.spent()) / self.price)):
            self.call()
        wait_for(lambda: self.spent() >= wanted, what="the calls in the ledger")

    def call(self) -> None:
        assert self.server.chat(self.key, "plain", max_tokens=1000).status == 200

    def spent(self) -> int:
        rows = self.server.ledger("SELECT COALESCE(SUM(charge), 0) AS charge FROM usage_events"
                                  " WHERE project_id = ?", self.project)
        return int(rows[0]["charge"])

    def add(self, to: str, usd: str = "0.01", **fields: Any) -> dict[str, Any]:
        return self.server.operate("add_alert", **{"scope": "project", "id": self.project,
                                                   "usd": usd, "recipients": [to], **fields})

    def alert(self, alert_id: str) -> dict[str, Any]:
        listed = self.server.operate("list_alerts", target_id=self.project)["data"]
        return next(each for each in listed if each["id"] == alert_id)


def fill(server: Tollgate, upstream: Upstream) -> Spender:
    server.init().start()
    server.add_provider("upstream", upstream.url)
    return Spender(server)


@contextlib.contextmanager
def with_mail(name: str, mail: MailServer, **options: Any) -> Iterator[Tollgate]:
    with Tollgate(name, environment={"TOLLGATE_SMTP_PASSWORD": PASSWORD},
                  flags=(*mail_flags(mail), "--public-url", PUBLIC_URL), **options) as server:
        yield server


@pytest.fixture(scope="module")
def told(mail: MailServer, upstream: Upstream) -> Iterator[Tollgate]:
    with with_mail("alerts", mail) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        yield server


@pytest.fixture
def spender(told: Tollgate) -> Spender:
    return Spender(told)


def is_told_no_more(spender: Spender, mail: MailServer, address: str) -> None:
    """An alert that is made and told now is looked at behind all others of its project."""
    marker = new_email()
    spender.add(marker, usd="0.00")
    mail.take(marker)
    assert [address] not in mail.recipients


def test_crossing_sends_one_mail_that_says_it_all(spender: Spender, mail: MailServer) -> None:
    first, second = new_email(), new_email()
    alert = spender.add(first, recipients=[first, second], subject_prefix="[spend]")
    spender.spend(0.5)
    assert spender.alert(alert["id"])["last_sent"] is None
    spender.spend(0.6)
    for address in (first, second):
        arrived = mail.take(address)
        assert arrived["To"] == address, "nobody learns who else is told"
        assert arrived["Subject"].startswith('[spend] Project "Apollo" has spent $0.01 in ')
        said = arrived.get_content()
        for words in (spender.project, "at $0.01", "Resets:", "(UTC)", f"{PUBLIC_URL}/usage",
                      f"{PUBLIC_URL}/projects/{spender.project}", alert["id"], "Calls go on"):
            assert words in said, said
    spender.spend(0.5)
    is_told_no_more(spender, mail, first)
    sent = spender.alert(alert["id"])["last_sent"]
    assert sent["threshold_nanousd"] == NANOUSD_PER_CENT <= sent["spent_nanousd"]


def test_raised_threshold_is_told_again_and_lowered_one_at_once(spender: Spender,
                                                                mail: MailServer) -> None:
    address = new_email()
    alert = spender.add(address, usd="0.05")
    spender.spend(1.5)
    spender.server.operate("update_alert", id=alert["id"], usd="0.01")
    mail.take(address)
    spender.server.operate("update_alert", id=alert["id"], usd="0.03")
    is_told_no_more(spender, mail, address)
    spender.spend(2)
    mail.take(address)
    is_told_no_more(spender, mail, address)


def test_removed_alert_tells_nothing(spender: Spender, mail: MailServer) -> None:
    address = new_email()
    alert = spender.add(address)
    assert spender.server.operate("remove_alert", id=alert["id"])["deleted"]
    spender.spend(1.1)
    is_told_no_more(spender, mail, address)


def test_percentages_of_a_limit_go_to_the_owners(spender: Spender, mail: MailServer) -> None:
    server = spender.server
    limit = server.limit("project", spender.project, "0.02", per="month")
    server.operate("add_alert", limit_id=limit["id"], percents=[80, 50])
    spender.spend(1.1)
    arrived = mail.take(OWNER_EMAIL)
    assert "50% of its limit of $0.02 per month" in arrived["Subject"]
    server.limit("project", spender.project, "0.0125", per="month")
    arrived = mail.take(OWNER_EMAIL)
    assert "80% of its limit" in arrived["Subject"], "a limit that is lowered is looked at"
    is_told_no_more(spender, mail, OWNER_EMAIL)
    server.operate("remove_limit", id=limit["id"])
    kinds = {alert["kind"] for alert in
             server.operate("list_alerts", target_id=spender.project)["data"]}
    assert kinds == {"spend"}, "it went with its limit"


def test_key_that_is_nearly_used_up_tells_its_owner(told: Tollgate, mail: MailServer) -> None:
    spender = Spender(told)
    limit = told.limit("key", spender.key_id, "0.01")
    told.operate("add_alert", limit_id=limit["id"], percents=[100], recipients=[])
    refused = wait_for(lambda: (answer := told.chat(spender.key, "plain", max_tokens=1000))
                       .status == 429 and answer, 20, "the limit's end")
    assert refused.error["code"] == "key_spend_limit_exceeded"
    told.limit("key", spender.key_id, "0.005")
    arrived = mail.take(OWNER_EMAIL, "100%")
    assert "Key \"spends\"" in arrived["Subject"] and "are refused" in arrived.get_content()


def test_mail_server_that_is_away_gets_it_later_and_calls_go_on(upstream: Upstream) -> None:
    port, address = free_port(), new_email()
    flags = ("--smtp-url", f"smtp://127.0.0.1:{port}", "--smtp-tls", "none",
             "--mail-from", "tollgate@example.org")
    with Tollgate("alerts-away", flags=flags) as server:
        spender = fill(server, upstream)
        spender.add(address)
        spender.spend(1.1)
        wait_for(lambda: server.ledger("SELECT 1 FROM outbox WHERE attempts > 0"), 15, "a try")
        assert server.chat(spender.key, "plain").status == 200
        late = MailServer(new_folder("late-mail-server"), starttls=False, authentication=False,
                          port=port)
        try:
            late.take(address)
        finally:
            late.stop()


def test_neither_kill_nor_restart_tells_twice_or_never(upstream: Upstream,
                                                       mail: MailServer) -> None:
    address, marker = new_email(), new_email()
    with with_mail("alerts-killed", mail) as server:
        spender = fill(server, upstream)
        spender.add(address)
        spender.spend(0.8)
        # Settled, and perhaps in the ledger, and perhaps told: whatever the kill finds.
        for _ in range(2):
            assert server.chat(spender.key, "plain", max_tokens=1000).status == 200
        server.kill()
        server.start()
        mail.take(address)
        # A mail that the server took in the moment of a kill comes again, by the same Message-ID.
        wait_for(lambda: not server.ledger("SELECT 1 FROM outbox"), what="the mail's end")
        server.kill()
        # Without a mail server's address the command looks at nothing; the start does.
        assert server.run("alerts", "add", "--project", spender.project, "--usd", "0.01", "--to",
                          marker).returncode == 0
        server.start()
        mail.take(marker)
        assert [address] not in mail.recipients


def test_next_month_is_told_again(upstream: Upstream) -> None:
    if not FAKETIME.exists():
        pytest.skip(f"needs {FAKETIME} (scripts/install.sh --tests)")
    mail = MailServer(new_folder("monthly-mail-server"), starttls=False, authentication=False)
    flags = ("--smtp-url", f"smtp://127.0.0.1:{mail.port}", "--smtp-tls", "none",
             "--mail-from", "tollgate@example.org")
    with Tollgate("alerts-monthly", flags=flags) as server:
        offset = server.folder / "offset"
        offset.write_text("+0")
        server.init()
        server.environment |= {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1"}
        server.start()
        server.add_provider("upstream", upstream.url)
        spender = Spender(server)
        address = new_email()
        alert = spender.add(address)
        spender.spend(1.1)
        first = mail.take(address)["Subject"]
        offset.write_text("+32d")
        spender.spend(0.5)
        assert spender.alert(alert["id"])["spent_nanousd"] < NANOUSD_PER_CENT, "a new month"
        is_told_no_more(spender, mail, address)
        spender.spend(0.6)
        second = mail.take(address)["Subject"]
        assert first != second, "the month stands in it"
        is_told_no_more(spender, mail, address)
    mail.stop()


def test_without_a_mail_server_it_is_said_and_told_once_there_is_one(
        upstream: Upstream, mail: MailServer) -> None:
    address = new_email()
    with with_mail("alerts-no-mail", mail) as server:
        flags, server.flags = server.flags, ()
        spender = fill(server, upstream)
        spender.add(address)
        spender.spend(1.1)
        assert server.operate("list_alerts")["mail_is_configured"] is False
        server.stop()
        server.flags = flags
        server.start()
        mail.take(address)


@pytest.mark.parametrize(("fields", "param"), [
    ({"usd": "-1"}, "usd"), ({"usd": "0.001"}, "usd"), ({"usd": "99999999999"}, "usd"),
    ({"usd": 5}, "usd"), ({"usd": None}, "usd"), ({"scope": "key"}, "scope"),
    ({"scope": "galaxy"}, "scope"), ({"id": "proj_unknown"}, "id"),
    ({"recipients": []}, "recipients"), ({"recipients": ["x"]}, "recipients"),
    ({"recipients": [f"a{n}@b.example" for n in range(21)]}, "recipients"),
    ({"recipients": ["a@b.example", "A@B.example"]}, "recipients"),
    ({"recipients": ["a@b.example\r\nBcc: c@d.example"]}, "recipients"),
    ({"subject_prefix": "see https://x.example"}, "subject_prefix"),
    ({"subject_prefix": "two\nlines"}, "subject_prefix"), ({"percents": [50]}, "percents"),
    ({"limit_id": "limit_1"}, "scope"), ({"currency": "EUR"}, "currency")])
def test_alert_that_makes_no_sense_names_the_field(told: Tollgate, owner: Browser,
                                                   project: str, fields: dict[str, Any],
                                                   param: str) -> None:
    body = {"scope": "project", "id": project, "usd": "1", "recipients": ["a@b.example"], **fields}
    answer = owner.request("POST", "alerts", body)
    assert answer.status in (400, 404) and answer.error["param"] == param, answer


@pytest.fixture(scope="module")
def owner(told: Tollgate) -> Browser:
    return owner_of(told)


@pytest.fixture(scope="module")
def project(told: Tollgate) -> str:
    return told.operate("create_project", name="Gemini")["id"]


@pytest.mark.parametrize("percents", [[], [0], [101], [50, 50], ["50"], [1.5], 50,
                                      list(range(1, 12))])
def test_percentages_that_make_no_sense(told: Tollgate, owner: Browser, project: str,
                                        percents: Any) -> None:
    limit = told.limit("project", project, "5", per="month")
    answer = owner.request("POST", "alerts", {"limit_id": limit["id"], "percents": percents})
    assert answer.status == 400 and answer.error["param"] == "percents", answer


@pytest.mark.parametrize("rule", [
    {"tokens": 5, "per": "day"}, {"usd": "5", "per": "hour"},
    {"usd": "5", "per": "month", "window": "rate"}])
def test_limits_that_nobody_can_be_told_of(told: Tollgate, owner: Browser, project: str,
                                           rule: dict[str, Any]) -> None:
    limit = told.operate("set_limit", scope="project", id=project, **rule)
    answer = owner.request("POST", "alerts", {"limit_id": limit["id"], "percents": [50]})
    assert answer.status == 400 and answer.error["param"] == "limit_id", answer


def test_member_is_told_of_their_own_key_alone(told: Tollgate, owner: Browser) -> None:
    ada = Person(told, "ada", role="reader").sign_in()
    project = told.json("projects", "list")["data"][0]["id"]
    made = ada.ask("POST", "/v1/tollgate/keys", {"name": "theirs"})
    secret(made.json["value"])
    limits = {"own": told.limit("key", made.json["id"], "5"),
              "project": told.limit("project", project, "5")}
    alerts = "/v1/tollgate/alerts"
    own = {"limit_id": limits["own"]["id"], "percents": [80]}
    assert ada.ask("POST", alerts, {**own, "recipients": ["x@y.example"]}).status == 403
    mine = ada.ask("POST", alerts, own)
    assert mine.status == 201, mine
    others = {"limit_id": limits["project"]["id"], "percents": [80]}
    assert ada.ask("POST", alerts, others).status == 403
    theirs = owner.request("POST", "alerts", others).json
    listed = ada.ask("GET", alerts).json["data"]
    assert [alert["id"] for alert in listed] == [mine.json["id"]]
    assert ada.ask("DELETE", f"{alerts}/{theirs['id']}").status == 403
    assert ada.ask("DELETE", f"{alerts}/{mine.json['id']}").status == 200


def test_command_line_adds_changes_lists_and_removes(told: Tollgate, project: str) -> None:
    made = told.json("alerts", "add", "--project", project, "--usd", "100", "--to",
                     "a@b.example,c@d.example", "--subject-prefix", "[x]")
    assert made["recipients"] == ["a@b.example", "c@d.example"]
    changed = told.json("alerts", "change", made["id"], "--usd", "250.50", "--subject-prefix",
                        "none")
    assert (changed["amount_nanousd"], changed["subject_prefix"]) == (250_500_000_000, None)
    shown = told.run("alerts", "list", "--target", project).stdout
    assert made["id"] in shown and "at $250.50 per month" in shown and "never" in shown, shown
    limit = told.limit("project", project, "9", per="day", time_zone="Europe/Berlin")
    of_limit = told.run("alerts", "add", "--limit", limit["id"], "--percent", "80,50").stdout
    assert "at 50, 80% of $9.00 per day in Europe/Berlin, to the owners" in of_limit, of_limit
    removed = told.run("alerts", "remove", made["id"])
    assert removed.returncode == 0 and "is removed" in removed.stdout
    done = told.run("alerts", "remove", made["id"])
    assert done.returncode == 1 and "There is no alert" in done.stderr


def test_alerts_in_a_browser(upstream: Upstream, mail: MailServer) -> None:
    with with_mail("alerts-browser", mail) as server:
        spender = fill(server, upstream)
        spender.spend(1.1)
        server.limit("key", spender.key_id, "5")
        run_in_browser(server, "alerts.test.mjs", {
            "TOLLGATE_EMAIL": OWNER_EMAIL, "TOLLGATE_PASSWORD": OWNER_PASSWORD,
            "TOLLGATE_PROJECT": spender.project, "TOLLGATE_KEY_NAME": "spends"},
            answers_least=10)
        assert mail.take("cfo@example.org")["Subject"].startswith("[spend] Project")
        assert server.stop() == 0
