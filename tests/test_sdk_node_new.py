# SPDX-License-Identifier: Apache-2.0
"""The newest openai of npm, on the Node it asks for, against a provider and against the sandbox."""
import os
import subprocess

import pytest

from tollgate import NODE, ROOT, Tollgate

CASES = ["chat", "chat_stream", "chat_stream_helper", "responses", "responses_stream",
         "responses_stream_helper", "embeddings", "image", "speech", "transcription", "models",
         "wrong_key"]


@pytest.mark.parametrize("case", CASES)
def test_node(server: Tollgate, any_key: str, case: str) -> None:
    done = subprocess.run([NODE, ROOT / "tests/programs/new.mjs", case], capture_output=True,
                          text=True, timeout=60,
                          env={**os.environ, "OPENAI_API_KEY": any_key,
                               "OPENAI_BASE_URL": server.url})
    assert done.returncode == 0, done.stderr[-2000:]
