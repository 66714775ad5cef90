# SPDX-License-Identifier: Apache-2.0
"""Which model answers: retired names, names without a provider, and the sandbox of test keys."""
import pytest

from tollgate import Answer, Tollgate


def warning(answer: Answer) -> str:
    return " ".join(value for name, value in answer.headers.items() if "warning" in name.lower())


def test_retired_model_is_answered_by_its_successor_and_says_so(
        server: Tollgate, project_key: dict) -> None:
    answer = server.chat(project_key["key"], "hello", model="gpt-4")
    assert answer.status == 200, answer
    assert "gpt-4.1" in warning(answer) and "gpt-4" in warning(answer)


def test_living_model_is_answered_without_a_warning(server: Tollgate, project_key: dict) -> None:
    answer = server.chat(project_key["key"], "hello")
    assert answer.status == 200, answer
    assert warning(answer) == ""


def test_adding_a_provider_shows_its_models_and_the_successors(server: Tollgate) -> None:
    shown = str(server.added)
    assert "gpt-4.1" in shown and "gpt-3.5-turbo" in shown


def test_unknown_model_is_a_404(server: Tollgate, project_key: dict) -> None:
    answer = server.chat(project_key["key"], "hello", model="no-such-model")
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_models_of_a_project_key_are_those_of_the_provider(
        server: Tollgate, project_key: dict) -> None:
    listed = server.get("/v1/models", project_key["key"]).json
    names = [model["id"] for model in listed["data"]]
    assert listed["object"] == "list"
    assert {"gpt-4.1-mini", "whisper-1"} <= set(names)


@pytest.fixture(scope="module")
def bare() -> Tollgate:
    """A server just set up, without any provider."""
    with Tollgate("no-provider") as bare_server:
        yield bare_server.init().start()


def test_project_key_without_a_provider_is_told_what_to_do(bare: Tollgate) -> None:
    answer = bare.chat(bare.create_key()["key"], "hello")
    assert answer.status == 404
    assert "provider" in answer.error["message"]


def test_test_key_needs_no_provider_and_is_charged_nothing(bare: Tollgate) -> None:
    key = bare.create_key("sandbox", "test")
    for model in ("gpt-4.1-mini", "whatever-model"):
        assert bare.chat(key["key"], "hello", model=model).status == 200
    totals = bare.wait_for_calls(key["id"], 2)
    assert totals["charge_nanousd"] == 0
    assert totals["would_have_cost_nanousd"] > 0


@pytest.mark.parametrize("model, status", [("sandbox/error-429", 429), ("sandbox/error-500", 500)])
def test_sandbox_provokes_errors(bare: Tollgate, model: str, status: int) -> None:
    answer = bare.chat(bare.create_key("sandbox", "test")["key"], "hello", model=model)
    assert answer.status == status
    assert answer.error["message"]


def test_sandbox_answers_the_same_to_the_same(bare: Tollgate) -> None:
    key = bare.create_key("sandbox", "test")["key"]
    contents = {bare.chat(key, "hello").json["choices"][0]["message"]["content"] for _ in range(3)}
    assert len(contents) == 1 and "sandbox" in contents.pop().lower()
