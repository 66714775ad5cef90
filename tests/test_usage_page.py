# SPDX-License-Identifier: Apache-2.0
"""The console's usage page, in a real browser, of real calls (tests/browser/usage.test.mjs)."""
from people import Person, create_key
from test_browser import run_in_browser
from tollgate import OWNER_EMAIL, OWNER_PASSWORD, Tollgate
from upstreams import CREDENTIAL, Aimock


def test_usage_page_in_a_browser(aimock: Aimock) -> None:
    with Tollgate("usage-browser") as server:
        server.init().start()
        server.add_provider("upstream", aimock.url, CREDENTIAL)
        laptop, at_work = server.create_key("laptop"), server.create_key("server")
        member = Person(server, "member", "reader").sign_in()
        project_id = member.ask("GET", "/v1/tollgate/session").json["projects"][0]["id"]
        theirs = create_key(member, project_id)
        for key, model, calls in ((laptop["key"], "gpt-4.1", 1), (laptop["key"], "gpt-4.1-mini", 2),
                                  (at_work["key"], "gpt-4.1-mini", 3), (theirs, "gpt-4.1-mini", 1)):
            for _ in range(calls):
                assert server.chat(key, "hello", model).status == 200
        their_id = member.ask("GET", "/v1/tollgate/keys").json["data"][0]["id"]
        for key_id, calls in ((laptop["id"], 3), (at_work["id"], 3), (their_id, 1)):
            server.wait_for_calls(key_id, calls, seconds=5)
        run_in_browser(server, "usage.test.mjs", {
            "TOLLGATE_EMAIL": OWNER_EMAIL, "TOLLGATE_PASSWORD": OWNER_PASSWORD,
            "TOLLGATE_MEMBER_EMAIL": member.email, "TOLLGATE_MEMBER_PASSWORD": member.password})
        assert server.stop() == 0
