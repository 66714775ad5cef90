# SPDX-License-Identifier: Apache-2.0
"""Limits of images and of audio, per minute: ours, and as OpenAI's Admin API has them."""
from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tollgate import ROOT, Answer, Tollgate, wait_for

sys.path.append(str(ROOT / "tests/wire"))
from raw import RawUpstream, Script, gateway_of, plain_answer  # noqa: E402

IMAGES = "/v1/images/generations"
MODELS = ["dall-e-3", "whisper-1", "gpt-4.1-mini"]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def raw() -> Iterator[RawUpstream]:
    upstream = RawUpstream(MODELS)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(raw: RawUpstream) -> Iterator[Tollgate]:
    with gateway_of("media-limits", raw) as server:
        yield server


def images(raw: RawUpstream, gateway: Tollgate, key: str, number: int, status: int = 200) -> Answer:
    body = json.dumps({"created": 1, "data": [{"url": "https://i.example/1"}] * number}).encode()
    if status == 200:
        raw.scripts.append(Script(plain_answer(body)))
    answer = gateway.post(IMAGES, {"model": "dall-e-3", "prompt": "a cat", "n": number,
                                   "size": "1024x1024", "quality": "standard"}, key)
    assert answer.status == status, answer
    return answer


def recording(raw: RawUpstream, gateway: Tollgate, key: str, megabytes: int,
              status: int = 200) -> Answer:
    if status == 200:
        raw.scripts.append(Script(plain_answer(b'{"text":"nothing was said"}')))
    form = (b'--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
            b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n'
            b"Content-Type: audio/mpeg\r\n\r\n" + bytes(megabytes * MEGABYTE) + b"\r\n--B--\r\n")
    answer = gateway.request("POST", "/v1/audio/transcriptions", form, key,
                             {"Content-Type": "multipart/form-data; boundary=B"})
    assert answer.status == status, answer
    return answer


def reading(gateway: Tollgate, key_id: str) -> dict[str, Any]:
    limits = gateway.limits(key_id)
    assert len(limits) == 1
    return limits[0]


def test_images_are_limited_per_minute(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("images")
    gateway.limit("key", key["id"], images=5, per="minute", window="rate")
    answer = images(raw, gateway, key["key"], 2)
    assert answer.headers["x-ratelimit-limit-images"] == "5"
    assert answer.headers["x-ratelimit-remaining-images"] == "3"
    images(raw, gateway, key["key"], 3)
    refused = images(raw, gateway, key["key"], 1, 429)
    assert refused.error["code"] == "rate_limit_exceeded"
    assert "image limit of this API key" in refused.error["message"]
    assert refused.headers["x-ratelimit-remaining-images"] == "0"
    assert 0 < int(refused.headers["retry-after"]) <= 12, "one image in twelve seconds"
    # What makes no image is none of its business.
    chat = gateway.chat(key["key"], "hello")
    assert chat.status == 200 and "x-ratelimit-limit-images" not in chat.headers


def test_an_image_that_was_not_made_is_given_back(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("not-made")
    gateway.limit("key", key["id"], images=2, per="minute")
    raw.scripts.append(Script(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"))
    answer = gateway.post(IMAGES, {"model": "dall-e-3", "prompt": "a cat", "n": 2}, key["key"])
    assert answer.status == 500
    assert reading(gateway, key["id"])["spent"] == 0
    images(raw, gateway, key["key"], 2)
    assert reading(gateway, key["id"])["spent"] == 2


def test_none_at_all_closes_images_and_nothing_else(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("no-images")
    gateway.limit("key", key["id"], images=0, per="minute")
    images(raw, gateway, key["key"], 1, 429)
    assert gateway.chat(key["key"], "hello").status == 200
    recording(raw, gateway, key["key"], 1)


def test_audio_is_limited_per_minute(raw: RawUpstream, gateway: Tollgate) -> None:
    key = gateway.create_key("audio")
    gateway.limit("key", key["id"], audio_megabytes=3, per="minute", window="rolling")
    recording(raw, gateway, key["key"], 2)
    limit = reading(gateway, key["id"])
    assert (limit["metric"], limit["amount"]) == ("audio", 3 * MEGABYTE)
    assert limit["spent"] == 2 * MEGABYTE
    refused = recording(raw, gateway, key["key"], 2, 429)
    assert refused.error["code"] == "rate_limit_exceeded"
    assert "audio limit of this API key" in refused.error["message"]
    recording(raw, gateway, key["key"], 1)
    assert gateway.chat(key["key"], "hello").status == 200


@pytest.mark.parametrize("options", [
    {"images": 5}, {"images": 5, "per": "day"}, {"audio_megabytes": 5, "per": "month"},
    {"audio_megabytes": -1, "per": "minute"}])
def test_they_are_for_a_minute_only(gateway: Tollgate, options: dict[str, Any]) -> None:
    key = gateway.create_key("periods")
    arguments = [text for name, value in options.items()
                 for text in (f"--{name.replace('_', '-')}", str(value))]
    done = gateway.run("limits", "set", "--key", key["id"], *arguments)
    assert done.returncode != 0 and done.stderr, done


def test_they_are_openais_rate_limits_of_a_project(raw: RawUpstream, gateway: Tollgate) -> None:
    admin = gateway.create_key("admin", "admin")["key"]
    project = gateway.get("/v1/organization/projects", admin).json["data"][0]["id"]
    path = f"/v1/organization/projects/{project}/rate_limits/rl-dall-e-3"
    fields = {"max_images_per_1_minute": 4, "max_audio_megabytes_per_1_minute": 7}
    answer = gateway.post(path, fields, admin)
    assert answer.status == 200 and {name: answer.json[name] for name in fields} == fields
    rows = gateway.get(path.rpartition("/")[0], admin).json["data"]
    row = next(row for row in rows if row["model"] == "dall-e-3")
    assert {name: row[name] for name in fields} == fields
    assert not fields.keys() & next(row for row in rows if row["model"] == "whisper-1").keys()

    key = gateway.create_key("project-images")["key"]
    images(raw, gateway, key, 4)
    images(raw, gateway, key, 1, 429)
    unlimited = dict.fromkeys(fields, 9007199254740991)
    assert not fields.keys() & gateway.post(path, {**row, **unlimited}, admin).json.keys()
    images(raw, gateway, key, 1)
