# SPDX-License-Identifier: Apache-2.0
"""Lists of very many rows: pages join without a gap and without a row twice, while rows come and
go. What a page costs is counted beside the code (identity/page_costs_test.cc and its like).

20,000 rows each here; TOLLGATE_ROWS=1000000 fills a million. How long pages took is printed. With
TOLLGATE_WALK=plain, lists are walked without OpenAI's client, which is slower than the server: ten
thousand pages by it take minutes more.
"""
from __future__ import annotations

import contextlib
import json
import os
import random
import statistics
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
import pytest

import tollgate
from tollgate import Tollgate, secret, wait_for

ROWS = int(os.environ.get("TOLLGATE_ROWS", 20_000))
PLAIN = os.environ.get("TOLLGATE_WALK") == "plain"
FEW = 200
SEED = random.randrange(1 << 30)
LONGEST = 100  # the largest page
BEGAN_MS = 1_700_000_000_000
# Seven rows share a millisecond, and the order of making is not that of ids.
TIME = f"{BEGAN_MS} + (i * 7919) % :rows / 7"
NUMBERS = ("WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL "
           "SELECT i + 1 FROM n WHERE i < :rows) ")


def id_of(row: dict[str, Any]) -> str:
    """A project's groups are told by `group_id`."""
    return str(row.get("id") or row["group_id"])


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
        return [id_of(row) for row in self.page(path, **query)["data"]]

    def walk(self, path: str, pages: int, **query: Any) -> Iterator[list[str]]:
        """So many pages, or as many as there are."""
        for _ in range(pages):
            page = self.page(path, **query)
            yield [id_of(row) for row in page["data"]]
            if not page["has_more"]:
                return
            query["after"] = page["next"] if "next" in page else page["last_id"]


def median_and_worst_ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:.1f}/{max(seconds) * 1e3:.1f}"


@dataclass
class Walker:
    """OpenAI's client, and how long each request of a walk took."""
    world: World
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        began: dict[httpx2.Request, float] = {}

        def note_request(request: httpx2.Request) -> None:
            began[request] = time.perf_counter()

        def note(response: httpx2.Response) -> None:
            response.read()
            self.seconds.append(time.perf_counter() - began.pop(response.request))
        self.client = openai.OpenAI(
            admin_api_key=self.world.admin_key, base_url=self.world.server.url, max_retries=0,
            timeout=60, http_client=httpx2.Client(event_hooks={"request": [note_request],
                                                               "response": [note]}))
        self.organization = self.client.admin.organization

    def walk(self, path: str, listed: Callable[[], Iterable[Any]]) -> Iterator[str]:
        """The ids of all that `listed` gives, which the client reads from `path`."""
        yield from self._walk_plainly(path) if PLAIN else (item.id for item in listed())

    def _walk_plainly(self, path: str) -> Iterator[str]:
        query: dict[str, Any] = {"limit": LONGEST}
        headers = {"Authorization": f"Bearer {self.world.admin_key}"}
        with contextlib.closing(self.world.server.connect(timeout=60)) as connection:
            while True:
                began = time.perf_counter()
                connection.request("GET", f"/v1/{path}?{urllib.parse.urlencode(query)}",
                                   headers=headers)
                answer = connection.getresponse()
                page = json.loads(answer.read())
                self.seconds.append(time.perf_counter() - began)
                assert answer.status == 200, page
                yield from (id_of(row) for row in page["data"])
                if not page["has_more"]:
                    return
                query["after"] = page["last_id"]

    def report(self, name: str, rows: int) -> None:
        """Where the walk began, in its middle and at its end: 20 pages each."""
        asked = self.seconds
        middle = len(asked) // 2
        parts = {"all": asked, "start": asked[:20], "middle": asked[middle - 10:middle + 10],
                 "end": asked[-20:]}
        print(f"rows {rows:,} of {name}: {len(asked):,} pages; median/worst ms a page: "
              + ", ".join(f"{part} {median_and_worst_ms(of)}" for part, of in parts.items()))


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
    # Scattered over all their bits, as digests are: the table of keys is slow with others.
    digest = (f"md5('{prefix}' || i) || md5(i || '{prefix}')" if tollgate.POSTGRESQL
              else "lower(hex(randomblob(32)))")
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


def service_accounts() -> list[str]:
    return [filled("service_accounts", {"id": "'robot_b' || i", "project_id": "':project'",
                                        "name": "'many'", "created_unix_ms": TIME})]


def projects() -> list[str]:
    return [filled("projects", {"id": "'proj_b' || i", "organization_id": "':organization'",
                                "name": "'many'", "created_unix_ms": TIME})]


def invites() -> list[str]:
    return [filled("invites", {
        "id": "'invite-b' || i", "organization_id": "':organization'",
        "email": "'guest' || i || '@example.net'", "email_folded": "'guest' || i || '@example.net'",
        "role": "'reader'", "projects": "'[]'", "token_hash": "'b' || i", "inviter_id": "':owner'",
        "created_unix_ms": TIME, "expires_unix_ms": TIME})]


def groups() -> list[str]:
    return [filled("user_groups", {"id": "'group_b' || i", "organization_id": "':organization'",
                                   "name": "'group ' || i", "created_unix_ms": TIME}),
            filled("group_members", {"group_id": "'group_b1'", "user_id": "'user_b' || i",
                                     "created_unix_ms": TIME}),
            filled("project_groups", {"project_id": "':project'", "group_id": "'group_b' || i",
                                      "created_unix_ms": TIME})]


TABLES = ("users", "memberships", "project_members", "api_keys", "audit_log", "usage_events",
          "service_accounts", "projects", "invites", "user_groups", "group_members",
          "project_groups")


def indexes(server: Tollgate, execute: Callable[..., Any]) -> list[tuple[str, str]]:
    """Those that no constraint needs: their names, and how they were made."""
    names = ", ".join(f"'{table}'" for table in TABLES)
    if server.database:
        rows = execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN "
                       f"({names}) AND indexname NOT IN (SELECT conname FROM pg_constraint)")
    else:
        rows = execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"
                       f" AND tbl_name IN ({names}) AND sql IS NOT NULL")
    return [(name, sql) for name, sql in rows.fetchall()]


def fill(server: Tollgate, statements: list[tuple[str, dict[str, str | int]]]) -> None:
    """Rows by the million: indexes are made anew behind them, which takes a tenth of the time, and
    nothing waits for the disk."""
    with server.changed_database() as execute:
        for setting in (("SET session_replication_role = replica",
                         "SET maintenance_work_mem = '1GB'") if server.database else
                        ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF",
                         "PRAGMA cache_size = -1000000")):
            execute(setting)
        dropped = indexes(server, execute)
        for name, _ in dropped:
            execute(f"DROP INDEX {name}")
        for sql, values in statements:
            for name, value in values.items():
                sql = sql.replace(f":{name}", str(value))
            execute(sql)
        for _, made in dropped:
            execute(made)
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
                                                *keys("cc", "admin"), audit(), calls(columns),
                                                *service_accounts(), *projects(), *invites(),
                                                *groups())),
                      *((sql, little) for sql in (*people("user_s"), *keys("dd", "project")))])
        server.launch()
        # Keys are read at start, 300,000 a second.
        seconds = 20 + ROWS / 10_000
        server.port = wait_for(server.port_in_log, seconds, "the line with the address")
        wait_for(server.is_ready, seconds, "/readyz")
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
    "service accounts": ("organization/projects/{project}/service_accounts",
                         "SELECT id FROM service_accounts WHERE project_id = ?"
                         " AND deleted_unix_ms IS NULL ORDER BY created_unix_ms, id"),
    "projects": ("organization/projects",
                 "SELECT id FROM projects WHERE archived_unix_ms IS NULL"
                 " ORDER BY created_unix_ms, id"),
    "invites": ("organization/invites",
                "SELECT id FROM invites ORDER BY created_unix_ms DESC, id DESC"),
    "groups": ("organization/groups",
               "SELECT id FROM user_groups ORDER BY created_unix_ms, id"),
    "group members": ("organization/groups/group_b1/users",
                      "SELECT user_id AS id FROM group_members WHERE group_id = 'group_b1'"
                      " ORDER BY created_unix_ms DESC, user_id DESC"),
    "project groups": ("organization/projects/{project}/groups",
                       "SELECT group_id AS id FROM project_groups WHERE project_id = ?"
                       " ORDER BY created_unix_ms, group_id"),
    "our keys": ("tollgate/keys", "SELECT id FROM api_keys ORDER BY created_unix_ms DESC, id DESC"),
    "our invites": ("tollgate/invites",
                    "SELECT id FROM invites ORDER BY created_unix_ms DESC, id DESC"),
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
    assert [id_of(row) for row in last["data"]] == wanted[-2:] and not last["has_more"]
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


class Changes:
    """Rows that are made and deleted while a list is walked, none of them where the walk is."""

    def __init__(self, world: World, ids: list[str], make: Callable[[], str],
                 delete: Callable[[str], object]):
        self.world, self.ids, self.make, self.delete = world, ids, make, delete
        self.made: set[str] = set()
        self.gone: set[str] = set()

    def happen(self, place: int) -> None:
        self.made.add(self.make())
        # Two that the walk has passed by, and two that it will come to.
        for low, high in ((0, place - 2 * LONGEST), (place + 2 * LONGEST, len(self.ids) - 1)):
            for _ in range(2 if high > low else 0):
                id = self.ids[self.world.chance.randrange(low, high)]
                if id not in self.gone:
                    self.gone.add(id)
                    self.delete(id)


def check_walk(changes: Changes, walked: Iterable[str]) -> int:
    """Through the whole list, with 50 times something that happens meanwhile."""
    seen: list[str] = []
    every = max(len(changes.ids) // 50, LONGEST)
    for id in walked:
        seen.append(id)
        if len(seen) % every == 0 and len(seen) < len(changes.ids):
            changes.happen(len(seen))
    assert len(seen) == len(set(seen)), "a row stands on two pages"
    assert len(changes.made) >= 10 and len(changes.gone) >= 20
    stayed = [id for id in changes.ids if id not in changes.gone]
    assert [id for id in seen if id not in changes.made and id not in changes.gone] == stayed
    assert changes.made <= set(seen), "the newest are the last"
    return len(seen)


def wanted_of(world: World, name: str) -> list[str]:
    order = LISTS[name][1]
    return [row["id"] for row in world.server.ledger(order, *[world.project] * order.count("?"))]


def test_all_keys_are_walked_while_some_come_and_go(world: World) -> None:
    of_keys = Walker(world).organization.projects.api_keys
    changes = Changes(
        world, wanted_of(world, "project keys"),
        lambda: str(world.server.operate("create_key", name="new", project_id=world.project)["id"]),
        lambda id: of_keys.delete(id, project_id=world.project))
    walker = Walker(world)
    seen = check_walk(changes, walker.walk(
        f"organization/projects/{world.project}/api_keys",
        lambda: walker.organization.projects.api_keys.list(world.project, limit=LONGEST)))
    walker.report("project keys", seen)


def test_all_service_accounts_are_walked_while_some_come_and_go(world: World) -> None:
    of_accounts = Walker(world).organization.projects.service_accounts
    changes = Changes(
        world, wanted_of(world, "service accounts"),
        lambda: of_accounts.create(world.project, name="new",
                                   extra_body={"create_service_account_only": True}).id,
        lambda id: of_accounts.delete(id, project_id=world.project))
    walker = Walker(world)
    seen = check_walk(changes, walker.walk(
        f"organization/projects/{world.project}/service_accounts",
        lambda: walker.organization.projects.service_accounts.list(world.project, limit=LONGEST)))
    walker.report("service accounts", seen)


def test_all_users_are_walked_while_some_come_and_go(world: World) -> None:
    of_users = Walker(world).organization.users
    numbers = iter(range(1_000_000))
    changes = Changes(
        world, wanted_of(world, "users"),
        lambda: str(world.server.operate(
            "add_user", email=f"new{next(numbers)}@example.org",
            password=secret("a long password for somebody new"))["id"]),
        of_users.delete)
    walker = Walker(world)
    seen = check_walk(changes, walker.walk(
        "organization/users", lambda: walker.organization.users.list(limit=LONGEST)))
    walker.report("users", seen)


def test_what_is_no_item_is_refused_by_name(world: World) -> None:
    other = world.ids(f"organization/projects/{world.project}/api_keys", limit=1)[0]
    path = f"/v1/organization/projects/{world.small}/api_keys"
    for after in ("key_unknown", other, "user_b1"):
        answer = world.server.get(f"{path}?after={after}", world.admin_key)
        assert (answer.status, answer.error["param"]) == (400, "after"), answer
