# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning jobs: held for what they may train, settled by what they have trained, whether or not
anybody reads them."""
from __future__ import annotations

import io
import json
import pathlib
from typing import Any

import openai
import pytest

from call_log import line_about
from object_clients import MODEL, client, client_of, provider, stranger  # noqa: F401
from object_upstream import ObjectUpstream
from tollgate import Tollgate, secret, wait_for
from training_jobs import (PRICE, TRAINED, call_of, charge, epochs, example,  # noqa: F401
                           examples, gateway, jobs_made, key, money, settled, train, upload)
from upstreams import CREDENTIAL

OTHER = "gpt-4.1"  # has no price for training


def test_a_job_is_held_and_settled_by_what_it_trained_though_nobody_reads_it(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str]) -> None:
    client = client_of(gateway, key["key"])
    file = examples(50)
    job = train(client, file, method=epochs(2), suffix="mine", seed=7)
    assert job.status == "validating_files"
    line = line_about(gateway, key=key["id"], endpoint="/v1/fine_tuning/jobs")
    assert (line["message"], line["status"], line["goes_on"]) == ("call", 200, True)
    content = len(file.getvalue()) - 50  # without the lines' ends
    assert money(gateway, key) == (charge(2 * content), 0)
    provider.finish(job.id, "running")
    result = provider.add_file(b"step,loss\n", "fine-tune-results", "results.csv")["id"]
    provider.finish(job.id, "succeeded", trained_tokens=TRAINED, result_files=[result],
                    fine_tuned_model=f"ft:{MODEL}:org::1")
    assert settled(gateway, key) == charge(TRAINED)
    ended = line_about(gateway, message="work upstream has ended", call=line["request"])
    assert (ended["kind"], ended["object"], ended["status"]) == (
        "fine-tuning job", job.id, "succeeded")
    # Its results are the project's.
    assert client.files.content(result).read() == b"step,loss\n"
    assert client.fine_tuning.jobs.retrieve(job.id).trained_tokens == TRAINED
    got = gateway.explained(line["request"])
    assert [(term["unit"], term["count"], term["source"], term["price"]) for term in got["terms"]
            ] == [("input_text_token", TRAINED, "provider",
                   {"unit": "input_text_token", "tier": "training", "nanousd_per_million": PRICE})]
    assert got["agrees"] and got["basis"] == "terms" and got["flags"] == []
    assert got["charge_nanousd"] == got["cost_nanousd"] == charge(TRAINED)
    shown = gateway.run("explain", line["request"])
    assert "5768" in shown.stdout and "a million, training" in shown.stdout
    event = dict(gateway.event(line["request"]))
    assert (event["input_text_tokens"], event["model"]) == (TRAINED, MODEL)
    totals = gateway.key_totals(key["id"])
    assert totals["input_tokens"] == TRAINED and totals["charge_nanousd"] == charge(TRAINED)


@pytest.mark.parametrize("status, trained", [
    ("failed", None), ("cancelled", None), ("failed", 120), ("cancelled", 1234)])
def test_a_job_that_does_not_succeed_costs_what_it_had_trained(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str], status: str,
        trained: int | None) -> None:
    client = client_of(gateway, key["key"])
    job = train(client)
    if status == "cancelled" and trained is None:
        client.fine_tuning.jobs.cancel(job.id)
    else:
        provider.finish(job.id, status, trained_tokens=trained)
    assert settled(gateway, key) == charge(trained or 0)


def test_a_job_that_has_succeeded_and_never_says_what_it_trained_costs_what_was_held(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str]) -> None:
    job = train(client_of(gateway, key["key"]))
    held = money(gateway, key)[0]
    provider.finish(job.id, "succeeded", trained_tokens=None)
    assert settled(gateway, key) == held
    assert line_about(gateway, object=job.id, level="error")


def test_a_job_that_is_paused_has_not_ended(gateway: Tollgate, provider: ObjectUpstream,
                                            stranger: openai.OpenAI,
                                            key: dict[str, str]) -> None:
    client = client_of(gateway, key["key"])
    job = train(client)
    held = money(gateway, key)
    path = f"/v1/fine_tuning/jobs/{job.id}"
    assert client.fine_tuning.jobs.pause(job.id).status == "paused"
    asked = provider.asked("GET", path)
    wait_for(lambda: provider.asked("GET", path) > asked + 1, 20, "its being asked after")
    assert money(gateway, key) == held
    with pytest.raises(openai.NotFoundError):
        stranger.fine_tuning.jobs.resume(job.id)
    assert client.fine_tuning.jobs.resume(job.id).status == "running"
    provider.finish(job.id, "succeeded", trained_tokens=TRAINED)
    assert settled(gateway, key) == charge(TRAINED)


def test_what_it_trains_beyond_its_bound_is_charged_and_told(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str]) -> None:
    job = train(client_of(gateway, key["key"]), examples(2), method=epochs(1))
    provider.finish(job.id, "succeeded", trained_tokens=9000)
    assert settled(gateway, key) == charge(9000)
    call = call_of(gateway, key)
    assert "over_bound" in [flag["name"] for flag in gateway.explained(call)["flags"]]


# What is held.

@pytest.mark.parametrize("fields, count, times", [
    ({}, 50, 3), ({}, 10, 10), ({}, 1, 25), ({"method": epochs("auto")}, 200, 3),
    ({"hyperparameters": {"n_epochs": 4}}, 10, 4),
    ({"method": {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 1}}}}, 10, 2)])
def test_a_job_holds_its_file_as_often_as_it_may_go_through_it(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str], fields: dict[str, Any],
        count: int, times: int) -> None:
    file = examples(count)
    job = train(client_of(gateway, key["key"]), file, **fields)
    assert money(gateway, key) == (charge(times * (len(file.getvalue()) - count)), 0)
    provider.finish(job.id, "failed")


def test_an_image_is_held_as_an_image(gateway: Tollgate, provider: ObjectUpstream,
                                      key: dict[str, str]) -> None:
    data = "data:image/png;base64," + "A" * 400_000
    line = {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": data}}]}]}
    file = examples(1, line)
    job = train(client_of(gateway, key["key"]), file, method=epochs(1))
    text = len(file.getvalue()) - 1 - len(data)
    assert money(gateway, key)[0] == charge(text + 50_000)
    provider.finish(job.id, "failed")


def test_a_job_that_the_limits_cannot_pay_is_refused_and_not_made(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="0.001")
    client = client_of(gateway, key["key"])
    made = jobs_made(provider)
    with pytest.raises(openai.RateLimitError) as raised:
        train(client)
    assert raised.value.type == "insufficient_quota"
    with pytest.raises(openai.RateLimitError):  # its end is not read
        train(client, io.BytesIO(examples(50).getvalue() + b"not json\n"))
    # One example fits once, and 25 times it does not.
    one = examples(1, example("x" * 20))
    with pytest.raises(openai.RateLimitError):
        train(client, one)
    assert jobs_made(provider) == made
    assert money(gateway, key) == (0, 0)
    provider.finish(train(client, one, method=epochs(1)).id, "failed")


def test_for_whom_a_limit_refuses_no_file_is_read(gateway: Tollgate,
                                                  provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    client = client_of(gateway, key["key"])
    file = upload(client, examples(1))
    gateway.limit("key", key["id"], requests=1, per="hour")  # which the upload was
    with pytest.raises(openai.RateLimitError):
        client.fine_tuning.jobs.create(model=MODEL, training_file=file)
    assert provider.asked("GET", f"/v1/files/{file}/content") == 0


# What is refused.

def test_a_model_without_a_price_for_training_is_refused_and_the_message_says_what_helps(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str]) -> None:
    made = jobs_made(provider)
    client = client_of(gateway, key["key"])
    with pytest.raises(openai.APIStatusError) as raised:
        train(client, model=OTHER)
    assert raised.value.code == "model_unpriced"
    assert (f"tollgate prices set {OTHER} --price input_text_token,tier=training=USD"
            in raised.value.message)
    assert jobs_made(provider) == made and money(gateway, key) == (0, 0)
    gateway.json("prices", "set", OTHER, "--price", "input_text_token,tier=training=7")
    job = train(client, model=OTHER)
    provider.finish(job.id, "succeeded", trained_tokens=1000)
    assert settled(gateway, key) == 7_000_000
    gateway.json("prices", "reset", OTHER)


def test_a_file_of_prices_and_the_list_have_the_tier(gateway: Tollgate,
                                                     tmp_path: pathlib.Path) -> None:
    case = {"unit": "input_text_token", "tier": "training"}
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"currency": "USD", "models": [
        {"model": OTHER, "prices": [{**case, "usd_per_million": "25"}]}]}))
    gateway.json("prices", "import", str(file))
    listed = gateway.json("prices", "list", OTHER)["data"]
    assert {**case, "nanousd_per_million": 25_000_000_000} in listed[0]["prices"]
    refused = gateway.run("prices", "set", OTHER, "--price", "input_text_token,tier=trainin=1")
    assert refused.returncode == 1 and "training" in refused.stderr
    gateway.json("prices", "reset", OTHER)


def test_a_free_model_is_trained_for_nothing_and_counted(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str]) -> None:
    gateway.json("prices", "free", OTHER)
    job = train(client_of(gateway, key["key"]), model=OTHER)
    assert money(gateway, key) == (0, 0)
    provider.finish(job.id, "succeeded", trained_tokens=TRAINED)
    assert wait_for(lambda: gateway.key_totals(key["id"]).get("input_tokens"), 20) == TRAINED
    assert gateway.key_totals(key["id"])["charge_nanousd"] == 0
    gateway.json("prices", "reset", OTHER)


def test_a_model_that_nobody_has_a_price_for_is_trained_at_the_ceiling_where_it_names_training(
        provider: ObjectUpstream) -> None:
    with Tollgate("fine-tuning-ceiling") as server:
        server.init().start()
        server.add_provider("upstream", provider.url, CREDENTIAL)
        key = server.create_key()
        server.limit("key", key["id"], usd="1")
        client = client_of(server, key["key"])
        server.json("prices", "ceiling", "--input", "1", "--output", "2")
        with pytest.raises(openai.APIStatusError) as raised:
            train(client, model="unheard-of")
        assert raised.value.code == "model_unpriced"
        server.json("prices", "ceiling", "--input", "1", "--output", "2", "--price",
                    "input_text_token,tier=training=9")
        job = train(client, model="unheard-of")
        provider.finish(job.id, "succeeded", trained_tokens=1000)
        assert settled(server, key) == 9_000_000
        call = call_of(server, key)
        assert "unpriced" in [flag["name"] for flag in server.explained(call)["flags"]]
        server.verify()


def test_an_organization_pays_by_its_price_book(gateway: Tollgate, provider: ObjectUpstream,
                                                key: dict[str, str]) -> None:
    client = client_of(gateway, key["key"])
    gateway.json("prices", "book", "set", "--factor", "2")
    file = examples(40)
    job = train(client, file, method=epochs(1))
    assert money(gateway, key)[0] >= 2 * charge(len(file.getvalue()) - 40)
    gateway.json("prices", "book", "set", "--inherit")
    provider.finish(job.id, "succeeded", trained_tokens=TRAINED)
    assert settled(gateway, key) == 2 * charge(TRAINED)  # as it was let in
    gateway.json("prices", "book", "set", "--model", MODEL, "--input", "1", "--output", "2")
    with pytest.raises(openai.APIStatusError) as raised:
        train(client)
    assert "tollgate prices book set" in raised.value.message
    gateway.json("prices", "book", "set", "--model", MODEL, "--input", "1", "--output", "2",
                 "--price", "input_text_token,tier=training=3")
    job = train(client)
    provider.finish(job.id, "succeeded", trained_tokens=1000)
    assert settled(gateway, key) == 2 * charge(TRAINED) + 3_000_000
    gateway.json("prices", "book", "set", "--model", MODEL, "--inherit")


def test_no_other_call_has_the_price_of_training(gateway: Tollgate, key: dict[str, str]) -> None:
    calls = {}
    for tier in ("tomorrow", "training"):  # of one length
        answer = gateway.chat(key["key"], "hello", MODEL, service_tier=tier)
        assert answer.status == 200, answer
        calls[tier] = gateway.explained(answer.headers["x-request-id"])
    assert calls["training"]["charge_nanousd"] == calls["tomorrow"]["charge_nanousd"] > 0
    assert calls["training"]["held_nanousd"] == calls["tomorrow"]["held_nanousd"]
    assert all("tier" not in term["price"] for term in calls["training"]["terms"])


def test_another_projects_files_are_none(client: openai.OpenAI, stranger: openai.OpenAI,
                                         provider: ObjectUpstream) -> None:
    theirs, mine = upload(stranger, examples(1)), upload(client, examples(1))
    made = jobs_made(provider)
    for files in ({"training_file": theirs}, {"training_file": mine, "validation_file": theirs}):
        with pytest.raises(openai.NotFoundError) as raised:
            client.fine_tuning.jobs.create(model=MODEL, **files)
        assert theirs in raised.value.message
    assert jobs_made(provider) == made


def test_a_job_is_its_projects(client: openai.OpenAI, stranger: openai.OpenAI,
                               provider: ObjectUpstream) -> None:
    job = train(client, examples(1), method=epochs(1))
    assert job.id in [listed.id for listed in client.fine_tuning.jobs.list()]
    assert job.id not in [listed.id for listed in stranger.fine_tuning.jobs.list()]
    for ask in (stranger.fine_tuning.jobs.retrieve, stranger.fine_tuning.jobs.cancel,
                stranger.fine_tuning.jobs.pause):
        with pytest.raises(openai.NotFoundError):
            ask(job.id)
    provider.finish(job.id, "failed")


def test_what_is_billed_by_the_hour_is_refused(client: openai.OpenAI,
                                               provider: ObjectUpstream) -> None:
    made = jobs_made(provider)
    with pytest.raises(openai.PermissionDeniedError) as raised:
        train(client, method={"type": "reinforcement", "reinforcement": {"grader": {}}})
    assert "by the hour" in raised.value.message
    assert jobs_made(provider) == made


def test_a_model_that_the_key_may_not_use_is_not_trained(gateway: Tollgate) -> None:
    narrow = gateway.json("keys", "create", "--name", "narrow", "--model", OTHER)
    with pytest.raises(openai.PermissionDeniedError):
        train(client_of(gateway, secret(narrow["key"])))


def test_a_test_key_trains_nothing(gateway: Tollgate) -> None:
    client = client_of(gateway, gateway.create_key(kind="test")["key"])
    with pytest.raises(openai.PermissionDeniedError):
        client.fine_tuning.jobs.create(model=MODEL, training_file="file-1")


@pytest.mark.parametrize("content, says", [
    (b"not json\n", "Line 1"), (b"\n\n", "no lines"),
    (examples(2).getvalue() + b"[]\n", "Line 3"),
    (json.dumps({"messages": [{"role": "user", "content": [
        {"type": "file", "file": {"file_id": "file-theirs"}}]}]}).encode(), "names a file")])
def test_a_training_file_that_cannot_be_bounded_is_refused(
        client: openai.OpenAI, provider: ObjectUpstream, content: bytes, says: str) -> None:
    file = io.BytesIO(content)
    file.name = "train.jsonl"
    made = jobs_made(provider)
    with pytest.raises(openai.BadRequestError) as raised:
        train(client, file)
    assert says in raised.value.message
    assert jobs_made(provider) == made


def test_a_request_that_can_be_read_in_two_ways_is_refused(
        gateway: Tollgate, client: openai.OpenAI, provider: ObjectUpstream,
        key: dict[str, str]) -> None:
    file = upload(client_of(gateway, key["key"]), examples(1))
    made = jobs_made(provider)
    for body in ('{"model":"gpt-4.1-mini","model":"gpt-4.1","training_file":"%s"}',
                 '{"model":"gpt-4.1-mini","training_file":"%s","hyperparameters":{"n_epochs":"9"}}',
                 '{"model":"gpt-4.1-mini","training_file":"%s","method":{"type":"other"}}',
                 '{"training_file":"%s"}'):
        answer = gateway.request("POST", "/v1/fine_tuning/jobs", (body % file).encode(),
                                 key["key"], {"Content-Type": "application/json"})
        assert answer.status == 400, answer
    answer = gateway.request("POST", "/v1/fine_tuning/jobs",
                             {"model": "no-such-model", "training_file": file}, key["key"])
    assert answer.status == 404 and "no-such-model" in answer.error["message"]
    assert jobs_made(provider) == made
