# SPDX-License-Identifier: Apache-2.0
"""The newest openai for Python, against a provider and against the sandbox."""
import base64
import io
import math
import wave

import openai
import pytest
from tollgate import Tollgate

MODEL = "gpt-4.1-mini"
MESSAGES = [{"role": "user", "content": "Say hello."}]


@pytest.fixture
def client(server: Tollgate, any_key: str) -> openai.OpenAI:
    return openai.OpenAI(api_key=any_key, base_url=server.url, max_retries=0, timeout=20)


def wave_file(seconds: int = 2) -> io.BytesIO:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(16000 * seconds))
    file.seek(0)
    file.name = "speech.wav"
    return file


def test_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert answer.choices[0].message.content
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id


def test_chat_stream_has_no_usage_chunk_unless_asked(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True))
    assert all(chunk.choices for chunk in chunks)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_chat_stream_ends_with_its_usage_if_asked(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(
        model=MODEL, messages=MESSAGES, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0


def test_responses(client: openai.OpenAI) -> None:
    answer = client.responses.create(model=MODEL, input="Say hello.")
    assert answer.output_text and answer.usage.output_tokens > 0


def test_responses_stream(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model=MODEL, input="Say hello.", stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed" and events[-1].response.usage.output_tokens > 0


def test_responses_stream_helper(client: openai.OpenAI) -> None:
    with client.responses.stream(model=MODEL, input="Say hello.") as stream:
        text = "".join(event.delta for event in stream
                       if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == text != ""


def test_embeddings_are_unit_vectors(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input="some text")
    assert math.hypot(*answer.data[0].embedding) == pytest.approx(1, abs=0.01)


def test_image_is_a_png(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-2", prompt="a white siamese cat")
    assert base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG")


def test_speech_is_a_wave_file(client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(model="tts-1", voice="alloy", input="Hello.",
                                        response_format="wav")
    assert answer.content.startswith(b"RIFF")


def test_transcription(client: openai.OpenAI) -> None:
    answer = client.audio.transcriptions.create(model="whisper-1", file=wave_file())
    assert answer.text


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()]


@pytest.mark.parametrize("key", ["sk-tg-proj-wrong", "sk-proj-of-somebody-else", "x"])
def test_wrong_key_raises_authentication_error(server: Tollgate, key: str) -> None:
    client = openai.OpenAI(api_key=key, base_url=server.url)
    with pytest.raises(openai.AuthenticationError) as raised:
        client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert raised.value.code == "invalid_api_key" and raised.value.request_id
