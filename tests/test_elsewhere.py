# SPDX-License-Identifier: Apache-2.0
"""The command line on a server elsewhere: TOLLGATE_URL and TOLLGATE_ADMIN_KEY."""
from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tollgate import Tollgate, secret


@pytest.fixture(scope="module")
def admin_key(running: Tollgate) -> str:
    return running.create_key("from afar", "admin")["key"]


@pytest.fixture(scope="module")
def afar(running: Tollgate, admin_key: str) -> dict[str, str]:
    return {"TOLLGATE_URL": running.url, "TOLLGATE_ADMIN_KEY": admin_key}


def test_projects_are_made_renamed_and_archived(run: Callable[..., Any]) -> None:
    project = run("projects", "create", "--name", "search")
    assert run("projects", "rename", project["id"], "--name", "find")["name"] == "find"
    listed = {each["id"]: each["name"] for each in run("projects", "list")["data"]}
    assert listed[project["id"]] == "find"
    key = run("keys", "create", "--name", "of it", "--project", project["id"])
    secret(key["key"])
    archived = run("projects", "archive", project["id"])
    assert archived["status"] == "archived" and archived["revoked_keys"] == 1
    assert project["id"] not in {each["id"] for each in run("projects", "list")["data"]}
    assert project["id"] in {each["id"] for each in run("projects", "list", "--all")["data"]}


def test_key_made_from_afar_works_on_the_next_request(
        running: Tollgate, afar: dict[str, str]) -> None:
    key = running.json_afar(afar, "keys", "create", "--name", "made from afar")
    assert running.chat(secret(key["key"]), "plain").status == 200
    running.json_afar(afar, "keys", "revoke", key["id"])
    assert running.chat(key["key"], "plain").status == 401


def test_no_admin_key_reaches_the_instance_from_afar(
        running: Tollgate, afar: dict[str, str]) -> None:
    for command in (["providers", "list"], ["verify"], ["audit", "verify"], ["ledger", "verify"],
                    ["reset-link", "ada@example.org"]):
        done = running.run(*command, environment=afar, data=False)
        assert done.returncode == 1 and "No admin key reaches" in done.stderr, done.stderr
    for command in (["backup", "/tmp/never"], ["setup-link"], ["restore", "--confirm-keys"]):
        done = running.run(*command, environment=afar, data=False)
        assert done.returncode == 1 and "server's own machine" in done.stderr, done.stderr


def test_admin_key_comes_from_a_file(running: Tollgate, admin_key: str) -> None:
    file = running.folder.parent.parent / "admin_key"
    file.write_text(admin_key + "\n")
    running.json_afar({"TOLLGATE_URL": running.url, "TOLLGATE_ADMIN_KEY_FILE": str(file)},
              "keys", "list")
    file.unlink()


def test_data_flag_means_the_folder(stopped: Tollgate) -> None:
    away = {"TOLLGATE_URL": "http://127.0.0.1:1"}
    assert stopped.json("keys", "list", environment=away)["data"] == []


def test_what_can_go_wrong_from_afar_is_told(running: Tollgate, admin_key: str) -> None:
    wrong = secret(admin_key[:-1] + ("a" if admin_key[-1] != "a" else "b"))
    project_key = running.create_key("no admin key")["key"]
    for url, key, message in [
        (running.url, wrong, "Incorrect API key"),
        (running.url, project_key, "no admin key"),
        (running.url, "", "TOLLGATE_ADMIN_KEY"),
        ("http://127.0.0.1:1", admin_key, "Nothing answers"),
        ("http://no-such-host.invalid", admin_key, "is not known"),
        (running.url.replace("http:", "https:"), admin_key, "TLS"),
        ("ftp://127.0.0.1", admin_key, "must begin with https://"),
    ]:
        done = running.run("keys", "list", data=False,
                           environment={"TOLLGATE_URL": url, "TOLLGATE_ADMIN_KEY": key})
        assert done.returncode != 0 and message in done.stderr, (url, done.stderr)
        assert admin_key not in done.stderr and wrong not in done.stderr


@pytest.mark.parametrize("body, message", [
    (b'{"error":{"message":"Unknown request URL: POST /v1/tollgate/operations/list_keys.",'
     b'"type":"invalid_request_error","param":null,"code":null}}', "older than this command"),
    (b"<html>nothing here</html>", "is no Tollgate"),
])
def test_old_server_and_another_program_are_told_apart(
        stopped: Tollgate, body: bytes, message: str) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        thread = threading.Thread(target=other.serve_forever, args=(0.05,))
        thread.start()
        done = stopped.run("keys", "list", data=False, environment={
            "TOLLGATE_URL": f"http://127.0.0.1:{other.server_address[1]}",
            "TOLLGATE_ADMIN_KEY": "sk-tg-admin-any"})
        other.shutdown()
        thread.join()
    assert done.returncode == 1 and message in done.stderr, done.stderr
