# SPDX-License-Identifier: Apache-2.0
"""/metrics: true numbers, as Prometheus' own library parses them, for who may see them."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from object_upstream import ObjectUpstream
from tollgate import Tollgate, chat_body, secret, wait_for
from upstreams import CREDENTIAL, Upstream

TOKEN = secret("metrics-token-71c0e5d2")
CHAT = "/v1/chat/completions"
Samples = dict[tuple[str, ...], float]


@pytest.fixture(scope="module")
def measured(upstream: Upstream) -> Iterator[Tollgate]:
    with Tollgate("metrics", environment={"TOLLGATE_METRICS_TOKEN": TOKEN}) as server:
        server.init().start()
        server.add_provider("upstream", upstream.url, CREDENTIAL)
        yield server


def scrape(server: Tollgate) -> Samples:
    answer = server.get("/metrics", TOKEN)
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain")
    return {(sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.body.decode())
            for sample in family.samples}


def total(samples: Samples, name: str) -> float:
    return sum(value for key, value in samples.items() if key[0] == name)


def test_calls_are_counted_by_how_they_ended(measured: Tollgate, upstream: Upstream) -> None:
    key = measured.create_key("counted")["key"]
    before = scrape(measured)
    for text in ("plain", "plain", "error-500", "disconnect"):
        measured.chat(key, text)
    measured.chat(key, "plain", model="nothing")
    measured.chat("sk-tg-proj-nobody", "plain")
    after = scrape(measured)

    def grown(*sample: str) -> float:
        return after.get(sample, 0) - before.get(sample, 0)
    assert grown("tollgate_calls_total", CHAT, "completed") == 2
    assert grown("tollgate_calls_total", CHAT, "upstream_error") == 1
    assert grown("tollgate_calls_total", CHAT, "upstream_failed") == 1
    assert grown("tollgate_refusals_total", "model_not_found") == 1
    assert grown("tollgate_refusals_total", "key_invalid") == 1
    assert grown("tollgate_tokens_total", CHAT, "output") == 2000
    assert grown("tollgate_call_duration_seconds_count", CHAT) == 4
    assert grown("tollgate_overhead_seconds_count", CHAT) == 3
    assert total(after, "tollgate_upstream_connections_total") > 0


def test_what_runs_is_seen_while_it_runs(measured: Tollgate, upstream: Upstream) -> None:
    key = measured.create_key("running")["key"]
    streams = [measured.open_stream(key, "idle") for _ in range(3)]
    samples = scrape(measured)
    assert total(samples, "tollgate_running_calls") == 3
    assert total(samples, "tollgate_connections") >= 4, "three streams and the scrape"
    for stream in streams:
        stream.close()
    wait_for(lambda: total(scrape(measured), "tollgate_running_calls") == 0, what="no call runs")


def test_clients_cannot_make_lines(measured: Tollgate) -> None:
    """A label's value is never something that a client chose."""
    key = measured.create_key("labels")["key"]
    number = len(scrape(measured))
    for name in range(20):
        measured.post(CHAT, chat_body("plain", f"model-{name}"), key,
                      headers={"User-Agent": f"agent-{name}"})
        measured.post(f"/v1/path-{name}", {}, key)
    assert len(scrape(measured)) <= number + 2


@pytest.mark.parametrize("token", [None, "nobody", TOKEN[:-1], TOKEN + "x"])
def test_metrics_need_the_operators_token(measured: Tollgate, token: str | None) -> None:
    answer = measured.get("/metrics", token)
    assert answer.status == 401 and answer.error["code"] == "invalid_api_key"


def test_no_key_opens_them(measured: Tollgate) -> None:
    for kind in ("project", "admin"):
        assert measured.get("/metrics", measured.create_key(kind, kind)["key"]).status == 401


def test_without_a_token_there_are_no_metrics(rough: Tollgate) -> None:
    for token in (None, "", TOKEN):
        assert rough.get("/metrics", token).status == 404


def test_the_token_may_stand_in_a_file() -> None:
    server = Tollgate("metrics-file")
    path = server.folder.parent.parent / "metrics-token"
    path.write_text(TOKEN + "\n")
    server.environment["TOLLGATE_METRICS_TOKEN_FILE"] = str(path)
    with server.init().start():
        assert server.get("/metrics", TOKEN).status == 200


def test_work_that_goes_on_is_counted_when_it_ends() -> None:
    provider = ObjectUpstream()
    with Tollgate("metrics-work", 1, {"TOLLGATE_METRICS_TOKEN": TOKEN}) as server:
        server.init().start()
        server.add_provider("upstream", provider.url, CREDENTIAL)
        answer = server.post("/v1/responses", {"model": "gpt-4.1-mini", "input": "hello",
                                               "background": True}, server.create_key()["key"])
        assert answer.status == 200, answer
        completed = ("tollgate_calls_total", "/v1/responses", "completed")
        samples = scrape(server)
        assert total(samples, "tollgate_open_work") == 1 and not samples.get(completed)
        provider.finish(answer.json["id"])
        wait_for(lambda: scrape(server).get(completed) == 1, 20, "the response among the calls")
        samples = scrape(server)
        assert total(samples, "tollgate_open_work") == total(samples, "tollgate_running_calls") == 0
        assert samples["tollgate_tokens_total", "/v1/responses", "output"] == 30
    provider.stop()
