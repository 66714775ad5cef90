# SPDX-License-Identifier: Apache-2.0
"""An overloaded worker takes no new call, and finishes those that it has."""
from __future__ import annotations

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from tollgate import Answer, Tollgate, chat_body, secret, wait_for
from upstreams import CREDENTIAL, Upstream

METRICS = secret("metrics-token-overload-9d1f")
BODY_BYTES_MAX = 1 << 20


def assert_shed(answer: Answer) -> None:
    assert answer.status == 503 and answer.error["code"] == "server_is_overloaded", answer
    assert answer.error["type"] == "service_unavailable_error"
    assert int(answer.headers["retry-after"]) > 0


def readiness(server: Tollgate) -> tuple[int, bytes]:
    answer = server.get("/readyz", None)
    return answer.status, answer.body


def test_too_many_running_calls(upstream: Upstream) -> None:
    environment = {"TOLLGATE_METRICS_TOKEN": METRICS}
    with (Tollgate("overload-calls", 1, environment, ("--worker-calls-max", "2")) as server,
          ThreadPoolExecutor(2) as pool):
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        key = server.create_key()
        server.limit("key", key["id"], requests=2, per="day")
        upstream.release.clear()
        before = len(upstream.calls)
        held = [pool.submit(server.chat, key["key"], "hold") for _ in range(2)]
        wait_for(lambda: len(upstream.calls) == before + 2, what="two calls upstream")

        assert_shed(server.chat(key["key"], "plain"))
        assert_shed(server.chat("sk-tg-proj-nobody", "plain"))
        assert readiness(server) == (503, b"overloaded\n")
        assert b'tollgate_refusals_total{reason="overloaded"} 2' in server.get("/metrics",
                                                                               METRICS).body
        upstream.release.set()
        assert [call.result().status for call in held] == [200, 200]
        assert len(upstream.calls) == before + 2
        assert readiness(server)[0] == 200
        assert server.limits(key["id"])[0]["spent"] == 2, "what was refused counts nowhere"
        assert server.wait_for_calls(key["id"], 2)["calls"] == 2
        server.verify()


def body_pieces(server: Tollgate, key: str, announced: int, sent: int) -> socket.socket:
    """A call whose body does not come to its end."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n"
                       b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
                       % (key.encode(), announced) + b" " * sent)
    return connection


def test_too_many_bytes_of_bodies(upstream: Upstream) -> None:
    with Tollgate("overload-bodies", 1,
                  {"TOLLGATE_METRICS_TOKEN": METRICS},
                  ("--worker-body-bytes-max", str(BODY_BYTES_MAX))) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        key = server.create_key()["key"]

        def in_memory() -> int:
            text = server.get("/metrics", METRICS).body.decode()
            return int(text.partition('tollgate_body_bytes{worker="0"} ')[2].split()[0])
        whole = [body_pieces(server, key, BODY_BYTES_MAX, BODY_BYTES_MAX * 15 // 32)
                 for _ in range(2)]
        wait_for(lambda: in_memory() >= BODY_BYTES_MAX * 15 // 16, what="two bodies in memory")
        assert_shed(server.chat(key, "plain"))
        assert readiness(server) == (503, b"overloaded\n")
        # One of them goes on, and there is no more room for it either.
        whole[0].sendall(b" " * (BODY_BYTES_MAX // 8))
        assert whole[0].recv(4096).startswith(b"HTTP/1.1 503 ")
        for connection in whole:
            connection.close()
        wait_for(lambda: in_memory() == 0, what="the bodies' end")
        assert server.chat(key, "plain").status == 200
        big = chat_body("plain " + "x" * (BODY_BYTES_MAX // 2))
        for _ in range(5):
            assert server.post("/v1/chat/completions", big, key).status == 200
        assert in_memory() == 0


def test_a_worker_that_comes_too_late(upstream: Upstream) -> None:
    """Stopped as by a busy machine, it is late; and soon it is not any more."""
    with Tollgate("overload-lag", 1, flags=("--worker-lag-max-ms", "500")) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        key = server.create_key()["key"]
        assert server.process
        server.process.send_signal(signal.SIGSTOP)
        continued_at = time.monotonic() + 3
        wait_for(lambda: time.monotonic() >= continued_at, what="three seconds")
        server.process.send_signal(signal.SIGCONT)
        wait_for(lambda: server.chat(key, "plain").status == 503, what="a refusal")
        wait_for(lambda: server.chat(key, "plain").status == 200, what="no refusal any more")
