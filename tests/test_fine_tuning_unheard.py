# SPDX-License-Identifier: Apache-2.0
"""Jobs whose making was not heard or whose server was killed, and the models that jobs make."""
from __future__ import annotations

import openai
import pytest

from object_clients import MODEL, client_of, provider  # noqa: F401
from object_upstream import ObjectUpstream
from tollgate import Tollgate, wait_for
from training_jobs import (TRAINED, charge, epochs, examples, gateway, jobs_made,  # noqa: F401
                           key, money, serve, settled, train, upload)
from upstreams import CREDENTIAL


def begin_unheard(server: Tollgate, provider: ObjectUpstream, key: dict[str, str],
                  breaks: str) -> str:
    """Its training file; the answer does not come."""
    client = client_of(server, key["key"])
    file = upload(client, examples(2))
    provider.breaks = breaks
    try:
        with pytest.raises(openai.InternalServerError):
            client.fine_tuning.jobs.create(model=MODEL, training_file=file)
    finally:
        provider.breaks = ""
    return file


def job_of(provider: ObjectUpstream, file: str) -> str:
    return next(one["id"] for one in provider.objects.values()
                if one.get("training_file") == file)


def test_a_job_whose_name_was_not_heard_is_found_and_settled(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str]) -> None:
    made = jobs_made(provider)
    file = begin_unheard(gateway, provider, key, "after")
    assert jobs_made(provider) == made + 1 and money(gateway, key)[0] > 0  # and not once more
    unheard = job_of(provider, file)
    client = client_of(gateway, key["key"])
    # Another of the same file, because the client saw no answer, is not taken for it.
    again = client.fine_tuning.jobs.create(model=MODEL, training_file=file)
    wait_for(lambda: unheard in [job.id for job in client.fine_tuning.jobs.list()], 20)
    for job, tokens in ((unheard, 100), (again.id, 200)):
        provider.finish(job, "succeeded", trained_tokens=tokens)
    assert settled(gateway, key) == charge(100) + charge(200)


def test_a_job_that_was_never_made_costs_nothing_in_the_end(
        gateway: Tollgate, provider: ObjectUpstream, key: dict[str, str]) -> None:
    begin_unheard(gateway, provider, key, "before")
    assert money(gateway, key)[0] > 0
    wait_for(lambda: money(gateway, key) == (0, 0), 40, "the end of the search")


def test_a_job_is_settled_once_by_the_next_server_where_this_one_is_killed(
        provider: ObjectUpstream) -> None:
    with Tollgate("fine-tuning-kill") as server:
        serve(server, provider)
        key = server.create_key()
        server.limit("key", key["id"], usd="1")
        job = train(client_of(server, key["key"]))
        held = money(server, key)
        assert held[0] > 0
        server.kill()
        server.start()
        assert money(server, key) == held
        assert client_of(server, key["key"]).fine_tuning.jobs.retrieve(job.id).id == job.id
        server.kill()
        provider.finish(job.id, "succeeded", trained_tokens=TRAINED)
        server.start()
        assert settled(server, key) == charge(TRAINED)
        rows = wait_for(lambda: server.ledger(
            "SELECT outcome, charge, input_text_tokens FROM usage_events WHERE charge > 0"))
        assert [tuple(row) for row in rows] == [(0, charge(TRAINED), TRAINED)]
        server.verify()


def test_the_model_that_a_job_made_is_asked_once_its_provider_was_added_again(
        provider: ObjectUpstream) -> None:
    with Tollgate("fine-tuning-made") as server:
        serve(server, provider)
        key = server.create_key()
        tuned = "ft:gpt-4.1-mini-2025-04-14:acme::9x"
        job = train(client_of(server, key["key"]), examples(1), method=epochs(1))
        provider.finish(job.id, "succeeded", trained_tokens=10, fine_tuned_model=tuned)
        assert server.chat(key["key"], "hello", tuned).status == 404
        provider.models.append(tuned)
        try:
            server.add_provider("tuned", provider.url, CREDENTIAL)
        finally:
            provider.models.remove(tuned)
        answer = server.chat(key["key"], "hello", tuned)
        assert answer.status == 200, answer
        charged = server.explained(answer.headers["x-request-id"])
        assert charged["price_sheet"]["source"] == "catalogue" and charged["charge_nanousd"] > 0
        server.verify()
