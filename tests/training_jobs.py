# SPDX-License-Identifier: Apache-2.0
"""A server that has a price for training, and jobs for it: shared by the tests of fine-tuning.
Import the fixtures by name."""
from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from call_log import line_about
from conftest import name_of
from object_clients import MODEL
from object_upstream import ObjectUpstream
from tollgate import Tollgate, wait_for
from upstreams import CREDENTIAL

TRAINED = 5768
PRICE = 5_000_000_003  # nano-dollars a million trained tokens: sums are rounded
TRAINING_PRICE = "input_text_token,tier=training=5.000000003"


def charge(tokens: int) -> int:
    return (tokens * PRICE + 500_000) // 1_000_000


def serve(server: Tollgate, provider: ObjectUpstream) -> Tollgate:
    server.init().start()
    server.add_provider("upstream", provider.url, CREDENTIAL)
    server.json("prices", "set", MODEL, "--price", TRAINING_PRICE)
    return server


@pytest.fixture(scope="module")
def gateway(provider: ObjectUpstream, request: pytest.FixtureRequest) -> Iterator[Tollgate]:
    with Tollgate(name_of(request)) as server:
        yield serve(server, provider)
        server.verify()


@pytest.fixture
def key(gateway: Tollgate) -> dict[str, str]:
    made = gateway.create_key()
    gateway.limit("key", made["id"], usd="1")
    return made


def money(server: Tollgate, key: dict[str, str]) -> tuple[int, int]:
    limit = server.limits(key["id"])[0]
    return limit["held"], limit["spent"]


def example(text: str = "hello") -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text},
                         {"role": "assistant", "content": "good day"}]}


def examples(count: int, line: dict[str, Any] | None = None) -> io.BytesIO:
    file = io.BytesIO("".join(json.dumps(line or example()) + "\n"
                              for _ in range(count)).encode())
    file.name = "train.jsonl"
    return file


def upload(client: openai.OpenAI, file: io.BytesIO) -> str:
    file.seek(0)
    return client.files.create(file=file, purpose="fine-tune").id


def train(client: openai.OpenAI, file: io.BytesIO | None = None, model: str = MODEL,
          **fields: Any) -> Any:
    return client.fine_tuning.jobs.create(
        model=model, training_file=upload(client, file or examples(50)), **fields)


def epochs(count: int | str) -> dict[str, Any]:
    return {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": count}}}


def jobs_made(provider: ObjectUpstream) -> int:
    return provider.asked("POST", "/v1/fine_tuning/jobs")


def call_of(server: Tollgate, key: dict[str, str]) -> str:
    return line_about(server, key=key["id"], status=200,
                      endpoint="/v1/fine_tuning/jobs")["request"]


def settled(server: Tollgate, key: dict[str, str]) -> int:
    """What was spent when nothing is held any more."""
    return wait_for(lambda: money(server, key)[0] == 0 and (money(server, key),), 20,
                    "its end")[0][1]
