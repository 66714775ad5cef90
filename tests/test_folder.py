# SPDX-License-Identifier: Apache-2.0
"""A data folder's life: backed up while calls run, restored, verified, upgraded."""
from __future__ import annotations

import hashlib
import itertools
import json
import re
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tollgate import ROOT, Tollgate, secret, wait_for
from upstreams import CREDENTIAL, Upstream

numbers = itertools.count(1)


def back_up(server: Tollgate) -> Path:
    target = server.folder / f"backup-{next(numbers)}"
    made = server.json("backup", str(target))
    assert made["path"] == str(target)
    return target


def new_place(of: Tollgate, key_files_of: Tollgate | None = None) -> Tollgate:
    """A folder with nothing but the key files, as on a new machine."""
    place = Tollgate(f"folder-restored-{next(numbers)}")
    place.data.mkdir(mode=0o700)
    for name in ("pepper", "master.key"):
        shutil.copy((key_files_of or of).data / name, place.data / name)
    return place


def restore(place: Tollgate, backup: Path, *options: str) -> Any:
    return place.json("restore", str(backup), *options)


def refused_restore(place: Tollgate, backup: Path, *options: str) -> str:
    before = files_of(place.data)
    done = place.run("restore", str(backup), *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert files_of(place.data) == before
    return done.stderr


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, which any command may make."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*"))
            if file.is_file() and file.name != "lock"}


def export_audit(server: Tollgate) -> Path:
    path = server.folder / f"audit-{next(numbers)}.jsonl"
    exported = server.run("audit", "export")
    assert exported.returncode == 0, exported.stderr
    path.write_text(exported.stdout)
    return path


def is_paused(server: Tollgate, key: dict[str, str]) -> bool:
    refused = server.chat(key["key"], "plain")
    return refused.status == 401 and "paused" in refused.error["message"]


def events_of(server: Tollgate) -> dict[tuple[int, int, int], sqlite3.Row]:
    return {(row["epoch"], row["worker"], row["sequence"]): row
            for row in server.ledger("SELECT * FROM usage_events")}


def test_backup_while_calls_run_loses_and_doubles_nothing(
        running: Tollgate, upstream: Upstream) -> None:
    upstream.release.clear()
    key = running.create_key("busy")
    with ThreadPoolExecutor(9) as clients:
        held = clients.submit(running.chat, key["key"], "hold")
        stop = threading.Event()

        def call() -> None:
            while not stop.is_set():
                assert running.chat(key["key"], "plain").status == 200

        callers = [clients.submit(call) for _ in range(6)]
        running.wait_for_calls(key["id"], 20, 10)
        before = events_of(running)
        backup = back_up(running)
        running.wait_for_calls(key["id"], len(before) + 20, 10)
        stop.set()
        for caller in callers:
            caller.result()
        upstream.release.set()
        assert held.result().status == 200
    running.verify()
    wait_for(lambda: len(events_of(running)) > len(before), what="the held call")
    original = events_of(running)

    place = new_place(running)
    restored = restore(place, backup)
    place.verify()
    came = events_of(place)
    assert before.keys() <= came.keys()
    # The one that was held, and what ran at the cut, are charged as interrupted; all else as it
    # was.
    interrupted = {event for event in came if tuple(came[event]) != tuple(original.get(event, ()))}
    assert 1 <= len(interrupted) <= 8 and restored["interrupted_calls"] == len(interrupted)
    assert len(came) < len(original)
    totals = place.json("usage")["totals"]
    assert totals["charge_nanousd"] == sum(row["charge"] for row in came.values())
    assert totals["calls"] == len(came)


def test_backup_holds_no_key_files_and_says_so(stopped: Tollgate) -> None:
    done = stopped.run("backup", str(stopped.folder / "kept"))
    assert done.returncode == 0, done.stderr
    assert "master.key and pepper are NOT in it" in done.stdout
    names = {file.name for file in (stopped.folder / "kept").rglob("*")}
    assert names == {"manifest.json", "tollgate.db", "journal"}
    secrets = [(stopped.data / name).read_bytes() for name in ("pepper", "master.key")]
    for content in files_of(stopped.folder / "kept").values():
        assert not any(each in content for each in secrets)
    again = stopped.run("backup", str(stopped.folder / "kept"))
    assert again.returncode == 1 and "is there already" in again.stderr


def test_what_was_revoked_since_stays_revoked(running: Tollgate) -> None:
    kept, revoked, rotated = (running.create_key(name) for name in ("kept", "revoked", "rotated"))
    backup = back_up(running)
    assert running.run("keys", "revoke", revoked["id"]).returncode == 0
    secret(running.json("keys", "rotate", rotated["id"])["value"])
    place = new_place(running)
    told = restore(place, backup, "--audit", str(export_audit(running)))
    assert told["keys_revoked"] == 1 and told["keys_on_hold"] == 1
    with place.start():
        assert place.chat(kept["key"], "plain").status == 200
        assert place.chat(revoked["key"], "plain").status == 401
        assert is_paused(place, rotated)
        assert place.json("restore", "--confirm-keys")["keys"] == 1
        assert place.chat(rotated["key"], "plain").status == 200
        assert place.chat(revoked["key"], "plain").status == 401


def test_without_the_audit_log_every_key_waits_for_a_confirmation(running: Tollgate) -> None:
    used, gone = running.create_key("used"), running.create_key("gone")
    paused = running.create_key("paused by a person")
    assert running.run("keys", "pause", paused["id"]).returncode == 0
    assert running.run("keys", "revoke", gone["id"]).returncode == 0
    backup = back_up(running)
    place = new_place(running)
    told = place.run("restore", str(backup))
    assert told.returncode == 0 and "keys are ON HOLD" in told.stdout
    with place.start():
        assert is_paused(place, used)
        shown = place.json("keys", "show", used["id"])
        assert shown["pause_reason"] == "on hold since a restore"
        assert place.run("restore", "--confirm-keys").returncode == 0
        assert place.chat(used["key"], "plain").status == 200
        assert is_paused(place, paused)
        assert place.chat(gone["key"], "plain").status == 401


def test_audit_log_that_ends_before_the_backup_is_refused(stopped: Tollgate) -> None:
    old = export_audit(stopped)
    backup = back_up(stopped)
    assert "ends before the backup" in refused_restore(new_place(stopped), backup, "--audit",
                                                       str(old))
    old.write_text("not a line\n")
    assert "line 1" in refused_restore(new_place(stopped), backup, "--audit", str(old))


def test_damaged_backup_is_refused(stopped: Tollgate) -> None:
    backup = back_up(stopped)
    place = new_place(stopped)
    database = (backup / "tollgate.db").read_bytes()
    (backup / "tollgate.db").write_bytes(database[:5000] + b"!" + database[5001:])
    assert "is damaged" in refused_restore(place, backup)
    (backup / "tollgate.db").write_bytes(database[:-4096])
    assert "is damaged" in refused_restore(place, backup)
    (backup / "tollgate.db").write_bytes(database)
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["created_unix_ms"] += 1
    (backup / "manifest.json").write_text(json.dumps(manifest))
    assert "altered" in refused_restore(place, backup)
    (backup / "manifest.json").write_text("{}")
    assert "damaged" in refused_restore(place, backup)
    (backup / "manifest.json").unlink()
    assert "no backup" in refused_restore(place, backup)


def test_manifest_names_nothing_outside_of_its_folder(stopped: Tollgate) -> None:
    backup = back_up(stopped)
    forge(stopped, backup, files=[{"name": "../secret", "bytes": 0, "blake2b": ""}])
    assert "damaged" in refused_restore(new_place(stopped), backup)


def test_backup_of_another_pepper_or_a_newer_tollgate_is_refused(stopped: Tollgate) -> None:
    backup = back_up(stopped)
    other = Tollgate(f"folder-other-{next(numbers)}").init()
    assert "pepper" in refused_restore(new_place(stopped, key_files_of=other), backup)
    place = new_place(stopped)
    (place.data / "pepper").unlink()
    assert "pepper is not there" in refused_restore(place, backup)
    forge(stopped, backup, schema_version=1000)
    assert "newer Tollgate" in refused_restore(new_place(stopped), backup)


def forge(server: Tollgate, backup: Path, **changes: Any) -> None:
    """A manifest as who has the pepper would write it."""
    manifest = json.loads((backup / "manifest.json").read_text())
    del manifest["seal"]
    manifest |= changes
    text = "tollgate backup 1\n" + json.dumps(manifest, separators=(",", ":"))
    manifest["seal"] = hashlib.blake2b(text.encode(), digest_size=32,
                                       key=(server.data / "pepper").read_bytes()).hexdigest()
    (backup / "manifest.json").write_text(json.dumps(manifest))


def test_forged_manifest_differs_by_its_change_alone(stopped: Tollgate) -> None:
    backup = back_up(stopped)
    forge(stopped, backup)
    restore(new_place(stopped), backup)


def test_database_that_is_there_is_kept_aside(stopped: Tollgate) -> None:
    backup = back_up(stopped)
    later = stopped.create_key("made later")
    assert "has a database" in refused_restore(stopped, backup)
    kept = restore(stopped, backup, "--replace")["kept"]
    assert later["id"] not in [key["id"] for key in stopped.json("keys", "list")["data"]]
    aside = sqlite3.connect(stopped.data / kept)
    assert aside.execute("SELECT count(*) FROM api_keys WHERE id = ?", (later["id"],)) \
        .fetchone() == (1,)
    aside.close()
    assert not (stopped.data / "restoring").exists()


def test_restore_under_a_running_server_is_refused(running: Tollgate) -> None:
    done = running.run("restore", str(back_up(running)), "--replace")
    assert done.returncode == 1 and "Stop it first" in done.stderr


# Verification.

@pytest.mark.parametrize("place", ["running", "stopped"])
def test_verify_checks_everything(place: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(place)
    verified = server.json("verify")
    assert verified["ok"] and {check["name"] for check in verified["checks"]} == {
        "database", "keys' files", "audit log", "ledger", "keys", "credentials"}


@pytest.mark.parametrize("sql, name", [
    ("UPDATE api_keys SET digest = 'short'", "keys"),
    ("UPDATE audit_log SET target = 'someone else'", "audit log"),
    ("UPDATE providers SET sealed_credential = 'v1:AAAA'", "credentials"),
    ("INSERT INTO spend_slices (kind, id, model, begin_ms, charge, tokens, requests)"
     " VALUES (0, 'k', '', 1795523400000, 5, 0, 1)", "ledger"),
])
def test_verify_says_what_is_wrong(stopped: Tollgate, sql: str, name: str) -> None:
    stopped.create_key("one")
    if name == "credentials":
        upstream = Upstream()
        stopped.add_provider("upstream", upstream.url, CREDENTIAL)
        upstream.stop()
    edit(stopped, sql)
    done = stopped.run("verify", "--json")
    assert done.returncode == 1, done.stderr
    wrong = [check["name"] for check in json.loads(done.stdout)["checks"] if not check["ok"]]
    assert wrong == [name]


def edit(server: Tollgate, *statements: str) -> None:
    database = sqlite3.connect(server.data / "tollgate.db")
    for sql in statements:
        database.execute(sql)
    database.commit()
    database.close()


# Databases of other versions.

def steps() -> list[tuple[str, str]]:
    """The names and texts of all schema steps, as the source has them."""
    listed = re.findall(r'\{(\d+),\s*"([^"]*)",\s*(k\w+|"")(?:,\s*k\w+)?\}',
                        (ROOT / "src/store/migrations.cc").read_text())
    texts = {"": ""}
    for file in (ROOT / "src/store").glob("migration_*.cc"):
        for constant, sql in re.findall(r'(kMigration\w+)\[\] = R"sql\((.*?)\)sql"',
                                        file.read_text(), re.DOTALL):
            texts[constant] = sql
    return [(name, texts[constant.strip('"')]) for _, name, constant in listed]


def make_old(server: Tollgate, version: int) -> None:
    """The folder of a Tollgate that knew so many steps."""
    for file in server.data.glob("tollgate.db*"):
        file.unlink()
    database = sqlite3.connect(server.data / "tollgate.db")
    database.executescript("CREATE TABLE schema_version (version INTEGER PRIMARY KEY,"
                           " name TEXT NOT NULL, applied_unix_ms BIGINT NOT NULL);"
                           f"PRAGMA application_id = {0x546F6C6C};")
    for number, (name, sql) in enumerate(steps()[:version], 1):
        database.executescript(sql)
        database.execute("INSERT INTO schema_version VALUES (?, ?, 0)", (number, name))
    database.commit()
    database.close()


def test_upgrade_is_tried_on_a_copy_that_is_gone_afterwards(stopped: Tollgate) -> None:
    newest = len(steps())
    make_old(stopped, newest - 1)
    before = files_of(stopped.data)
    told = stopped.json("upgrade", "--check")
    assert (told["schema_version"], told["newest"]) == (newest - 1, newest)
    assert told["steps"] == [steps()[-1][0]]
    assert files_of(stopped.data) == before
    with stopped.start():  # and the real one does the same
        assert (stopped.data / f"tollgate.db.before-{newest}").exists()
    assert stopped.json("upgrade", "--check")["steps"] == []


def test_upgrade_of_the_first_schema_works(stopped: Tollgate) -> None:
    make_old(stopped, 1)
    assert len(stopped.json("upgrade", "--check")["steps"]) == len(steps()) - 1


STRANGE = {
    "newer": (["INSERT INTO schema_version SELECT max(version) + 1, 'later', 0"
               " FROM schema_version"], "newer Tollgate"),
    "half-migrated": (["DELETE FROM schema_version WHERE version = 2"], "misses steps"),
    "foreign": (["PRAGMA application_id = 7"], "another program"),
}


@pytest.mark.parametrize("how", STRANGE)
@pytest.mark.parametrize("command", [["upgrade", "--check"], ["serve", "--listen", "127.0.0.1:0"]],
                         ids=["check", "serve"])
def test_strange_database_is_refused_and_not_touched(
        stopped: Tollgate, how: str, command: list[str]) -> None:
    statements, message = STRANGE[how]
    edit(stopped, *statements)
    before = files_of(stopped.data)
    done = stopped.run(*command)
    assert done.returncode == 1 and message in done.stderr, done.stderr
    assert files_of(stopped.data) == before


@pytest.mark.parametrize("name", ["pepper", "master.key"])
@pytest.mark.parametrize("command", [["serve", "--listen", "127.0.0.1:0"], ["keys", "list"]],
                         ids=["serve", "keys"])
def test_another_key_file_is_noticed(stopped: Tollgate, name: str, command: list[str]) -> None:
    right = (stopped.data / name).read_bytes()
    (stopped.data / name).write_bytes(bytes(32))
    done = stopped.run(*command)
    assert done.returncode == 1, done.stdout
    assert f"the file {name} is not the one" in done.stderr
    (stopped.data / name).write_bytes(right)
    assert stopped.run("keys", "list").returncode == 0
