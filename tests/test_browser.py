# SPDX-License-Identifier: Apache-2.0
"""Ways through the console, in a real browser: a new user's (tests/browser/console.test.mjs), those
by which people get in (entry.test.mjs), and what happens twice or to two at once (twice.test.mjs).
What the pages are answered is compared with the OpenAPI document."""
import json
import os
import subprocess
import urllib.parse

import described
from described import Exchange
from tollgate import (MORE_SECRETS, NODE, OWNER_EMAIL, OWNER_PASSWORD, ROOT, RUN_FOLDER, Tollgate,
                      secret)

# Outside of the folder that is searched for secrets.
ANSWERS = RUN_FOLDER.parent / f"answers-{RUN_FOLDER.name}"


def take_setup_url(server: Tollgate) -> str:
    """Where a server without an owner says the owner is to be made. Only its reader may see it: it
    is cut from the kept output, which is then searched for it as all else is."""
    printed = server.stdout_path.read_text()
    setup_url = next(line["setup_url"] for line in map(json.loads, printed.splitlines())
                     if "setup_url" in line)
    server.stdout_path.write_text(printed.replace(setup_url, "(setup_url)"))
    secret(urllib.parse.parse_qs(urllib.parse.urlsplit(setup_url).query)["token"][0])
    return setup_url


def test_new_user_in_a_browser() -> None:
    with Tollgate("browser") as server:
        server.start()
        run_in_browser(server, "console.test.mjs", {"TOLLGATE_SETUP_URL": take_setup_url(server)})
        assert server.stop() == 0


def test_people_get_in_in_a_browser() -> None:
    with Tollgate("browser-entry") as server:
        server.init().start()
        links = {
            "TOLLGATE_INVITE_URL": server.operate("create_invite", email="grace@example.org",
                                                  role="reader")["link"],
            "TOLLGATE_RESET_URL": server.operate("create_reset_link", email=OWNER_EMAIL)["url"]}
        for link in links.values():
            secret(link.split("#token=")[1])
        run_in_browser(server, "entry.test.mjs", links)
        assert server.stop() == 0


def test_what_is_done_twice_and_by_two_in_a_browser() -> None:
    with Tollgate("browser-twice") as server:
        server.init().start()
        run_in_browser(server, "twice.test.mjs", {"TOLLGATE_EMAIL": OWNER_EMAIL,
                                                  "TOLLGATE_PASSWORD": OWNER_PASSWORD})
        assert server.stop() == 0


def check_answers(least: int) -> None:
    lines = ANSWERS.read_text().splitlines()
    assert len(lines) >= least, "the pages asked too little"
    for line in lines:
        seen = json.loads(line)
        for name in ("request_body", "body"):
            seen[name] = seen[name].encode()
        described.check(Exchange(**seen))


def run_in_browser(server: Tollgate, name: str, environment: dict[str, str],
                   answers_least: int = 20) -> None:
    environment = {"TOLLGATE_URL": f"http://127.0.0.1:{server.port}",
                   "TOLLGATE_SECRETS": str(MORE_SECRETS), "TOLLGATE_ANSWERS": str(ANSWERS),
                   "TOLLGATE_SHOTS": str(server.folder), **environment}
    ANSWERS.unlink(missing_ok=True)
    try:
        done = subprocess.run([NODE, "--test", ROOT / "tests/browser" / name], capture_output=True,
                              text=True, timeout=300, env={**os.environ, **environment})
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        check_answers(answers_least)
    finally:
        ANSWERS.unlink(missing_ok=True)
