# SPDX-License-Identifier: Apache-2.0
"""Lists of very many rows: pages join without a gap and without a row twice, while rows come and
go, and a page costs the same however many rows there are.

20,000 rows each here; TOLLGATE_ROWS=1000000 fills a million.
"""
from __future__ import annotations

import os
import random
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tollgate import Tollgate

ROWS = int(os.environ.get("TOLLGATE_ROWS", 20_000))
FEW = 200
SEED = random.randrange(1 << 30)
LONGEST = 100  # the largest page
BEGAN_MS = 1_700_000_000_000
# Seven rows share a millisecond, and the order of making is not that of ids.
TIME = f"{BEGAN_MS} + (i * 7919) % :rows / 7"
NUMBERS = ("WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL "
           "SELECT i + 1 FROM n WHERE i < :rows) ")
# Ten digits, another ten for each row, and none of them in order: as digests are.
_NUMBER = "'0000000000' || ((i * 2654435761) % 4294967296)"
SCATTERED = f"substr({_NUMBER}, length({_NUMBER}) - 9)"


@dataclass
class World:
    server: Tollgate
    admin_key: str
    organization: str
    project: str
    small: str  # a project with FEW keys and people
    chance: random.Random

    def page(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.server.get(f"/v1/{path}?{urllib.parse.urlencode(query)}", self.admin_key)
        assert answer.status == 200, answer
        return dict(answer.json)

    def ids(self, path: str, **query: Any) -> list[str]:
        return [row["id"] for row in self.page(path, **query)["data"]]

    def walk(self, path: str, pages: int, **query: Any) -> Iterator[list[str]]:
        """So many pages, or as many as there are."""
        for _ in range(pages):
            page = self.page(path, **query)
            yield [row["id"] for row in page["data"]]
            if not page["has_more"]:
                return
            query["after"] = page["last_id"]

    def cost_s(self, path: str, **query: Any) -> float:
        """Of a page: the least of some, since others use the machine, too."""
        def ask() -> float:
            began = time.perf_counter()
            self.page(path, limit=20, **query)
            return time.perf_counter() - began
        return min(ask() for _ in range(15))


def filled(table: str, columns: dict[str, str]) -> str:
    return (f"INSERT INTO {table} ({', '.join(columns)}) {NUMBERS}"
            f"SELECT {', '.join(columns.values())} FROM n")


def people(prefix: str) -> list[str]:
    name = f"'{prefix}' || i"
    return [filled("users", {"id": name, "email": f"{name} || '@example.net'",
                             "email_folded": f"{name} || '@example.net'", "name": name,
                             "password_hash": "'!'", "created_unix_ms": TIME}),
            filled("memberships", {"organization_id": "':organization'", "user_id": name,
                                   "role": "'reader'", "created_unix_ms": TIME}),
            filled("project_members", {"project_id": "':project'", "user_id": name,
                                       "role": "'member'", "created_unix_ms": TIME})]


def keys(prefix: str, kind: str) -> list[str]:
    project = "NULL" if kind == "admin" else "':project'"
    digest = f"{' || '.join([SCATTERED] * 6)} || '00{prefix}'"
    return [filled("api_keys", {
        "id": f"'key_{prefix}{kind}' || i", "kind": f"'{kind}'", "name": "'many'",
        "redacted": "'sk-tg-...' || i", "digest": digest, "organization_id": "':organization'",
        "project_id": project, "user_id": "':owner'", "created_unix_ms": TIME})]


def audit() -> str:
    """In a chain of its own, for nothing is sealed here."""
    return filled("audit_log", {
        "chain": "'many'", "sequence": "i", "chain_version": "2", "at_unix_ms": TIME,
        "actor_kind": "'cli'", "actor_id": "'uid:0'", "actor_user_id": "''",
        "actor_address": "''", "organization_id": "':organization'", "project_id": "':project'",
        "action": "'project.updated'", "target": "':project'", "detail": "'{}'",
        "previous_hash": "''", "hash": "''"})


def calls(columns: list[str]) -> str:
    """Copies of the one call that there is."""
    changed = {"epoch": "900", "sequence": "i", "admitted_ms": TIME}
    values = ", ".join(changed.get(name, name) for name in columns)
    return f"INSERT INTO usage_events ({', '.join(columns)}) {NUMBERS}SELECT {values} FROM " \
           f"(SELECT * FROM usage_events LIMIT 1) AS one, n"


def fill(server: Tollgate, statements: list[tuple[str, dict[str, str | int]]]) -> None:
    with server.database_of_stopped() as execute:
        for sql, values in statements:
            for name, value in values.items():
                sql = sql.replace(f":{name}", str(value))
            execute(sql)
        if server.database:
            execute("ANALYZE")  # as PostgreSQL does by itself within a minute


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    print(f"seed {SEED}")
    with Tollgate("many-rows") as server:
        server.init().start()
        admin = server.create_key("admin", "admin")["key"]
        test_key = server.create_key("one call", "test")
        assert server.chat(test_key["key"], "hello").status == 200
        server.wait_for_calls(test_key["id"], 1, 10)
        small = server.json("projects", "create", "--name", "small")["id"]
        big = server.json("projects", "create", "--name", "big")["id"]
        row = server.ledger("SELECT organization_id, user_id FROM memberships")[0]
        columns = list(dict(server.ledger("SELECT * FROM usage_events LIMIT 1")[0]))
        server.stop()
        common: dict[str, str | int] = {"organization": row["organization_id"],
                                        "owner": row["user_id"]}
        much = {"project": big, "rows": ROWS, **common}
        little = {"project": small, "rows": FEW, **common}
        fill(server, [*((sql, much) for sql in (*people("user_b"), *keys("bb", "project"),
                                                *keys("cc", "admin"), audit(), calls(columns))),
                      *((sql, little) for sql in (*people("user_s"), *keys("dd", "project")))])
        server.start()
        yield World(server, admin, row["organization_id"], big, small, random.Random(SEED))


LISTS = {
    "users": ("organization/users", "SELECT user_id AS id FROM memberships"
              " ORDER BY created_unix_ms, user_id"),
    "project users": ("organization/projects/{project}/users",
                      "SELECT user_id AS id FROM project_members WHERE project_id = ?"
                      " ORDER BY created_unix_ms, user_id"),
    "project keys": ("organization/projects/{project}/api_keys",
                     "SELECT id FROM api_keys WHERE project_id = ? AND revoked_unix_ms IS NULL"
                     " ORDER BY created_unix_ms, id"),
    "admin keys": ("organization/admin_api_keys",
                   "SELECT id FROM api_keys WHERE kind = 'admin' AND revoked_unix_ms IS NULL"
                   " ORDER BY created_unix_ms, id"),
    "audit logs": ("organization/audit_logs",
                   "SELECT 'audit_log-' || chain || '-' || sequence AS id FROM audit_log"
                   " WHERE organization_id <> '' ORDER BY at_unix_ms DESC, chain_version DESC,"
                   " sequence DESC, chain DESC"),
    "calls": ("tollgate/calls",
              "SELECT 'call_' || epoch || '-' || worker || '-' || sequence AS id"
              " FROM usage_events ORDER BY admitted_ms DESC, epoch DESC, worker DESC,"
              " sequence DESC"),
}


@pytest.mark.parametrize("name", LISTS)
def test_pages_are_pieces_of_one_order(world: World, name: str) -> None:
    path, order = LISTS[name]
    path = path.format(project=world.project)
    rows = world.server.ledger(order, *[world.project] * order.count("?"))
    wanted = [row["id"] for row in rows]
    assert len(wanted) >= ROWS
    seen = [id for page in world.walk(path, 10, limit=LONGEST) for id in page]
    assert seen == wanted[:10 * LONGEST]
    for _ in range(20):
        place = world.chance.randrange(len(wanted) - 1)
        limit = world.chance.randrange(1, LONGEST + 1)
        after = wanted[place]
        assert world.ids(path, after=after, limit=limit) == wanted[place + 1:place + 1 + limit]
    last = world.page(path, after=wanted[-3], limit=2)
    assert [row["id"] for row in last["data"]] == wanted[-2:] and not last["has_more"]
    assert world.page(path, after=wanted[-4], limit=2)["has_more"]


def test_keys_that_come_and_go_move_no_other(world: World) -> None:
    """Every key that was there all the time is seen once, though the very key behind which the next
    page begins is revoked."""
    path = f"organization/projects/{world.small}/api_keys"
    before = world.ids(path, limit=LONGEST) + world.ids(
        path, limit=LONGEST, after=world.ids(path, limit=LONGEST)[-1])
    gone: set[str] = set()
    made: set[str] = set()
    seen: list[str] = []
    for page in world.walk(path, 1000, limit=7):
        seen += page
        ends = [page[-1], world.chance.choice(before)]
        for id in set(ends) - gone:
            answer = world.server.request("DELETE", f"/v1/{path}/{id}", None, world.admin_key)
            assert answer.status == 200, answer
            gone.add(id)
        if len(made) < 20:
            made.add(world.server.json("keys", "create", "--name", "new", "--project",
                                       world.small)["id"])
    assert len(seen) == len(set(seen)), "a key stands on two pages"
    stayed = [id for id in before if id not in gone]
    assert [id for id in seen if id in stayed] == stayed
    assert made <= set(seen)


@pytest.mark.parametrize("kind", ["api_keys", "users"])
def test_a_page_costs_the_same_of_many_as_of_few(world: World, kind: str) -> None:
    small = world.cost_s(f"organization/projects/{world.small}/{kind}")
    path, order = LISTS["project keys" if kind == "api_keys" else "project users"]
    rows = world.server.ledger(order, world.project)
    for place in (0, len(rows) // 2, len(rows) - 30):
        large = world.cost_s(path.format(project=world.project), after=rows[place]["id"])
        assert large < 3 * small + 0.005, f"{large * 1e3:.1f} ms of many, {small * 1e3:.1f} of few"


@pytest.mark.parametrize("name", ["users", "admin keys", "audit logs", "calls"])
def test_the_last_page_costs_what_the_first_does(world: World, name: str) -> None:
    path, order = LISTS[name]
    rows = world.server.ledger(order)
    first = world.cost_s(path)
    last = world.cost_s(path, after=rows[-30]["id"])
    assert last < 3 * first + 0.005, f"{last * 1e3:.1f} ms at the end, {first * 1e3:.1f} at first"


def test_what_is_no_item_is_refused_by_name(world: World) -> None:
    other = world.ids(f"organization/projects/{world.project}/api_keys", limit=1)[0]
    path = f"/v1/organization/projects/{world.small}/api_keys"
    for after in ("key_unknown", other, "user_b1"):
        answer = world.server.get(f"{path}?after={after}", world.admin_key)
        assert (answer.status, answer.error["param"]) == (400, "after"), answer
