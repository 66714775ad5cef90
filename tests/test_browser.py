# SPDX-License-Identifier: Apache-2.0
"""A new user's way through the console, in a real browser: tests/browser/console.test.mjs."""
import json
import os
import subprocess
import urllib.parse

from tollgate import MORE_SECRETS, NODE, ROOT, Tollgate, secret


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
        environment = {"TOLLGATE_URL": f"http://127.0.0.1:{server.port}",
                       "TOLLGATE_SETUP_URL": take_setup_url(server),
                       "TOLLGATE_SECRETS": str(MORE_SECRETS),
                       "TOLLGATE_SHOTS": str(server.folder)}
        done = subprocess.run([NODE, "--test", ROOT / "tests/browser/console.test.mjs"],
                              capture_output=True, text=True, timeout=300,
                              env={**os.environ, **environment})
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert server.stop() == 0
