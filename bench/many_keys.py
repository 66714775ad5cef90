# SPDX-License-Identifier: Apache-2.0
"""A million keys in a stopped server's database, spread as a large installation has them."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg

from test_helpers import Tollgate

ORGANIZATIONS, PROJECTS_OF_EACH, USERS_OF_EACH = 100, 10, 100
NOW_MS = 1_795_000_000_000
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

COLUMNS = {
    "organizations": ("id", "name", "created_unix_ms"),
    "users": ("id", "email", "email_folded", "name", "password_hash", "created_unix_ms"),
    "projects": ("id", "organization_id", "name", "created_unix_ms"),
    "api_keys": ("id", "kind", "name", "redacted", "digest", "organization_id", "project_id",
                 "user_id", "created_unix_ms"),
}


def new_id(prefix: str) -> str:
    return prefix + "".join(random.choices(ALPHABET, k=22))


@dataclasses.dataclass(frozen=True)
class Organization:
    id: str
    projects: list[str]
    users: list[str]


def new_organization() -> Organization:
    return Organization(new_id("org-"), [new_id("proj_") for _ in range(PROJECTS_OF_EACH)],
                        [new_id("user-") for _ in range(USERS_OF_EACH)])


def rows_of_keys(count: int, organizations: list[Organization]) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        of = random.choice(organizations)
        yield (new_id("key_"), "project", f"service {number}", "sk-tg-proj-...wxyz",
               os.urandom(32).hex(), of.id, random.choice(of.projects), random.choice(of.users),
               NOW_MS + number)


def add_keys(server: Tollgate, count: int) -> None:
    """Nobody has these keys' secrets: each has a digest of its own, as real ones have."""
    organizations = [new_organization() for _ in range(ORGANIZATIONS)]
    with writing(server) as insert:
        insert("organizations", ((of.id, "bench", NOW_MS) for of in organizations))
        insert("users", ((user, user, user, "bench", "none", NOW_MS)
                         for of in organizations for user in of.users))
        insert("projects", ((project, of.id, "bench", NOW_MS)
                            for of in organizations for project in of.projects))
        insert("api_keys", rows_of_keys(count, organizations))


@contextlib.contextmanager
def writing(server: Tollgate):
    if server.database:
        with psycopg.connect(server.database) as connection:
            yield lambda table, rows: copy_into(connection, table, rows)
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE api_keys")
        return
    with contextlib.closing(sqlite3.connect(server.data / "tollgate.db")) as database, database:
        yield lambda table, rows: database.executemany(
            f"INSERT INTO {table} ({', '.join(COLUMNS[table])})"
            f" VALUES ({', '.join('?' * len(COLUMNS[table]))})", rows)


def copy_into(connection: psycopg.Connection[Any], table: str,
              rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(
            f"COPY {table} ({', '.join(COLUMNS[table])}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
