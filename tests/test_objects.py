# SPDX-License-Identifier: Apache-2.0
"""Objects that live upstream: each belongs to the project whose call made it."""
from __future__ import annotations

import itertools
import json

import openai
import pytest

from object_clients import MODEL, client, client_of, gateway, provider, stranger  # noqa: F401
from object_upstream import ObjectUpstream
from tollgate import Tollgate, secret, wait_for
from upstreams import CREDENTIAL


def event_of(server: Tollgate, call_id: str) -> dict:
    return dict(server.event(call_id))


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


def test_what_a_provider_says_before_it_has_the_upload_reaches_the_client(
        client: openai.OpenAI, provider: ObjectUpstream) -> None:
    provider.refuses_uploads = True
    try:
        with pytest.raises(openai.APIStatusError) as raised:
            client.files.create(file=("big.bin", bytes(6 << 20)), purpose="user_data")
    finally:
        provider.refuses_uploads = False
    assert raised.value.status_code == 413 and "Too much for me" in raised.value.message


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


def test_without_a_provider_there_is_nowhere_to_keep_anything() -> None:
    with Tollgate("objects-alone") as server:
        server.init().start()
        answer = server.get("/v1/files", server.create_key()["key"])
        assert answer.status == 404 and "tollgate providers add" in answer.error["message"]
        assert "model" not in answer.error["message"]


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
    ("POST", "/v1/vector_stores", 403), ("POST", "/v1/fine_tuning/jobs/ftjob-none/resume", 404),
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


# Items of responses: the provider finds them by their ids alone.

def named(identifier: str) -> list[dict[str, str]]:
    return [{"type": "item_reference", "id": identifier}]


def text_of(response: openai.types.responses.Response) -> str:
    return response.output_text


@pytest.mark.parametrize("item", [{"type": "item_reference"}, {},
                                  {"type": "reasoning", "summary": []}])
def test_an_item_is_named_by_its_project_alone(
        gateway: Tollgate, provider: ObjectUpstream, client: openai.OpenAI,
        stranger: openai.OpenAI, item: dict) -> None:
    made = client.responses.create(model=MODEL, input="hello")
    items = [{**item, "id": made.output[0].id}]
    assert text_of(client.responses.create(model=MODEL, input=items)) == text_of(made)
    asked = provider.asked("POST", "/v1/responses")
    with pytest.raises(openai.NotFoundError) as raised:
        stranger.responses.create(model=MODEL, input=items)
    assert made.output[0].id in raised.value.message
    for path in ("/responses/compact", "/responses/input_tokens", "/conversations"):
        with pytest.raises(openai.NotFoundError):
            stranger.post(path, cast_to=object, body={
                "items" if path == "/conversations" else "input": items, "model": MODEL})
    assert provider.asked("POST", "/v1/responses") == asked


def test_what_was_said_is_sent_back_whole_whoever_said_it(
        client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    said = client.responses.create(model=MODEL, input="hello").output[0].model_dump()
    assert stranger.responses.create(model=MODEL, input=[said, {"role": "user", "content": "x"}])


def test_the_items_of_a_stream_are_its_projects(client: openai.OpenAI,
                                                stranger: openai.OpenAI) -> None:
    *_, last = client.responses.create(model=MODEL, input="hello", stream=True)
    assert last.type == "response.completed"
    items = named(last.response.output[0].id)
    assert text_of(client.responses.create(model=MODEL, input=items)) == text_of(last.response)
    with pytest.raises(openai.NotFoundError):
        stranger.responses.create(model=MODEL, input=items)


@pytest.mark.parametrize("reads", [True, False])
def test_the_items_of_a_response_in_the_background_are_known_when_it_has_ended(
        gateway: Tollgate, provider: ObjectUpstream, reads: bool) -> None:
    key = gateway.create_key()
    client = client_of(gateway, key["key"])
    made = client.responses.create(model=MODEL, input="hello", background=True)
    provider.finish(made.id)
    if reads:
        assert client.responses.retrieve(made.id).status == "completed"
    else:
        wait_for(lambda: gateway.ledger("SELECT charge FROM usage_events WHERE key_id = ?"
                                        " AND charge > 0", key["id"]), 20, "its end")
    items = named(provider.objects[made.id]["output"][0]["id"])
    assert text_of(client.responses.create(model=MODEL, input=items))


def test_of_an_answer_that_is_not_stored_only_what_was_not_shown_can_be_named(
        client: openai.OpenAI) -> None:
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    made = client.responses.create(model=MODEL, input="hello", store=False, tools=tools)
    ran, said = made.output
    assert client.responses.create(model=MODEL, input=[ran.model_dump()], store=False)
    with pytest.raises(openai.NotFoundError) as raised:
        client.responses.create(model=MODEL, input=named(said.id))
    assert "stored" in raised.value.message


def test_a_container_belongs_to_the_project_whose_tools_ran_in_it(
        client: openai.OpenAI, stranger: openai.OpenAI) -> None:
    def ask(of: openai.OpenAI, container: object) -> openai.types.responses.Response:
        return of.responses.create(model=MODEL, input="hello", tools=[
            {"type": "code_interpreter", "container": container}])

    ran = ask(client, {"type": "auto"}).output[0]
    assert ask(client, ran.container_id)
    with pytest.raises(openai.NotFoundError):
        ask(stranger, ran.container_id)
    with pytest.raises(openai.NotFoundError):
        stranger.responses.create(model=MODEL, input=[{**ran.model_dump(), "outputs": []}])


def test_nobody_uses_what_only_the_operator_has(gateway: Tollgate, client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=MODEL, input="x", prompt={"id": "pmpt_1"})
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=MODEL, input="x", tools=[
            {"type": "mcp", "server_label": "inside", "tunnel_id": "tunnel_1"}])
    key = gateway.create_key()["key"]
    assert gateway.post("/v1/audio/speech", {"model": "tts-1", "input": "x",
                                             "voice": {"id": "voice_1"}}, key).status == 404


def test_reading_a_response_counts_no_tokens_again(gateway: Tollgate,
                                                   client: openai.OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="hello")
    raw = client.responses.with_raw_response.retrieve(made.id, stream=True)
    assert [event.type for event in raw.parse()][-1] == "response.completed"
    event = event_of(gateway, raw.headers["x-request-id"])
    assert (event["charge"], event["input_text_tokens"], event["output_text_tokens"]) == (0, 0, 0)


def test_counting_tokens_is_free(gateway: Tollgate, client: openai.OpenAI) -> None:
    raw = client.responses.input_tokens.with_raw_response.count(model=MODEL, input="hello")
    assert raw.parse().input_tokens == 11
    assert event_of(gateway, raw.headers["x-request-id"])["charge"] == 0


# What was made without Tollgate, and where new objects are made.

def default_project(gateway: Tollgate) -> str:
    return gateway.json("projects", "list")["data"][0]["id"]


def test_what_was_made_elsewhere_belongs_to_whom_the_operator_gives_it(
        gateway: Tollgate, provider: ObjectUpstream, client: openai.OpenAI,
        stranger: openai.OpenAI) -> None:
    file = provider.add_file(b"from before", "user_data", "old.txt")["id"]
    project = default_project(gateway)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file)
    adopt = ("objects", "adopt", "--project", project, "--provider", "upstream")
    assert [each["kind"] for each in gateway.json(*adopt, file, "pmpt_1")["data"]] == [
        "file", "prompt"]
    assert client.files.content(file).read() == b"from before"
    assert file in [each.id for each in client.files.list()]
    assert client.responses.create(model=MODEL, input="x", prompt={"id": "pmpt_1"})
    with pytest.raises(openai.NotFoundError):
        stranger.files.retrieve(file)
    listed = gateway.json("objects", "list", "--project", project, "--kind", "prompt")["data"]
    assert [(each["id"], each["provider"]) for each in listed] == [("pmpt_1", "upstream")]
    assert gateway.json("objects", "forget", "--project", project, file)["ids"] == [file]
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file)
    assert provider.objects[file]
    entries = gateway.json("audit", "list", "--limit", "5")["data"]
    assert [entry["type"] for entry in entries[:2]] == ["tollgate.objects.forgotten",
                                                        "tollgate.objects.adopted"]


@pytest.mark.parametrize("arguments, says", [
    (("--project", "proj_none", "--provider", "upstream", "file-1"), "no project"),
    (("--provider", "nowhere", "file-1"), "no provider"),
    (("--provider", "upstream", "7d1f"), "cannot be told"),
    (("--provider", "upstream", "a/b"), "no id"),
    (("--provider", "upstream", "--kind", "cat", "7d1f"), "fine_tuning_job")])
def test_what_cannot_be_adopted_says_why(gateway: Tollgate, arguments: tuple[str, ...],
                                         says: str) -> None:
    if "--project" not in arguments:
        arguments = ("--project", default_project(gateway), *arguments)
    done = gateway.run("objects", "adopt", *arguments)
    assert done.returncode == 1 and says in done.stderr, done


def test_the_operator_chooses_where_new_files_are_kept(provider: ObjectUpstream) -> None:
    other = ObjectUpstream()
    other.numbers = itertools.count(5_000)
    with Tollgate("objects-keeper") as server:
        server.init().start()
        server.add_provider("first", provider.url, CREDENTIAL)
        server.add_provider("second", other.url, CREDENTIAL)
        client = client_of(server, server.create_key()["key"])
        before = client.files.create(file=("a.txt", b"a"), purpose="user_data")
        assert before.id in provider.objects
        assert server.json("providers", "keep-files", "second")["keeps_objects"]
        after = client.files.create(file=("b.txt", b"b"), purpose="user_data")
        assert after.id in other.objects and after.id not in provider.objects
        assert client.files.content(before.id).read() == b"a"
        kept = {each["name"]: each["keeps_objects"]
                for each in server.json("providers", "list")["data"]}
        assert kept["second"] and not kept["first"]
        # Models still go to the oldest that has them; where it was removed, the oldest keeps.
        made = client.responses.create(model=MODEL, input="x")
        assert made.id in provider.objects
        assert server.run("providers", "remove", "second").returncode == 0
        again = client.files.create(file=("c.txt", b"c"), purpose="user_data")
        assert again.id in provider.objects
    other.stop()


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
