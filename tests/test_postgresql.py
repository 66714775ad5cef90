# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between Tollgate and PostgreSQL, which these tests stop, start and cut off."""
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from local_servers import LocalSocket
from tollgate import ROOT, Tollgate, new_database, secret, wait_for
from upstreams import Upstream

PASSWORD = secret("open sesame")
secret("open%20sesame")


class Postgresql:
    def __init__(self, folder: str):
        self.folder = folder
        self.address = self._script("start").strip()

    def _script(self, act: str, *arguments: str) -> str:
        return subprocess.run([str(ROOT / "scripts/postgresql.sh"), act, self.folder, *arguments],
                              check=True, stdout=subprocess.PIPE, text=True).stdout

    def start(self) -> None:
        self._script("start")

    def stop(self) -> None:
        """As kill -9 would."""
        self._script("stop", "immediate")

    def run(self, database: str, sql: str) -> None:
        with psycopg.connect(database, autocommit=True) as server:
            server.execute(sql)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Postgresql]:
    folder = tempfile.mkdtemp(prefix="tollgate-postgresql-", dir="/tmp")
    server = Postgresql(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def tollgate_on(postgresql: Postgresql, name: str, database: str = "") -> Tollgate:
    database = database or new_database(name, postgresql.address)
    return Tollgate(name, environment={"TOLLGATE_DATABASE": database})


def started(server: Tollgate, upstream: Upstream) -> Tollgate:
    server.init().start()
    server.add_provider("upstream", upstream.url)
    return server


def calls_in_ledger(server: Tollgate) -> list:
    try:
        return server.ledger("SELECT * FROM usage_events")
    except psycopg.Error:
        return []


def test_calls_go_on_while_postgresql_is_away(postgresql: Postgresql, upstream: Upstream) -> None:
    with tollgate_on(postgresql, "away") as server:
        key = started(server, upstream).create_key()
        assert server.chat(key["key"], "plain").status == 200
        server.wait_for_calls(key["id"], 1)
        postgresql.stop()
        try:
            for _ in range(40):
                assert server.chat(key["key"], "plain").status == 200
            # What needs the database says so, at once.
            began = time.monotonic()
            done = server.run("usage", "--json")
            assert done.returncode == 1 and time.monotonic() - began < 5, done
        finally:
            postgresql.start()
        wait_for(lambda: len(calls_in_ledger(server)) == 41, 20, "41 calls in the ledger")
        server.verify()
        assert server.usage()["totals"]["calls"] == 41


def test_killed_while_postgresql_is_away_nothing_is_lost(postgresql: Postgresql,
                                                        upstream: Upstream) -> None:
    with tollgate_on(postgresql, "killed-away") as server:
        key = started(server, upstream).create_key()
        postgresql.stop()
        try:
            for _ in range(20):
                assert server.chat(key["key"], "plain").status == 200
            server.kill()
            refused = server.run("usage")
            assert refused.returncode == 1 and "cannot be reached" in refused.stderr, refused
        finally:
            postgresql.start()
        server.start()
        assert server.usage()["totals"]["calls"] == 20
        server.verify()


class AnswerLoser(LocalSocket):
    """Between Tollgate and PostgreSQL: hands COMMIT on and cuts before its answer, if told to."""

    COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"

    def __init__(self, server: Postgresql):
        self.upstream = f"{server.folder}/.s.PGSQL.5432"
        self.to_lose = self.lost = 0
        super().__init__()

    def accepted(self, connection: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.upstream)
        ends = (connection, server)
        threading.Thread(target=self._requests, args=ends, daemon=True).start()
        threading.Thread(target=self._answers, args=ends, daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        losing = False
        try:
            while data := client.recv(1 << 16):
                if self.COMMIT in data and self.to_lose > 0:
                    self.to_lose -= 1
                    losing = True
                    client.shutdown(socket.SHUT_WR)  # no answer gets through from here on
                server.sendall(data)
                if losing:
                    # The session's end comes after COMMIT, so it has been carried out.
                    self.lost += 1
                    break
        except OSError:
            pass
        try:
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other thread was faster

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(1 << 16):
                try:
                    client.sendall(data)
                except OSError:
                    continue
        except OSError:
            pass
        finally:
            client.close()
            server.close()


def test_a_commit_whose_answer_is_lost_is_carried_out_once(postgresql: Postgresql,
                                                          upstream: Upstream) -> None:
    loser = AnswerLoser(postgresql)
    direct = new_database("answers", postgresql.address)
    through = f"postgresql://postgres@127.0.0.1:{loser.port}/answers?sslmode=disable"
    with tollgate_on(postgresql, "answers", through) as server:
        key = started(server, upstream).create_key()
        server.database = direct
        for _ in range(30):
            before = loser.lost
            loser.to_lose = 1
            assert server.chat(key["key"], "plain").status == 200
            wait_for(lambda: loser.lost > before, 10, "a commit")
        loser.to_lose = 0
        wait_for(lambda: len(calls_in_ledger(server)) == 30, 10, "30 calls in the ledger")
        server.verify()
        assert server.usage()["totals"]["calls"] == 30
        assert loser.lost >= 30


def test_a_second_server_on_the_same_database_is_refused(postgresql: Postgresql) -> None:
    with tollgate_on(postgresql, "only-one") as first:
        first.init().start()
        with tollgate_on(postgresql, "second", first.database) as second:
            for command in (("serve", "--listen", "127.0.0.1:0"), ("usage",)):
                refused = second.run(*command)
                assert refused.returncode == 1
                assert "another Tollgate runs on this database" in refused.stderr, refused


def test_a_database_of_another_data_folder_is_refused(postgresql: Postgresql) -> None:
    with tollgate_on(postgresql, "keys") as first:
        first.init()
        with tollgate_on(postgresql, "other-keys", first.database) as second:
            refused = second.run("serve", "--listen", "127.0.0.1:0")
            assert refused.returncode == 1
            assert "belongs to another data folder" in refused.stderr, refused
        first.start()


@pytest.mark.parametrize(("sql", "words"), [
    ("INSERT INTO schema_version SELECT max(version) + 1, 'later', 0 FROM schema_version",
     "made by a newer Tollgate"),
    ("DELETE FROM schema_version WHERE version = 2", "misses steps of its schema"),
    ("COMMENT ON TABLE schema_version IS NULL", "belongs to another program"),
])
def test_a_schema_that_is_not_this_programs_is_refused(postgresql: Postgresql, sql: str,
                                                      words: str) -> None:
    with tollgate_on(postgresql, f"schema-{abs(hash(words)) % 10_000}") as server:
        server.init()
        postgresql.run(server.database, sql)
        refused = server.run("serve", "--listen", "127.0.0.1:0")
        assert refused.returncode == 1 and words in refused.stderr, refused
        assert "nothing was changed" in refused.stderr


@pytest.mark.parametrize(("before", "after", "words"), [
    ("user=postgres", "user=guarded&password=wrong", "refused the user or the password"),
    ("/guarded-db?", "/no-such-db?", "there is no such PostgreSQL database"),
    ("host=/tmp", "host=/nowhere", "cannot be reached"),
])
def test_an_address_that_does_not_work_says_why_and_no_password(
        postgresql: Postgresql, before: str, after: str, words: str) -> None:
    try:
        address = new_database("guarded-db", postgresql.address)
    except psycopg.errors.DuplicateDatabase:
        address = postgresql.address.replace("/postgres?", "/guarded-db?")
    with tollgate_on(postgresql, "address", address.replace(before, after, 1)) as server:
        refused = server.run("serve", "--listen", "127.0.0.1:0")
        assert refused.returncode == 1 and words in refused.stderr, refused
        assert PASSWORD not in refused.stderr


def test_a_password_that_was_not_encoded_is_not_told() -> None:
    address = "postgresql://ada:open sesame@two@host/name"
    with Tollgate("not-encoded", environment={"TOLLGATE_DATABASE": address}) as server:
        refused = server.run("serve", "--listen", "127.0.0.1:0")
        assert refused.returncode == 1 and "percent-encoded" in refused.stderr, refused
        assert "two" not in refused.stderr


def test_the_address_may_be_in_a_file_and_is_shown_to_nobody(postgresql: Postgresql,
                                                            tmp_path: pathlib.Path) -> None:
    database = new_database("from-file", postgresql.address)
    postgresql.run(database, "GRANT ALL ON SCHEMA public TO guarded")
    file = tmp_path / "database"
    file.write_text(database.replace("user=postgres", "user=guarded&password=open%20sesame") + "\n")
    environment = {"TOLLGATE_DATABASE_FILE": str(file)}
    with Tollgate("from-file", environment={**environment, "TOLLGATE_DATABASE": ""}) as server:
        server.init().start()
        server.database = database
        shown = server.run("config").stdout
        assert "(secret)" in shown and "sesame" not in shown and "guarded" not in shown
        doctor = server.run("doctor", "--json").stdout
        assert "PostgreSQL 1" in doctor and "sesame" not in doctor
        arguments = pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
        assert b"sesame" not in arguments


def test_odd_model_names_do_not_stop_the_ledger(postgresql: Postgresql,
                                               upstream: Upstream) -> None:
    with tollgate_on(postgresql, "odd-names") as server:
        project = started(server, upstream).create_key()
        test = server.create_key("sandbox", "test")
        for model in ("gpt-4.1-mini\0", "gpt-\U0001f600", "\0", "m" * 127 + "\u00e4"):
            for key in (project, test):
                server.chat(key["key"], "plain", model=model)
        assert server.chat(project["key"], "plain").status == 200
        wait_for(lambda: any(row["key_id"] == project["id"] and row["model"] == "gpt-4.1-mini"
                             for row in calls_in_ledger(server)), 5, "the last call in the ledger")
        server.verify()
