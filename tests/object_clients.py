# SPDX-License-Identifier: Apache-2.0
"""A server whose provider keeps objects, clients of two projects, and batches: shared by the tests
of objects and of work that goes on. Import the fixtures by name."""
from __future__ import annotations

import io
import json
from collections.abc import Iterator

import openai
import pytest

from conftest import name_of
from object_upstream import ObjectUpstream
from tollgate import Tollgate, secret
from upstreams import CREDENTIAL

MODEL = "gpt-4.1-mini"


@pytest.fixture(scope="module")
def provider() -> Iterator[ObjectUpstream]:
    upstream = ObjectUpstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(provider: ObjectUpstream, request: pytest.FixtureRequest) -> Iterator[Tollgate]:
    with Tollgate(name_of(request)) as server:
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
