# SPDX-License-Identifier: Apache-2.0
"""openai 0.28.1 for Python: the programs of the tutorials run unedited."""
import os
import subprocess

import pytest

from tollgate import ROOT, Tollgate

PYTHON = ROOT / "build/venv-0.28/bin/python"
UPSTREAM_SAYS = "Hello from the upstream, word by word."


def run(server: Tollgate, key: str, case: str) -> str:
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("OPENAI_")}
    done = subprocess.run([PYTHON, ROOT / "tests/programs/old.py", case], capture_output=True,
                          text=True, timeout=60,
                          env={**environment, "OPENAI_API_KEY": key, "OPENAI_API_BASE": server.url})
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout.strip()


@pytest.mark.parametrize("case", ["chat", "chat_turbo", "chat_stream", "chat_engine"])
def test_chat_program_runs_unedited(server: Tollgate, project_key: dict, case: str) -> None:
    assert run(server, project_key["key"], case) == UPSTREAM_SAYS


@pytest.mark.parametrize("case", ["chat", "chat_turbo", "chat_stream", "chat_engine"])
def test_chat_program_runs_against_the_sandbox(server: Tollgate, test_key: dict, case: str) -> None:
    assert "sandbox" in run(server, test_key["key"], case).lower()


def test_image_without_a_model_gets_the_default_one(server: Tollgate, any_key: str) -> None:
    assert run(server, any_key, "image") in ("['b64_json']", "['url']")


def test_transcription(server: Tollgate, project_key: dict) -> None:
    assert run(server, project_key["key"], "transcribe") == "what the upstream heard"


def test_sandbox_transcription_says_what_it_received(server: Tollgate, test_key: dict) -> None:
    text = run(server, test_key["key"], "transcribe").lower()
    assert "wav" in text and "2" in text


def test_embedding_is_a_unit_vector(server: Tollgate, any_key: str) -> None:
    dimensions, norm = run(server, any_key, "embedding").split()
    assert int(dimensions) > 0 and float(norm) == pytest.approx(1, abs=0.01)


def test_models_are_listed(server: Tollgate, project_key: dict) -> None:
    assert "gpt-4.1-mini" in run(server, project_key["key"], "models")


def test_wrong_key_raises_authentication_error(server: Tollgate) -> None:
    said = run(server, "sk-tg-proj-wrong", "wrong_key")
    assert said.startswith("AuthenticationError 401")
    assert "Incorrect API key" in said
