# SPDX-License-Identifier: Apache-2.0
"""Objects that live upstream: each belongs to the project whose call made it, and work on them is
settled whether or not anybody reads it."""
from __future__ import annotations

import io
import json
from collections.abc import Iterator

import openai
import pytest

from object_upstream import CHAT_USAGE, ObjectUpstream
from test_usage import price
from tollgate import Tollgate, secret, wait_for
from upstreams import CREDENTIAL

MODEL = "gpt-4.1-mini"


@pytest.fixture(scope="module")
def provider() -> Iterator[ObjectUpstream]:
    upstream = ObjectUpstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(provider: ObjectUpstream) -> Iterator[Tollgate]:
    with Tollgate("objects") as server:
        server.init().start()
        server.add_provider("upstream", provider.url, CREDENTIAL)
        yield server
        server.verify()


def client_of(server: Tollgate, key: str) -> openai.OpenAI:
    return openai.OpenAI(api_key=key, base_url=server.url, max_retries=0, timeout=20)


@pytest.fixture
def client(gateway: Tollgate) -> openai.OpenAI:
    return client_of(gateway, gateway.create_key()["key"])


@pytest.fixture(scope="module")
def stranger(gateway: Tollgate) -> openai.OpenAI:
    """Of another project in the same organization."""
    project = gateway.json("projects", "create", "--name", "Others")
    key = gateway.json("keys", "create", "--name", "other", "--project", project["id"])
    return client_of(gateway, secret(key["key"]))


def lines(count: int, **body: object) -> io.BytesIO:
    asked = {"model": MODEL, "max_tokens": 40,
             "messages": [{"role": "user", "content": "hello"}], **body}
    file = io.BytesIO("\n".join(json.dumps(
        {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions",
         "body": asked}) for number in range(count)).encode())
    file.name = "input.jsonl"
    return file


def make_batch(client: openai.OpenAI, file: io.BytesIO, **options: object) -> openai.types.Batch:
    made = client.files.create(file=file, purpose="batch")
    return client.batches.create(input_file_id=made.id, endpoint="/v1/chat/completions",
                                 completion_window="24h", **options)


def batch_charge(count: int) -> int:
    each = (CHAT_USAGE["prompt_tokens"] * tier_price("input_text_token")
            + CHAT_USAGE["completion_tokens"] * tier_price("output_text_token"))
    return count * ((each + 500_000) // 1_000_000)


def tier_price(unit: str) -> int:
    from tollgate import ROOT
    for row in json.loads((ROOT / "catalogue/model_prices.json").read_text())["models"]:
        if row["provider"] == "openai" and row["model"] == MODEL:
            return next(one["nanousd_per_million"] for one in row["prices"]
                        if one["unit"] == unit and one.get("tier") == "batch")
    raise LookupError(unit)


def event_of(server: Tollgate, call_id: str) -> dict:
    return dict(server.event(call_id))


def open_work(server: Tollgate) -> list[str]:
    return [row["object_id"] for row in server.ledger("SELECT object_id FROM open_work")]


# Files.

def test_a_file_goes_up_comes_down_and_goes(client: openai.OpenAI) -> None:
    content = bytes(range(256)) * 40
    made = client.files.create(file=("data.bin", content), purpose="user_data")
    assert client.files.retrieve(made.id).filename == "data.bin"
    assert client.files.content(made.id).read() == content
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(made.id)


def test_another_project_finds_nothing(client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    made = client.files.create(file=("mine.txt", b"mine"), purpose="user_data")
    for read in (lambda: stranger.files.retrieve(made.id), lambda: stranger.files.content(made.id),
                 lambda: stranger.files.delete(made.id)):
        with pytest.raises(openai.NotFoundError) as raised:
            read()
        assert made.id in raised.value.message
    assert made.id not in [file.id for file in stranger.files.list()]
    assert client.files.retrieve(made.id).id == made.id


def test_a_list_has_the_projects_own_however_the_provider_pages(
        client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    mine = [client.files.create(file=(f"{number}.txt", b"x"), purpose="user_data").id
            for number in range(4)]
    theirs = [stranger.files.create(file=("y.txt", b"y"), purpose="user_data").id
              for _ in range(5)]
    mine.append(client.files.create(file=("last.txt", b"x"), purpose="user_data").id)
    listed = [file.id for file in client.files.list(limit=2)]
    assert listed[:5] == mine[::-1]
    assert not set(theirs) & set(listed)
    assert [file.id for file in stranger.files.list(limit=3)][:5] == theirs[::-1]


def test_a_list_of_a_project_that_has_nothing_asks_nobody(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    project = gateway.json("projects", "create", "--name", "Empty")
    key = gateway.json("keys", "create", "--name", "k", "--project", project["id"])
    asked = provider.asked("GET", "/v1/files")
    assert list(client_of(gateway, secret(key["key"])).files.list()) == []
    assert provider.asked("GET", "/v1/files") == asked


def test_an_upload_in_parts_becomes_a_file(client: openai.OpenAI,
                                           stranger: openai.OpenAI) -> None:
    upload = client.uploads.create(bytes=6, filename="parts.txt", mime_type="text/plain",
                                   purpose="user_data")
    with pytest.raises(openai.NotFoundError):
        stranger.uploads.parts.create(upload.id, data=b"abc")
    parts = [client.uploads.parts.create(upload.id, data=piece).id for piece in (b"abc", b"def")]
    done = client.uploads.complete(upload.id, part_ids=parts)
    assert done.file and client.files.content(done.file.id).read() == b"abcdef"


def test_an_upload_goes_up_as_it_comes(gateway: Tollgate, provider: ObjectUpstream) -> None:
    """The provider has its beginning while the client has not sent its end."""
    key = gateway.create_key()["key"]
    form = (b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
            + bytes(30 << 20) + b"\r\n--x--\r\n")
    connection = gateway.connect(timeout=30)
    before = gateway.resident_bytes()
    connection.putrequest("POST", "/v1/files")
    for name, value in (("Authorization", f"Bearer {key}"), ("Content-Length", str(len(form))),
                        ("Content-Type", "multipart/form-data; boundary=x")):
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(form[:20 << 20])
    wait_for(lambda: provider.receiving >= 16 << 20, 10, "the form's beginning")
    assert gateway.resident_bytes() - before < 4 << 20
    connection.send(form[20 << 20:])
    answer = json.loads(connection.getresponse().read())
    assert answer["bytes"] == 30 << 20
    assert client_of(gateway, key).files.retrieve(answer["id"]).filename == "big.bin"


def test_an_upload_that_is_too_large_is_refused_before_it_comes(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    key = gateway.create_key()["key"]
    asked = provider.asked("POST", "/v1/files")
    connection = gateway.connect()
    connection.putrequest("POST", "/v1/files")
    for name, value in (("Authorization", f"Bearer {key}"), ("Content-Length", str(1 << 40)),
                        ("Content-Type", "multipart/form-data; boundary=x")):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    assert provider.asked("POST", "/v1/files") == asked


def test_object_calls_are_in_the_ledger_and_cost_nothing(gateway: Tollgate) -> None:
    key = gateway.create_key()
    client = client_of(gateway, key["key"])
    raw = client.files.with_raw_response.create(file=("a.txt", b"a"), purpose="user_data")
    assert raw.headers["x-tollgate-charge-nanousd"] == "0"
    event = event_of(gateway, raw.headers["x-request-id"])
    assert (event["charge"], event["held"], event["outcome"]) == (0, 0, 0)
    assert gateway.wait_for_calls(key["id"], 1)["calls"] == 1


def test_requests_to_objects_count_on_limits(gateway: Tollgate) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], requests=2, per="hour")
    client = client_of(gateway, key["key"])
    assert list(client.files.list()) is not None
    assert list(client.batches.list()) is not None
    with pytest.raises(openai.RateLimitError):
        client.files.list()


# Scopes, keys, paths.

def test_a_key_that_only_reads_files_uploads_none(gateway: Tollgate) -> None:
    key = gateway.json("keys", "create", "--name", "reader", "--scope", "api.files.read")
    client = client_of(gateway, secret(key["key"]))
    assert list(client.files.list()) is not None
    with pytest.raises(openai.AuthenticationError) as raised:
        client.files.create(file=("a.txt", b"a"), purpose="user_data")
    assert "api.files.write" in raised.value.message
    with pytest.raises(openai.AuthenticationError):
        client.batches.list()


def test_a_test_key_keeps_nothing(gateway: Tollgate) -> None:
    client = client_of(gateway, gateway.create_key(kind="test")["key"])
    with pytest.raises(openai.PermissionDeniedError) as raised:
        client.files.list()
    assert "project key" in raised.value.message


@pytest.mark.parametrize("method, path, status", [
    ("POST", "/v1/vector_stores", 403), ("POST", "/v1/fine_tuning/jobs", 403),
    ("PUT", "/v1/files/file-1", 405), ("DELETE", "/v1/batches/batch_1", 405),
    ("GET", "/v1/files/file-unknown", 404), ("GET", "/v1/files/..%2Fmodels", 400),
    ("GET", "/v1/files/file-1%2Fcontent", 404), ("POST", "/v1/batches/batch_none/cancel", 404)])
def test_what_is_closed_or_unknown_goes_nowhere(gateway: Tollgate, provider: ObjectUpstream,
                                                method: str, path: str, status: int) -> None:
    before = len(provider.requests)
    answer = gateway.request(method, path, {} if method == "POST" else None,
                             gateway.create_key()["key"])
    assert answer.status == status, answer
    assert answer.error["message"]
    assert len(provider.requests) == before


# Responses, chat completions and conversations that are kept.

def test_a_response_is_its_projects_and_so_is_what_follows_it(
        gateway: Tollgate, client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    first = client.responses.create(model=MODEL, input="hello")
    assert client.responses.retrieve(first.id).id == first.id
    second = client.responses.create(model=MODEL, input="more", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    for read in (lambda: stranger.responses.retrieve(first.id),
                 lambda: stranger.responses.create(model=MODEL, input="x",
                                                   previous_response_id=first.id)):
        with pytest.raises(openai.NotFoundError):
            read()
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)


def test_a_response_that_is_not_stored_is_nobodys(client: openai.OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="hello", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


def test_a_stored_chat_completion_is_found_and_an_ordinary_one_is_not(
        client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": "hello"}]
    kept = client.chat.completions.create(model=MODEL, messages=messages, store=True)
    assert client.chat.completions.retrieve(kept.id).id == kept.id
    assert client.chat.completions.update(kept.id, metadata={"a": "b"}).id == kept.id
    with pytest.raises(openai.NotFoundError):
        stranger.chat.completions.retrieve(kept.id)
    passing = client.chat.completions.create(model=MODEL, messages=messages)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(passing.id)


def test_a_conversation_is_used_by_its_project_alone(
        client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    talk = client.conversations.create()
    assert client.conversations.items.list(talk.id) is not None
    assert client.responses.create(model=MODEL, input="x", conversation=talk.id).id
    assert client.responses.create(model=MODEL, input="x", conversation={"id": talk.id}).id
    for use in (lambda: stranger.responses.create(model=MODEL, input="x", conversation=talk.id),
                lambda: stranger.conversations.items.list(talk.id)):
        with pytest.raises(openai.NotFoundError):
            use()


def test_somebody_elses_file_is_no_input(client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    theirs = stranger.files.create(file=("secret.pdf", b"%PDF"), purpose="user_data").id
    mine = client.files.create(file=("mine.pdf", b"%PDF"), purpose="user_data").id

    def ask(file_id: str) -> object:
        return client.responses.create(model=MODEL, input=[{"role": "user", "content": [
            {"type": "input_file", "file_id": file_id}]}])

    assert ask(mine)
    with pytest.raises(openai.NotFoundError):
        ask(theirs)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=MODEL, input="x", tools=[
            {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [theirs]}}])
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": [
            {"type": "file", "file": {"file_id": theirs}}]}])


def test_counting_tokens_is_free(gateway: Tollgate, client: openai.OpenAI) -> None:
    raw = client.responses.input_tokens.with_raw_response.count(model=MODEL, input="hello")
    assert raw.parse().input_tokens == 11
    assert event_of(gateway, raw.headers["x-request-id"])["charge"] == 0


# Work that goes on.

def test_a_batch_is_held_and_settled_though_nobody_reads_it(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    client = client_of(gateway, key["key"])
    batch = make_batch(client, lines(3))
    held = wait_for(lambda: gateway.limits(key["id"])[0]["held"], what="the batch's hold")
    # Three times 40 tokens of output, and their input's bytes, at the standard price.
    assert held > 3 * 40 * price(MODEL, "output_text_token") // 1_000_000
    provider.finish(batch.id)
    charge = wait_for(lambda: gateway.limits(key["id"])[0]["spent"], 20, "its charge")
    assert charge == batch_charge(3)
    assert gateway.limits(key["id"])[0]["held"] == 0
    event = wait_for(lambda: gateway.ledger(
        "SELECT * FROM usage_events WHERE key_id = ? AND charge > 0", key["id"]))[0]
    assert (event["charge"], event["input_text_tokens"], event["output_text_tokens"]) == (
        batch_charge(3), 60, 90)
    wait_for(lambda: batch.id not in open_work(gateway), what="its end")
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
        assert [tuple(row) for row in rows] == [(0, batch_charge(2))]
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


# Paths that the operator opens at a flat price.

def test_an_opened_path_costs_its_price_until_it_is_closed(
        gateway: Tollgate, provider: ObjectUpstream) -> None:
    key = gateway.create_key()
    gateway.limit("key", key["id"], usd="1")
    ask = {"prompt": "a cat"}
    assert gateway.post("/v1/videos", ask, key["key"]).status == 403
    gateway.json("routes", "open", "POST", "/v1/videos", "--price-usd", "0.40")
    gateway.json("routes", "open", "GET", "/v1/videos/{id}", "--price-usd", "0")
    made = gateway.post("/v1/videos", ask, key["key"])
    assert made.status == 200, made
    assert gateway.get(f"/v1/videos/{made.json['id']}", key["key"]).json["prompt"] == "a cat"
    assert gateway.limits(key["id"])[0]["spent"] == 400_000_000
    # What the provider refuses costs nothing; what the limit cannot pay is not asked for.
    assert gateway.post("/v1/videos", {"fail": True}, key["key"]).status == 400
    assert gateway.post("/v1/videos", ask, key["key"]).status == 200
    asked = provider.asked("POST", "/v1/videos")
    refused = gateway.post("/v1/videos", ask, key["key"])
    assert refused.status == 429 and refused.error["type"] == "insufficient_quota"
    assert provider.asked("POST", "/v1/videos") == asked
    assert gateway.limits(key["id"])[0]["spent"] == 800_000_000
    gateway.json("routes", "close", "POST", "/v1/videos")
    assert gateway.post("/v1/videos", ask, gateway.create_key()["key"]).status == 403


def test_what_is_made_on_an_opened_path_of_objects_has_an_owner(
        gateway: Tollgate, client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError):
        client.vector_stores.create(name="mine")
    gateway.json("routes", "open", "POST", "/v1/vector_stores", "--price-usd", "0.01")
    store = client.vector_stores.create(name="mine")
    assert client.vector_stores.retrieve(store.id).name == "mine"
    with pytest.raises(openai.NotFoundError):
        stranger.vector_stores.retrieve(store.id)
    gateway.json("routes", "close", "POST", "/v1/vector_stores")


@pytest.mark.parametrize("method, path, says", [
    ("POST", "/v1/chat/completions", "already"), ("POST", "/v1/organization/users", "own"),
    ("FETCH", "/v1/videos", "method"), ("GET", "/v1/../x", "write the path")])
def test_what_cannot_be_opened_says_why(gateway: Tollgate, method: str, path: str,
                                        says: str) -> None:
    done = gateway.run("routes", "open", method, path, "--price-usd", "1")
    assert done.returncode != 0 and says in done.stderr, done
