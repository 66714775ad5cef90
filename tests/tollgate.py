# SPDX-License-Identifier: Apache-2.0
"""The real binary as a fixture: starts, stops and kills it, and talks to it as any program would.

Everything that a test needs to know from a server goes through its public doors: the command line,
HTTP, and the ledger in its database: the file, or, where TOLLGATE_TEST_DATABASE names a PostgreSQL
(scripts/postgresql.sh), a database of its own on that for each server.
"""
from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import psycopg.rows

import described

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("TOLLGATE_BINARY", ROOT / "build/test/tollgate"))
NODE = ROOT / "tests/node/node_modules/.bin/node"

# Every folder of this run, searched for secrets at its end. Two runs side by side need two.
RUN_FOLDER = ROOT / os.environ.get("TOLLGATE_RUN_FOLDER", "build/test_run")
# What must appear in none of its files. Tests add theirs.
SECRETS: set[str] = set()
# The browser test, which runs in Node, adds a line here for each secret that it sees.
MORE_SECRETS = RUN_FOLDER.parent / f"secrets-{RUN_FOLDER.name}.txt"
OWNER_PASSWORD_FILE = RUN_FOLDER.parent / f"owner-password-{RUN_FOLDER.name}"

OWNER_EMAIL = "owner@example.com"
# Quotes, a backslash, a slash and an umlaut: so that its JSON-escaped form is another text.
OWNER_PASSWORD = 'correct "horse"/b\u00e4ttery\\staple 7391'
SECRETS.add(OWNER_PASSWORD)

# The address of a PostgreSQL on which each server gets a database; "": SQLite.
POSTGRESQL = os.environ.get("TOLLGATE_TEST_DATABASE", "")
POSTGRESQL_TEXT = 25  # its number among the types

_folder_numbers = itertools.count(1)


def secret(text: str) -> str:
    """Marks `text` as something that no log and no file of ours may hold."""
    SECRETS.add(text)
    return text


def wait_for(condition: Callable[[], Any], seconds: float = 5.0, what: str = "") -> Any:
    """Polls until `condition` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        if result := condition():
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.005)


def new_folder(name: str) -> pathlib.Path:
    folder = RUN_FOLDER / f"{next(_folder_numbers):03}-{name}"
    folder.mkdir(parents=True)
    return folder


def new_database(name: str, server: str = POSTGRESQL) -> str:
    """The address of an empty database on the PostgreSQL of that address, or on the test run's."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING \'UTF8\'')
    return server.replace("/postgres?", f"/{name}?", 1)


class Answer:
    """An answer read to its end."""

    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """OpenAI's envelope, of which clients need all four fields."""
        error = self.json["error"]
        assert set(error) >= {"message", "type", "param", "code"}, error
        assert isinstance(error["message"], str) and error["message"], error
        return error

    def __repr__(self) -> str:
        return f"{self.status} {self.body[:300]!r}"


class Tollgate:
    def __init__(self, name: str = "server", workers: int = 2, environment: dict[str, str] = {},
                 flags: tuple[str, ...] = ()):
        self.folder = new_folder(name)
        self.data = self.folder / "data"
        self.flags = ("--workers", str(workers), *flags)
        self.under: tuple[str, ...] = ()  # a command that runs the server, as strace does
        self.environment = {
            **{k: v for k, v in os.environ.items()
               if not k.startswith(("TOLLGATE_", "OPENAI_"))},
            **environment,
        }
        if POSTGRESQL and "TOLLGATE_DATABASE" not in environment:
            self.environment["TOLLGATE_DATABASE"] = new_database(
                f"{self.folder.name}-{os.getpid()}")
        self.database = self.environment.get("TOLLGATE_DATABASE", "")
        self.tls: ssl.SSLContext | None = None  # how clients verify a server that speaks TLS
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._starts = itertools.count(1)

    # The command line.

    def run(self, *arguments: str, environment: dict[str, str] = {},
            data: bool = True) -> subprocess.CompletedProcess[str]:
        """One command, as a person would type it; its output is kept for the search for secrets."""
        command = [str(BINARY), *arguments]
        if data:
            command += ["--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=self.folder,
                              env={**self.environment, **environment})
        if arguments[:2] not in (("keys", "create"), ("keys", "rotate")):  # which print secrets
            with (self.folder / "commands.log").open("a") as log:
                log.write(f"$ {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *arguments: str, environment: dict[str, str] = {}) -> Any:
        done = self.run(*arguments, "--json", environment=environment)
        assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stderr}"
        return json.loads(done.stdout)

    def json_afar(self, environment: dict[str, str], *arguments: str) -> Any:
        """As json(), but without its folder: `environment` says where the server is."""
        done = self.run(*arguments, "--json", environment=environment, data=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def operate(self, operation: str, **arguments: Any) -> Any:
        """What a command asks of a running server, without the command's own start."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.data / "control.sock"))
            control.sendall(json.dumps({"operation": operation, "arguments": arguments}).encode())
            control.sendall(b"\n")
            with control.makefile() as lines:
                answer = json.loads(lines.readline())
        assert "result" in answer, answer
        return answer["result"]

    def init(self) -> Tollgate:
        # Outside of the folder that is searched.
        OWNER_PASSWORD_FILE.write_text(OWNER_PASSWORD + "\n")
        self.json("init", "--owner-email", OWNER_EMAIL,
                  "--owner-password-file", str(OWNER_PASSWORD_FILE))
        return self

    def create_key(self, name: str = "tests", kind: str = "project") -> dict[str, str]:
        key = self.json("keys", "create", "--name", name, "--kind", kind)
        secret(key["key"])
        return key

    def add_provider(self, name: str, base_url: str, credential: str = "") -> Any:
        arguments = ["providers", "add", name, "--kind", "openai-compatible",
                     "--base-url", base_url]
        environment = {}
        if credential:
            arguments += ["--credential-env", "UPSTREAM_CREDENTIAL"]
            environment["UPSTREAM_CREDENTIAL"] = secret(credential)
        return self.json(*arguments, environment=environment)

    def limit(self, scope: str, identifier: str, usd: str | None = None, soft: bool = False,
              **options: Any) -> Any:
        """Dollars in total unless `options` say otherwise: tokens=1000, per="day", …"""
        if usd is not None:
            options = {"usd": usd, "per": "total", **options}
        arguments = ["limits", "set", f"--{scope.replace('_', '-')}", identifier]
        for name, value in options.items():
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        return self.json(*arguments, *(["--soft"] if soft else []))

    def limits(self, target_id: str) -> list[dict[str, Any]]:
        """The limits of a key, user, service account, project or organization, as they stand."""
        return self.operate("list_limits", target_id=target_id)["data"]

    def verify(self) -> None:
        """Journal, events, rollups and meters agree."""
        done = self.run("ledger", "verify", "--json")
        assert done.returncode == 0, done.stdout + done.stderr

    def usage(self) -> dict[str, Any]:
        return self.json("usage")

    # The process.

    def start(self) -> Tollgate:
        self.launch()
        self.port = wait_for(self._printed_port, 20, "the line with the address")
        wait_for(self.is_ready, 20, "/readyz")
        return self

    def launch(self) -> None:
        """The process alone, which has yet to recover its journals and to listen."""
        number = next(self._starts)
        self.stderr_path = self.folder / f"stderr.{number}.log"
        self.stdout_path = self.folder / f"stdout.{number}.log"
        with self.stderr_path.open("wb") as stderr, self.stdout_path.open("wb") as stdout:
            self.process = subprocess.Popen(
                [*self.under, str(BINARY), "serve", "--data", str(self.data),
                 "--listen", "127.0.0.1:0", "--json", *self.flags],
                stdout=stdout, stderr=stderr, cwd=self.folder, env=self.environment)

    def _printed_port(self) -> int:
        assert self.process
        if self.process.poll() is not None:
            raise RuntimeError(f"serve ended with {self.process.returncode}: "
                               f"{self.stderr_path.read_text()[-2000:]}")
        return self.port_in_log()

    def port_in_log(self) -> int:
        for line in self.stdout_path.read_text().splitlines():
            if found := re.search(r"127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        return 0

    def resident_bytes(self) -> int:
        assert self.process
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz", key=None).status == 200
        except OSError:
            return False

    def stop(self) -> int:
        """As systemd would: SIGTERM, and wait."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process = None
        return status

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()
        self.process = None

    def __enter__(self) -> Tollgate:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.kill()

    # HTTP.

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    def connect(self, timeout: float = 10) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout,
                                               context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def get(self, path: str, key: str | None) -> Answer:
        return self.request("GET", path, None, key)

    def post(self, path: str, body: Any, key: str | None, **options: Any) -> Answer:
        return self.request("POST", path, body, key, **options)

    def request(self, method: str, path: str, body: Any, key: str | None,
                headers: dict[str, str] = {}, timeout: float = 10) -> Answer:
        connection = self.connect(timeout)
        try:
            return exchange(connection, method, path, body, key, headers)
        finally:
            connection.close()

    def chat(self, key: str, text: str, model: str = "gpt-4.1-mini", **fields: Any) -> Answer:
        return self.post("/v1/chat/completions", chat_body(text, model, **fields), key)

    def open_stream(self, key: str, text: str, model: str = "gpt-4.1-mini",
                    timeout: float = 10) -> http.client.HTTPResponse:
        """A chat stream whose head has been read."""
        connection = self.connect(timeout)
        send(connection, "POST", "/v1/chat/completions", chat_body(text, model, stream=True), key)
        return connection.getresponse()

    # The ledger.

    def ledger(self, sql: str, *arguments: Any) -> list[Any]:
        """Reads the database beside the running server, as a backup tool might."""
        if self.database:
            with psycopg.connect(self.database, row_factory=psycopg.rows.dict_row) as server:
                found = server.execute(sql.replace("?", "%s"), arguments)
                if "usage_events" not in sql:
                    return found.fetchall()
                # There, NULL is 0 or an empty text.
                nothing = {column.name: "" if column.type_code == POSTGRESQL_TEXT else 0
                           for column in found.description or ()}
                return [{name: nothing[name] if value is None else value
                         for name, value in row.items()} for row in found.fetchall()]
        database = sqlite3.connect(f"file:{self.data}/tollgate.db?mode=ro", uri=True, timeout=10)
        try:
            database.row_factory = sqlite3.Row
            return database.execute(sql, arguments).fetchall()
        finally:
            database.close()

    @contextlib.contextmanager
    def changed_database(self) -> Iterator[Callable[..., Any]]:
        """One transaction in the database, whether or not the server runs: a function for SQL."""
        database: Any = (psycopg.connect(self.database) if self.database
                         else sqlite3.connect(self.data / "tollgate.db", timeout=10))
        mark = "%s" if self.database else "?"
        with contextlib.closing(database):
            # Without arguments a `%` of PostgreSQL's is nothing but that.
            yield lambda sql, *arguments: (
                database.execute(sql.replace("?", mark), arguments) if arguments
                else database.execute(sql))
            database.commit()

    def change_database(self, sql: str) -> None:
        """What would take days to come about, or never should."""
        with self.changed_database() as execute:
            execute(sql)

    def call_ids(self) -> list[str]:
        return [f"call_{row['epoch']}-{row['worker']}-{row['sequence']}" for row in
                self.ledger("SELECT epoch, worker, sequence FROM usage_events")]

    def event(self, call_id: str) -> Any:
        """A call's record, which stands there within a second of its end."""
        place = call_id.removeprefix("call_").split("-")
        return wait_for(lambda: self.ledger(
            "SELECT * FROM usage_events WHERE epoch = ? AND worker = ? AND sequence = ?", *place),
            what=f"{call_id} in the ledger")[0]

    def explained(self, call_id: str) -> dict[str, Any]:
        """What `tollgate explain` says, as soon as the call stands in the ledger."""
        def found() -> Any:
            done = self.run("explain", call_id, "--json")
            return json.loads(done.stdout) if done.returncode == 0 else None
        return wait_for(found, 5, "the call stands in the ledger")

    def key_totals(self, key_id: str) -> dict[str, int]:
        """What `tollgate usage` says of one key, over models and days; nothing: it was not used."""
        groups = self.json("usage", "--by", "key", "--key", key_id)["groups"]
        return groups[0]["totals"] if groups else {}

    def wait_for_calls(self, key_id: str, calls: int, seconds: float = 1.0) -> dict[str, int]:
        """A call must stand in the usage within a second of its end."""
        return wait_for(lambda: (totals := self.key_totals(key_id)).get("calls", 0) >= calls
                        and totals, seconds + 0.5, f"{calls} calls of {key_id} in the usage")


def chat_body(text: str, model: str = "gpt-4.1-mini", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **fields}


def send(connection: http.client.HTTPConnection, method: str, path: str, body: Any,
         key: str | None, headers: dict[str, str] = {}) -> bytes:
    """The body as it went out."""
    all_headers = dict(headers)
    if key is not None:
        all_headers.setdefault("Authorization", f"Bearer {key}")
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        all_headers.setdefault("Content-Type", "application/json")
    connection.request(method, path, body, all_headers)
    return body or b""


def exchange(connection: http.client.HTTPConnection, method: str, path: str, body: Any,
             key: str | None, headers: dict[str, str] = {}) -> Answer:
    sent = send(connection, method, path, body, key, headers)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    named = {name.lower(): value for name, value in answer.headers.items()}
    described.check(described.Exchange(method, path, sent, answer.status, named, answer.body))
    return answer


def events(response: http.client.HTTPResponse) -> Iterator[str]:
    """The data of a stream's events; ends when the stream does, however it does."""
    try:
        for line in response:
            if line.startswith(b"data:"):
                yield line[5:].strip().decode()
    except (http.client.IncompleteRead, ConnectionError):
        return
