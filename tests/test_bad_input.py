# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with a call or with its upstream: OpenAI's error form, the right status, and a
charge exactly where something was produced."""
import json

import pytest

from tollgate import Answer, Tollgate, chat_body, events, wait_for
from upstreams import Upstream, free_port


@pytest.fixture(scope="module")
def key(rough: Tollgate) -> dict[str, str]:
    return rough.create_key("bad input")


def charge_of(server: Tollgate, key: dict[str, str], calls: int = 1) -> int:
    return server.wait_for_calls(key["id"], calls)["charge_nanousd"]


# Keys.

@pytest.mark.parametrize("presented", [
    "x", "sk-tg-proj-tooshort", "sk-tg-proj-" + "a" * 49, "sk-tg-proj-" + "\u00e9" * 49,
    "sk-proj-of-openai", "sk-tg-" + "9" * 5000])
def test_malformed_and_unknown_keys(rough: Tollgate, presented: str) -> None:
    answer = rough.post("/v1/chat/completions", chat_body("plain"), None,
                        headers={"Authorization": f"Bearer {presented}".encode().decode("latin1")})
    assert answer.status == 401, answer
    assert answer.error["code"] == "invalid_api_key"
    assert presented not in answer.body.decode() or len(presented) < 12, "shown masked"


def test_key_of_right_form_with_one_character_changed(rough: Tollgate, key: dict) -> None:
    other = "A" if key["key"][20] != "A" else "B"
    answer = rough.chat(key["key"][:20] + other + key["key"][21:], "plain")
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


def test_absent_key(rough: Tollgate) -> None:
    answer = rough.post("/v1/chat/completions", chat_body("plain"), None)
    assert (answer.status, answer.error["code"]) == (401, None)
    assert "API key" in answer.error["message"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "bearer"])
def test_authorization_without_a_key(rough: Tollgate, header: str) -> None:
    answer = rough.post("/v1/chat/completions", chat_body("plain"), None,
                        headers={"Authorization": header})
    assert answer.status == 401, answer
    assert answer.error["type"] == "invalid_request_error"


def test_admin_key_calls_no_model(rough: Tollgate) -> None:
    answer = rough.chat(rough.create_key("admin", "admin")["key"], "plain")
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


def test_refused_keys_reach_no_upstream(rough: Tollgate, upstream: Upstream) -> None:
    before = len(upstream.calls)
    assert rough.chat("sk-tg-proj-wrong", "plain").status == 401
    assert len(upstream.calls) == before


# Bodies.

@pytest.mark.parametrize("body", [
    b"", b"{", b"not json", b"[]", b"null", b"\xff\xfe", b'{"model":"gpt-4.1-mini"', b'"text"',
    b"{}{}", b"\x00" * 10, b"[" * 10_000])
def test_body_that_is_no_json_object(rough: Tollgate, key: dict, body: bytes) -> None:
    answer = rough.post("/v1/chat/completions", body, key["key"])
    assert answer.status == 400, answer
    assert answer.error["type"] == "invalid_request_error"


def test_body_that_is_too_large(rough: Tollgate, key: dict) -> None:
    answer = rough.post("/v1/chat/completions", chat_body("x" * 200_000), key["key"])
    assert answer.status == 413, answer
    assert answer.error["message"]


def test_body_without_a_model_gets_the_default(rough: Tollgate, key: dict) -> None:
    answer = rough.post("/v1/chat/completions", {"messages": chat_body("plain")["messages"]},
                        key["key"])
    assert answer.status == 200, answer


def test_body_without_a_model_where_there_is_no_default(rough: Tollgate, key: dict) -> None:
    answer = rough.post("/v1/audio/speech", {"input": "hello", "voice": "alloy"}, key["key"])
    assert answer.status == 400, answer
    assert answer.error["message"]


@pytest.mark.parametrize("model", [17, None, "", ["gpt-4.1-mini"], {}, "x" * 10_000])
def test_model_that_is_no_name(rough: Tollgate, key: dict, model: object) -> None:
    answer = rough.post("/v1/chat/completions", {**chat_body("plain"), "model": model}, key["key"])
    assert answer.status in (400, 404), answer
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("field, value", [("max_tokens", -1), ("max_tokens", "many"),
                                          ("n", 10**30), ("stream", "yes")])
def test_field_of_a_wrong_value(rough: Tollgate, key: dict, field: str, value: object) -> None:
    answer = rough.post("/v1/chat/completions", chat_body("plain", **{field: value}), key["key"])
    assert answer.status == 400, answer
    assert answer.error["message"]


def test_unknown_model(rough: Tollgate, key: dict) -> None:
    answer = rough.chat(key["key"], "plain", model="gpt-99")
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("method, path, status", [
    ("POST", "/v1/nothing", 404), ("PUT", "/v1/chat/completions", 405),
    ("DELETE", "/v1/models", 405), ("POST", "/v1/../v1/chat/completions", 404)])
def test_path_or_method_that_is_not_there(
        rough: Tollgate, key: dict, method: str, path: str, status: int) -> None:
    answer = rough.request(method, path, chat_body("plain") if method == "POST" else None,
                           key["key"])
    assert answer.status in (status, 400), answer
    assert answer.error["message"]


# Upstreams.

def failing(server: Tollgate, behaviour: str, **fields: object) -> tuple[Answer, dict[str, str]]:
    key = server.create_key(behaviour)
    return server.chat(key["key"], behaviour, **fields), key


@pytest.mark.parametrize("behaviour", ["garbage", "disconnect", "truncated"])
@pytest.mark.parametrize("stream", [False, True])
def test_upstream_that_breaks_before_its_answer(
        rough: Tollgate, behaviour: str, stream: bool) -> None:
    answer, key = failing(rough, behaviour, stream=stream)
    if answer.status == 200:
        # Its head had been passed on already: then the connection must not end as if all were well.
        pytest.fail(f"a broken answer was given as a whole one: {answer}")
    assert answer.status == 502, answer
    assert answer.error["type"] == "server_error"
    assert charge_of(rough, key) == 0 or behaviour == "truncated"


def test_upstream_whose_answer_is_not_json(rough: Tollgate) -> None:
    answer, key = failing(rough, "not-json")
    assert answer.status == 502, answer
    assert rough.wait_for_calls(key["id"], 1)["calls"] == 1


@pytest.mark.parametrize("behaviour, status", [("error-400", 400), ("error-429", 429),
                                               ("error-500", 500)])
@pytest.mark.parametrize("stream", [False, True])
def test_upstream_error_is_passed_on_and_not_charged(
        rough: Tollgate, behaviour: str, status: int, stream: bool) -> None:
    answer, key = failing(rough, behaviour, stream=stream)
    assert answer.status == status, answer
    assert answer.error["message"]
    assert charge_of(rough, key) == 0


def test_slow_upstream_is_given_up(rough: Tollgate, upstream: Upstream) -> None:
    upstream.release.clear()
    answer, key = failing(rough, "hold")
    upstream.release.set()
    assert answer.status == 504, answer
    assert answer.error["code"] == "upstream_timeout"
    assert rough.wait_for_calls(key["id"], 1)["calls"] == 1


@pytest.mark.parametrize("stream", [False, True])
def test_answer_without_usage_is_charged_by_what_passed(rough: Tollgate, stream: bool) -> None:
    answer, key = failing(rough, "no-usage", stream=stream)
    assert answer.status == 200
    assert charge_of(rough, key) > 0


def test_stream_that_breaks_off_ends_with_an_error_event(rough: Tollgate) -> None:
    key = rough.create_key("cut")
    got = list(events(rough.open_stream(key["key"], "cut")))
    assert "[DONE]" not in got
    assert set(json.loads(got[-1])["error"]) >= {"message", "type", "param", "code"}
    assert [json.loads(each)["choices"][0]["delta"]["content"] for each in got[:3]] == [
        "one ", "two ", "three"]
    assert charge_of(rough, key) > 0, "what was sent is charged"


def test_client_that_goes_away_cancels_the_upstream(rough: Tollgate, upstream: Upstream) -> None:
    key = rough.create_key("gone")
    stream = rough.open_stream(key["key"], "trickle")
    assert next(events(stream))
    wait_for(lambda: upstream.open_streams == 1)
    stream.close()
    wait_for(lambda: upstream.open_streams == 0, 2, "the upstream's stream to end")
    assert charge_of(rough, key) > 0


def test_server_serves_on_after_all_this(rough: Tollgate, key: dict) -> None:
    assert rough.chat(key["key"], "plain").status == 200


def test_upstream_that_is_down() -> None:
    with Tollgate("down", flags=("--upstream-connect-timeout-ms", "1000")) as server:
        server.init().start()
        server.add_provider("down", f"http://127.0.0.1:{free_port()}/v1")
        key = server.create_key("down")
        answer = server.chat(key["key"], "hello", model="gpt-4.1-mini")
        assert answer.status == 502, answer
        assert answer.error["code"] == "upstream_unreachable"
        assert charge_of(server, key) == 0


@pytest.mark.parametrize("model", ["slow", "disconnect", "garbage", "no-usage"])
@pytest.mark.parametrize("stream", [False, True])
def test_sandbox_misbehaves_on_request(rough: Tollgate, model: str, stream: bool) -> None:
    key = rough.create_key("sandbox", "test")
    if stream and model == "slow":  # two minutes to its end: nobody waits that long
        with rough.open_stream(key["key"], "hello", model="sandbox/slow") as slow:
            assert slow.status == 200 and slow.read(1)
        return
    try:
        answer = rough.chat(key["key"], "hello", model=f"sandbox/{model}", stream=stream)
        assert answer.status in (200, 502), answer
    except (OSError, EOFError, ValueError):
        assert model == "disconnect"
    except Exception as broken:  # http.client's own classes for a connection cut off
        assert type(broken).__module__ == "http.client" and model == "disconnect", broken
    assert charge_of(rough, key) == 0
