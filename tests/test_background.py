# SPDX-License-Identifier: Apache-2.0
"""Work that goes on upstream when its call is over: held until its end and settled then, whether or
not anybody reads it."""
from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator

import openai
import pytest

from call_log import line_about
from object_clients import (MODEL, client, client_of, gateway, lines, make_batch,  # noqa: F401
                            provider, stranger)
from object_upstream import CHAT_USAGE, ObjectUpstream
from test_usage import price
from tollgate import ROOT, Tollgate, secret, send, wait_for
from upstreams import CREDENTIAL


def batch_charge(count: int) -> int:
    each = (CHAT_USAGE["prompt_tokens"] * tier_price("input_text_token")
            + CHAT_USAGE["completion_tokens"] * tier_price("output_text_token"))
    return count * ((each + 500_000) // 1_000_000)


def tier_price(unit: str) -> int:
    for row in json.loads((ROOT / "catalogue/model_prices.json").read_text())["models"]:
        if row["provider"] == "openai" and row["model"] == MODEL:
            return next(one["nanousd_per_million"] for one in row["prices"]
                        if one["unit"] == unit and one.get("tier") == "batch")
    raise LookupError(unit)


def open_work(server: Tollgate) -> list[str]:
    return [row["object_id"] for row in server.ledger("SELECT object_id FROM open_work")]


def test_a_batch_is_held_and_settled_though_nobody_reads_it(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    client = client_of(gateway, key["key"])
    batch = make_batch(client, lines(3))
    held = wait_for(lambda: gateway.limits(key["id"])[0]["held"], what="the batch's hold")
    # Three times 40 tokens of output, and their input's bytes, at the standard price.
    assert held > 3 * 40 * price(MODEL, "output_text_token") // 1_000_000
    line = line_about(gateway, key=key["id"], endpoint="/v1/batches")
    assert (line["message"], line["status"], line["goes_on"]) == ("call", 200, True)
    assert "outcome" not in line and "charge_nanousd" not in line
    provider.finish(batch.id)
    charge = wait_for(lambda: gateway.limits(key["id"])[0]["spent"], 20, "its charge")
    assert charge == batch_charge(3)
    assert gateway.limits(key["id"])[0]["held"] == 0
    event = wait_for(lambda: gateway.ledger(
        "SELECT * FROM usage_events WHERE key_id = ? AND charge > 0", key["id"]))[0]
    assert (event["charge"], event["input_text_tokens"], event["output_text_tokens"]) == (
        batch_charge(3), 60, 90)
    wait_for(lambda: batch.id not in open_work(gateway), what="its end")
    ended = line_about(gateway, message="work upstream has ended", call=line["request"])
    assert (ended["kind"], ended["object"], ended["status"], ended["charge_nanousd"]) == (
        "batch", batch.id, "completed", batch_charge(3))
    # Its output is the project's.
    done = client.batches.retrieve(batch.id)
    assert done.output_file_id
    assert len(client.files.content(done.output_file_id).read().splitlines()) == 3


def test_an_output_belongs_to_the_project_before_it_asks_for_the_batch(
        gateway: Tollgate, provider: ObjectUpstream, stranger: openai.OpenAI,
        client: openai.OpenAI) -> None:
    batch = make_batch(client, lines(1))
    wait_for(lambda: batch.id in open_work(gateway), what="the batch among the open work")
    provider.finish(batch.id)
    wait_for(lambda: batch.id not in open_work(gateway), 20, "its end")
    output = provider.objects[batch.id]["output_file_id"]
    assert client.files.content(output).read()
    with pytest.raises(openai.NotFoundError):
        stranger.files.content(output)


def test_a_batch_that_the_limits_cannot_pay_is_refused_and_not_made(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="0.0001")
    made = provider.asked("POST", "/v1/batches")
    with pytest.raises(openai.RateLimitError) as raised:
        make_batch(client_of(gateway, key["key"]), lines(200))
    assert raised.value.code and raised.value.type == "insufficient_quota"
    assert provider.asked("POST", "/v1/batches") == made
    assert gateway.limits(key["id"])[0]["held"] == 0


def test_for_whom_a_limit_refuses_no_file_is_read(gateway: Tollgate,
                                                  provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    client = client_of(gateway, key["key"])
    file = client.files.create(file=lines(1), purpose="batch").id
    gateway.limit("key", key["id"], requests=1, per="hour")  # which the upload was
    with pytest.raises(openai.RateLimitError) as raised:
        client.batches.create(input_file_id=file, endpoint="/v1/chat/completions",
                              completion_window="24h")
    assert "requests" in raised.value.message
    assert provider.asked("GET", f"/v1/files/{file}/content") == 0


def broken_at_its_end(good: io.BytesIO) -> io.BytesIO:
    file = io.BytesIO(good.getvalue() + b"\nnot json\n")
    file.name = "input.jsonl"
    return file


def test_a_file_is_read_as_far_as_the_limits_can_pay_and_its_model_may_be_used(
        gateway: Tollgate) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="0.0001")
    with pytest.raises(openai.RateLimitError):
        make_batch(client_of(gateway, key["key"]), broken_at_its_end(lines(200)))
    narrow = gateway.json("keys", "create", "--name", "narrow", "--model", "gpt-4.1")
    with pytest.raises(openai.PermissionDeniedError):
        make_batch(client_of(gateway, secret(narrow["key"])), broken_at_its_end(lines(1)))
    # Its end is what is wrong where nothing else is.
    with pytest.raises(openai.BadRequestError):
        make_batch(client_of(gateway, gateway.create_key()["key"]), broken_at_its_end(lines(200)))


def test_a_batch_that_its_provider_refuses_holds_nothing(gateway: Tollgate) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    with pytest.raises(openai.BadRequestError):
        make_batch(client_of(gateway, key["key"]), lines(2), metadata={"fail": "yes"})
    limit = gateway.limits(key["id"])[0]
    assert (limit["held"], limit["spent"]) == (0, 0)


@pytest.mark.parametrize("file, says", [
    (lines(1, model="gpt-unheard-of"), "no such model"), (lines(1, stream=True), "stream"),
    (io.BytesIO(b"not json\n"), "Line 1"), (io.BytesIO(b"\n\n"), "no lines"),
    (io.BytesIO(lines(1).getvalue() + b"\n" + lines(1, model="gpt-4.1").getvalue()), "same model"),
    (io.BytesIO(lines(1).getvalue().replace(b"chat/completions", b"embeddings")), "endpoint")])
def test_a_batch_file_that_cannot_be_bounded_is_refused(
        client: openai.OpenAI, file: io.BytesIO, says: str) -> None:
    file.seek(0)
    file.name = "input.jsonl"
    with pytest.raises(openai.BadRequestError) as raised:
        make_batch(client, file)
    assert says in raised.value.message


def test_a_model_that_the_key_may_not_use_is_refused_in_a_batch_too(gateway: Tollgate) -> None:
    key = gateway.json("keys", "create", "--name", "narrow", "--model", "gpt-4.1")
    with pytest.raises(openai.PermissionDeniedError):
        make_batch(client_of(gateway, secret(key["key"])), lines(1))


def test_a_batch_of_somebody_elses_file_is_none(client: openai.OpenAI,
                                                stranger: openai.OpenAI) -> None:
    theirs = stranger.files.create(file=lines(1), purpose="batch").id
    with pytest.raises(openai.NotFoundError):
        client.batches.create(input_file_id=theirs, endpoint="/v1/chat/completions",
                              completion_window="24h")


def test_a_cancelled_batch_costs_what_it_had_made(gateway: Tollgate,
                                                  provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    client = client_of(gateway, key["key"])
    batch = make_batch(client, lines(2))
    client.batches.cancel(batch.id)
    assert wait_for(lambda: not gateway.limits(key["id"])[0]["held"], 20)
    assert gateway.limits(key["id"])[0]["spent"] == 0


def test_a_response_in_the_background_is_settled_though_nobody_reads_it(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    client = client_of(gateway, key["key"])
    made = client.responses.create(model=MODEL, input="hello", background=True,
                                   max_output_tokens=100)
    assert made.status == "queued"
    assert gateway.limits(key["id"])[0]["held"] > 0
    with pytest.raises(openai.ConflictError):
        client.responses.delete(made.id)
    provider.finish(made.id)
    expected = (20 * price(MODEL, "input_text_token") + 30 * price(MODEL, "output_text_token")
                + 500_000) // 1_000_000
    assert wait_for(lambda: gateway.limits(key["id"])[0]["spent"], 20) == expected
    assert gateway.limits(key["id"])[0]["held"] == 0
    assert client.responses.retrieve(made.id).status == "completed"


@pytest.mark.parametrize("leaves", ["client", "key"])
def test_work_whose_client_has_gone_before_it_had_a_name_is_settled_all_the_same(
        gateway: Tollgate, provider: ObjectUpstream, leaves: str) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    asked = provider.asked("POST", "/v1/responses")
    provider.answers.clear()
    connection = gateway.connect()
    send(connection, "POST", "/v1/responses",
         {"model": MODEL, "input": "hello", "background": True, "max_output_tokens": 50},
         key["key"])
    wait_for(lambda: provider.asked("POST", "/v1/responses") > asked, what="the request")
    if leaves == "client":
        connection.close()
    else:
        assert gateway.run("keys", "revoke", key["id"]).returncode == 0
    provider.answers.set()
    made = wait_for(lambda: open_work(gateway), 10, "the work")[-1]
    provider.finish(made)
    event = wait_for(lambda: gateway.ledger(
        "SELECT charge FROM usage_events WHERE key_id = ?", key["id"]), 20, "its event")[0]
    assert event["charge"] == (20 * price(MODEL, "input_text_token")
                               + 30 * price(MODEL, "output_text_token") + 500_000) // 1_000_000


@pytest.fixture
def breaks(provider: ObjectUpstream) -> Iterator[Callable[[str], None]]:
    def set_to(when: str) -> None:
        provider.breaks = when

    yield set_to
    provider.breaks = ""


def begin_batch_unheard(server: Tollgate, key: str) -> str:
    """Its input file; the answer does not come."""
    client = client_of(server, key)
    file = client.files.create(file=lines(2), purpose="batch")
    with pytest.raises(openai.InternalServerError):
        client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions",
                              completion_window="24h")
    return file.id


def batch_of(provider: ObjectUpstream, file_id: str) -> str:
    return next(one["id"] for one in provider.objects.values()
                if one.get("input_file_id") == file_id)


def test_a_batch_whose_name_was_not_heard_is_found_and_settled(
        gateway: Tollgate, provider: ObjectUpstream, breaks: Callable[[str], None]) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    asked = provider.asked("POST", "/v1/batches")
    breaks("after")
    file = begin_batch_unheard(gateway, key["key"])
    breaks("")
    assert provider.asked("POST", "/v1/batches") == asked + 1  # and not once more
    assert gateway.limits(key["id"])[0]["held"] > 0
    line = line_about(gateway, key=key["id"], endpoint="/v1/batches")
    assert (line["status"], line["goes_on"]) == (502, True)
    # Another that the client makes of the same file, because it saw no answer, is not taken for it.
    client = client_of(gateway, key["key"])
    again = client.batches.create(input_file_id=file, endpoint="/v1/chat/completions",
                                  completion_window="24h")
    unheard = batch_of(provider, file)
    wait_for(lambda: unheard in [batch.id for batch in client.batches.list()], 20, "its finding")
    for batch in (unheard, again.id):
        provider.finish(batch)
    wait_for(lambda: gateway.limits(key["id"])[0]["held"] == 0, 20, "the end of both")
    assert gateway.limits(key["id"])[0]["spent"] == 2 * batch_charge(2)


def test_a_batch_that_was_never_made_costs_nothing_in_the_end(
        gateway: Tollgate, provider: ObjectUpstream, breaks: Callable[[str], None]) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    breaks("before")
    begin_batch_unheard(gateway, key["key"])
    breaks("")
    assert gateway.limits(key["id"])[0]["held"] > 0
    wait_for(lambda: gateway.limits(key["id"])[0]["held"] == 0, 40, "the end of the search")
    assert gateway.limits(key["id"])[0]["spent"] == 0


def test_the_next_server_goes_on_with_a_batch_that_was_found(
        provider: ObjectUpstream, breaks: Callable[[str], None]) -> None:
    with Tollgate("objects-unheard") as server:
        server.init().start()
        server.add_provider("upstream", provider.url, CREDENTIAL)
        key = server.create_key()
        server.limit("key", key["id"], usd="1")
        breaks("after")
        file = begin_batch_unheard(server, key["key"])
        breaks("")
        unheard = batch_of(provider, file)
        client = client_of(server, key["key"])
        wait_for(lambda: unheard in [batch.id for batch in client.batches.list()], 20)
        server.kill()
        server.start()
        assert server.limits(key["id"])[0]["held"] > 0
        provider.finish(unheard)
        assert wait_for(lambda: server.limits(key["id"])[0]["spent"], 20) == batch_charge(2)
        server.verify()


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_in_the_background_whose_answer_does_not_come_is_charged_an_estimate(
        provider: ObjectUpstream, breaks: Callable[[str], None], stream: bool) -> None:
    with Tollgate("objects-response-unheard") as server:
        server.init().start()
        server.add_provider("upstream", provider.url, CREDENTIAL)
        server.add_provider("other", provider.url, CREDENTIAL)
        key = server.create_key()
        server.limit("key", key["id"], usd="1")
        asked = provider.asked("POST", "/v1/responses")
        breaks("after")
        with pytest.raises(openai.InternalServerError):
            client_of(server, key["key"]).responses.create(
                model=MODEL, input="hello", background=True, stream=stream, max_output_tokens=100)
        # Another target might have begun the same again.
        assert provider.asked("POST", "/v1/responses") == asked + 1
        event = wait_for(lambda: server.ledger(
            "SELECT * FROM usage_events WHERE key_id = ?", key["id"]))[0]
        assert event["charge"] == event["interrupted_charge"] > 100 * price(
            MODEL, "output_text_token") // 1_000_000
        limit = server.limits(key["id"])[0]
        assert (limit["held"], limit["spent"]) == (0, event["charge"])
        server.verify()


def test_work_is_settled_by_the_next_server_where_this_one_is_killed(
        provider: ObjectUpstream) -> None:
    with Tollgate("objects-kill") as server:
        server.init().start()
        server.add_provider("upstream", provider.url, CREDENTIAL)
        key = server.create_key()
        server.limit("key", key["id"], usd="1")
        client = client_of(server, key["key"])
        batch = make_batch(client, lines(2))
        held = server.limits(key["id"])[0]["held"]
        assert held > 0
        server.kill()
        server.start()
        client = client_of(server, key["key"])
        assert server.limits(key["id"])[0]["held"] == held
        assert client.batches.retrieve(batch.id).id == batch.id
        server.kill()
        provider.finish(batch.id)
        server.start()
        assert wait_for(lambda: server.limits(key["id"])[0]["spent"], 20) == batch_charge(2)
        assert server.limits(key["id"])[0]["held"] == 0
        rows = wait_for(lambda: server.ledger(
            "SELECT outcome, charge FROM usage_events WHERE charge > 0"), what="its event")
        assert [(row["outcome"], row["charge"]) for row in rows] == [(0, batch_charge(2))]
        server.verify()


def test_work_that_its_provider_forgot_is_charged_what_it_was_held_for(
        provider: ObjectUpstream) -> None:
    with Tollgate("objects-forgotten") as server:
        server.init().start()
        name = server.add_provider("upstream", provider.url, CREDENTIAL)["name"]
        key = server.create_key()
        server.limit("key", key["id"], usd="1")
        make_batch(client_of(server, key["key"]), lines(1))
        held = server.limits(key["id"])[0]["held"]
        assert server.run("providers", "remove", name).returncode == 0
        assert wait_for(lambda: server.limits(key["id"])[0]["spent"], 20) == held
        server.verify()
