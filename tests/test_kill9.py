# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random instants under load: each call that reached the upstream is in the ledger once.

The upstream notes the gateway's id of each call that arrives; after each restart, which recovers
the journal before it listens, the ledger is compared with those notes. TOLLGATE_KILLS says how
often (./dev proof: 50), TOLLGATE_SEED repeats a run.
"""
import http.client
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tollgate import Tollgate, chat_body, exchange, send, wait_for
from upstreams import Upstream

KILLS = int(os.environ.get("TOLLGATE_KILLS", "5"))
SEED = int(os.environ.get("TOLLGATE_SEED", str(random.randrange(2**32))))
CALLERS, STREAMERS = 6, 3


def call_until_it_dies(server: Tollgate, key: str, stopped: threading.Event, prompt: str) -> None:
    connection = server.connect()
    try:
        while not stopped.is_set():
            if prompt == "plain":
                exchange(connection, "POST", "/v1/chat/completions", chat_body("plain"), key)
            else:
                body = chat_body(prompt, stream=True)
                send(connection, "POST", "/v1/chat/completions", body, key)
                connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # what a client sees of kill -9
    finally:
        connection.close()


@contextmanager
def load(server: Tollgate, key: str, streamers: int) -> Iterator[None]:
    """Plain calls one after the other, and streams that do not end by themselves."""
    stopped = threading.Event()
    prompts = ["plain"] * CALLERS + ["trickle"] * streamers
    threads = [threading.Thread(target=call_until_it_dies, args=(server, key, stopped, prompt))
               for prompt in prompts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def check_ledger(server: Tollgate, upstream: Upstream, in_flight_max: int) -> None:
    reached, recorded = Counter(upstream.call_ids()), Counter(server.call_ids())
    assert "" not in reached, "the gateway sends its call's id upstream"
    assert {call for call, times in reached.items() if times > 1} == set(), "an id was used twice"
    assert {call for call, times in recorded.items() if times > 1} == set(), "charged twice"
    assert reached.keys() - recorded.keys() == set(), "reached the upstream and is not recorded"
    # Recorded and not seen upstream: on its way there when the server died.
    assert len(recorded.keys() - reached.keys()) <= in_flight_max
    totals = server.usage()["totals"]
    charges = server.ledger("SELECT sum(charge) AS charge FROM usage_events")[0]["charge"]
    assert (totals["calls"], totals["charge_nanousd"]) == (len(recorded), charges)


def test_every_call_that_reached_the_upstream_is_recorded_once() -> None:
    dice = random.Random(SEED)
    print(f"TOLLGATE_SEED={SEED}")
    upstream = Upstream()
    open_at_kill = 0
    with Tollgate("kill9") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        key = server.create_key("load")["key"]
        for kill in range(KILLS):
            before = len(upstream.calls)
            # Of three kills two have streams open.
            streamers = STREAMERS if kill % 3 != 2 else 0
            with load(server, key, streamers):
                wait_for(lambda: upstream.open_streams == streamers, what="open streams")
                wait_for(lambda: len(upstream.calls) >= before + 20, 20, "calls under way")
                time.sleep(dice.uniform(0, 0.15))  # the random instant, not a wait for something
                open_at_kill += upstream.open_streams > 0
                server.kill()
            wait_for(lambda: upstream.open_streams == 0, what="the upstream to notice")
            server.start()
            check_ledger(server, upstream, (kill + 1) * (CALLERS + STREAMERS))
        assert server.usage()["totals"]["interrupted"] >= open_at_kill
        assert open_at_kill * 2 >= KILLS
        assert server.stop() == 0
        check_ledger(server, upstream, KILLS * (CALLERS + STREAMERS))
        print(f"{KILLS} kills, {open_at_kill} of them with a stream open: {len(upstream.calls)} "
              "calls reached the upstream, each is in the ledger once")
    upstream.stop()


def test_idle_restart_changes_nothing() -> None:
    upstream = Upstream()
    with Tollgate("kill9-idle") as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        key = server.create_key("calls")
        assert server.chat(key["key"], "plain").status == 200
        before = server.wait_for_calls(key["id"], 1)
        for _ in range(2):
            server.kill()
            server.start()
            assert server.key_totals(key["id"]) == before
    upstream.stop()
