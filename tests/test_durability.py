# SPDX-License-Identifier: Apache-2.0
"""`--durability call`: nothing goes upstream before the disk has its records."""
from faults import injected, settle_all
from tollgate import Tollgate, wait_for
from upstreams import Upstream


def test_call_goes_out_only_when_the_disk_has_it() -> None:
    upstream = Upstream()
    with Tollgate("durable", flags=("--durability", "call")) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url)
        key = server.create_key("durable")
        assert server.chat(key["key"], "plain").status == 200
        server.wait_for_calls(key["id"], 1)
        reached = len(upstream.calls)
        with injected(server, "fdatasync", "error=EIO"):
            refused = server.chat(key["key"], "plain")
            assert refused.status == 503, refused
            assert refused.error["code"] == "server_is_overloaded"
        # Linux takes for written what it could not write: only a restart can be believed again.
        assert server.chat(key["key"], "plain").status == 503
        ready = server.get("/readyz", key=None)
        assert (ready.status, b"synced" in ready.body) == (503, True), ready
        assert len(upstream.calls) == reached
        server.kill()
        server.start()
        assert server.chat(key["key"], "plain").status == 200
        wait_for(lambda: len(upstream.calls) == reached + 1, what="the call upstream")
        settle_all(server, upstream)
        charged = server.ledger("SELECT * FROM usage_events WHERE charge > 0")
        assert len(charged) == len(upstream.calls) == reached + 1
        server.verify()
    upstream.stop()
