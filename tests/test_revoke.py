# SPDX-License-Identifier: Apache-2.0
"""A revoked key is dead at once: on every worker, and in the streams that it has open."""
import time

import pytest

from tollgate import Tollgate, chat_body, events, exchange, secret, wait_for
from upstreams import Upstream

# Enough that the kernel spreads them over both workers' listeners.
CONNECTIONS = 32


def assert_refused(answer) -> None:
    assert answer.status == 401, answer
    assert answer.error["code"] == "invalid_api_key"
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("kind", ["project", "test"])
def test_next_call_on_every_connection_is_refused(rough: Tollgate, kind: str) -> None:
    key = rough.create_key("to be revoked", kind)
    connections = [rough.connect() for _ in range(CONNECTIONS)]
    body = chat_body("plain")

    def call(connection):
        return exchange(connection, "POST", "/v1/chat/completions", body, key["key"])

    assert {call(connection).status for connection in connections} == {200}
    rough.run("keys", "revoke", key["id"]).check_returncode()
    for connection in connections:
        assert_refused(call(connection))
        connection.close()


def test_other_keys_go_on(rough: Tollgate) -> None:
    revoked, other = rough.create_key("revoked"), rough.create_key("other")
    rough.run("keys", "revoke", revoked["id"]).check_returncode()
    assert_refused(rough.chat(revoked["key"], "plain"))
    assert rough.chat(other["key"], "plain").status == 200


@pytest.mark.parametrize("behaviour", ["trickle", "idle"])
def test_open_streams_end(rough: Tollgate, upstream: Upstream, behaviour: str) -> None:
    key, other = rough.create_key("streams"), rough.create_key("other")
    streams = [rough.open_stream(key["key"], behaviour) for _ in range(8)]
    spared = rough.open_stream(other["key"], "trickle")
    for stream in streams:
        assert next(events(stream))
    wait_for(lambda: upstream.open_streams == 9, what="all streams at the upstream")

    rough.run("keys", "revoke", key["id"]).check_returncode()
    revoked_at = time.monotonic()
    rest = [list(events(stream)) for stream in streams]
    assert time.monotonic() - revoked_at < 1.0
    assert all("[DONE]" not in stream for stream in rest)
    # The provider is told as well, so that it stops writing.
    wait_for(lambda: upstream.open_streams == 1, what="the upstream's streams to end")
    assert next(events(spared)), "another key's stream was cut"
    spared.close()

    totals = rough.wait_for_calls(key["id"], 8)
    assert totals["charge_nanousd"] > 0, "what was sent is charged"


def worker_of(answer) -> str:
    """Call ids say which worker has the connection: call_EPOCH-WORKER-NUMBER."""
    return answer.headers["x-request-id"].split("-")[1]


def test_a_key_deleted_over_the_api_is_dead_on_every_worker(
        rough: Tollgate, upstream: Upstream) -> None:
    admin = rough.create_key("admin", "admin")["key"]
    key = rough.operate("create_key", name="deleted over the API")
    value = secret(key["value"])
    body = chat_body("plain")
    streams = [rough.open_stream(value, "idle") for _ in range(CONNECTIONS)]
    waiting = [rough.connect() for _ in range(CONNECTIONS)]
    answers = [exchange(each, "POST", "/v1/chat/completions", body, value) for each in waiting]
    for of in streams, answers:
        assert {worker_of(each) for each in of} == {"0", "1"}
    for stream in streams:
        assert next(events(stream))

    path = f"/v1/organization/projects/{key['project_id']}/api_keys/{key['id']}"
    assert rough.request("DELETE", path, None, admin).json["deleted"]
    for connection in waiting:
        assert_refused(exchange(connection, "POST", "/v1/chat/completions", body, value))
        connection.close()
    # Silent ones, which nothing but the revocation ends.
    assert all("[DONE]" not in list(events(stream)) for stream in streams)
    wait_for(lambda: upstream.open_streams == 0, what="the upstream's streams to end")


def test_open_stream_of_the_sandbox_ends(rough: Tollgate) -> None:
    key = rough.create_key("slow", "test")
    stream = rough.open_stream(key["key"], "hello", model="sandbox/slow")
    assert next(events(stream))
    rough.run("keys", "revoke", key["id"]).check_returncode()
    revoked_at = time.monotonic()
    assert "[DONE]" not in list(events(stream))
    assert time.monotonic() - revoked_at < 1.0


def test_revoked_key_stays_revoked_after_a_restart(rough: Tollgate) -> None:
    key = rough.create_key("restart")
    rough.run("keys", "revoke", key["id"]).check_returncode()
    assert rough.stop() == 0
    rough.start()
    assert_refused(rough.chat(key["key"], "plain"))


def test_key_revoked_on_a_stopped_folder_is_dead_at_the_next_start(rough: Tollgate) -> None:
    key = rough.create_key("stopped")
    assert rough.stop() == 0
    rough.run("keys", "revoke", key["id"]).check_returncode()
    rough.start()
    assert_refused(rough.chat(key["key"], "plain"))
