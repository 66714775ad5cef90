# SPDX-License-Identifier: Apache-2.0
"""What no SDK sends."""
import http.client
import json
import urllib.parse

from conformance.scenarios import scenario
from conformance.world import World

DEEP = '{"name":' + '{"a":' * 40 + "1" + "}" * 41
BODIES = [b"", b"[]", b"null", b"5", b'"name"', b"{", b'{"name":"x"} {}',
          b'{"name":"a","name":"b"}', b'{"name":"\xff\xfe"}', b'{"name":"\xc3"}',
          b'\xef\xbb\xbf{"name":5}', DEEP.encode(),
          b'{"name":"\\ud800"}', b'{"name":"with \\u0000 in it"}', b'{"name":"two\\nlines"}']


def ask(world: World, method: str, path: str, body: bytes | None = None, *,
        key: str | None = None, kind: str = "application/json") -> tuple[int, dict[str, str]]:
    address = urllib.parse.urlsplit(world.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    headers = {"Authorization": f"Bearer {key or world.admin_key}"} if key != "" else {}
    if body is not None:
        headers["Content-Type"] = kind
    try:
        connection.request(method, f"/v1/organization/{path}", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read()).get("error", {})
    finally:
        connection.close()


@scenario("projects.create", "projects.list")
def a_body_that_is_none_is_refused(world: World) -> None:
    before = len(list(world.organization.projects.list()))
    for body in BODIES:
        status, error = ask(world, "POST", "projects", body)
        assert status == 400 and error["message"], f"{body[:60]!r}: {status} {error}"
    status, error = ask(world, "POST", "projects", b'{"name":"x"}', kind="text/plain")
    assert 400 <= status < 500, error
    assert len(list(world.organization.projects.list())) == before


@scenario("projects.list")
def without_a_key_nothing_is_told(world: World) -> None:
    for path in ("projects", "users", "certificates", "nothing"):
        status, error = ask(world, "GET", path, key="")
        assert status == 401 and error["code"] is None, f"{path}: {status} {error}"


@scenario("projects.list", "projects.retrieve")
def a_path_or_method_that_is_none_is_refused(world: World) -> None:
    assert ask(world, "GET", "nothing")[0] == 404
    assert ask(world, "GET", "projects/")[0] == 404
    assert ask(world, "PUT", "projects", b"{}")[0] == 405
    assert ask(world, "PATCH", f"projects/{world.own['project_id']}", b"{}")[0] == 405
    assert ask(world, "DELETE", f"projects/{world.own['project_id']}")[0] == 405
    for path in ("projects/%00", "projects/%ff", "projects/..", "projects/" + "x" * 4000):
        assert ask(world, "GET", path)[0] in (400, 404), path


@scenario("projects.update", "projects.list")
def a_field_in_the_wrong_place_is_refused(world: World) -> None:
    path = f"projects/{world.own['project_id']}"
    status, error = ask(world, "POST", f"{path}?name=x", b"{}")
    assert (status, error["param"]) == (400, "name")
    status, error = ask(world, "GET", path, b'{"limit":5}')
    assert status == 400, error
