# SPDX-License-Identifier: Apache-2.0
"""The console's page of credit, in a real browser: an operator grants and corrects, owners and
members look (tests/browser/credits.test.mjs)."""
from __future__ import annotations

from people import Person
from prepaid import COST, RawUpstream, call, gateway, grant, paid_by, raw
from test_browser import run_in_browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Tollgate

__all__ = ["gateway", "raw"]


def test_credit_in_a_browser(raw: RawUpstream, gateway: Tollgate) -> None:
    first = grant(gateway, "1", "--reason", "a first month")
    key = gateway.create_key("prepaid")["key"]
    call_id = call(raw, gateway, key)
    assert paid_by(gateway, call_id) == {first["id"]: COST}
    owner, member = Person(gateway, "owner"), Person(gateway, "member", "reader")
    run_in_browser(gateway, "credits.test.mjs", {
        "TOLLGATE_EMAIL": OWNER_EMAIL, "TOLLGATE_PASSWORD": OWNER_PASSWORD,
        "TOLLGATE_OTHER_OWNER_EMAIL": owner.email, "TOLLGATE_MEMBER_EMAIL": member.email,
        "TOLLGATE_MEMBER_PASSWORD": member.password, "TOLLGATE_CALL": call_id})
    assert gateway.stop() == 0
