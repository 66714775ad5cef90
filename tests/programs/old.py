# SPDX-License-Identifier: Apache-2.0
"""What tutorials show for openai 0.28, unedited but for being gathered in one file: old.py CASE

It knows Tollgate only through OPENAI_API_KEY and OPENAI_API_BASE. Prints what the program got.
"""
import io
import os
import struct
import sys

import openai

openai.api_key = os.getenv("OPENAI_API_KEY")
MESSAGES = [{"role": "user", "content": "Say hello."}]


def wave_file(seconds):
    samples = bytes(8000 * 2 * seconds)
    head = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(samples))
    file = io.BytesIO(head + samples)
    file.name = "speech.wav"
    return file


def chat():
    response = openai.ChatCompletion.create(model="gpt-4", messages=MESSAGES)
    print(response["choices"][0]["message"]["content"])


def chat_turbo():
    response = openai.ChatCompletion.create(model="gpt-3.5-turbo", messages=MESSAGES,
                                            temperature=0, max_tokens=100)
    print(response.choices[0].message.content.strip())


def chat_stream():
    for chunk in openai.ChatCompletion.create(model="gpt-4", messages=MESSAGES, stream=True):
        print(chunk["choices"][0]["delta"].get("content", ""), end="", flush=True)


def chat_engine():
    response = openai.ChatCompletion.create(engine="gpt-4", messages=MESSAGES)
    print(response["choices"][0]["message"]["content"])


def image():
    response = openai.Image.create(prompt="a white siamese cat", n=1, size="1024x1024")
    print(list(response["data"][0]))


def transcribe():
    print(openai.Audio.transcribe("whisper-1", wave_file(2))["text"])


def embedding():
    response = openai.Embedding.create(input="Your text", model="text-embedding-ada-002")
    vector = response["data"][0]["embedding"]
    print(len(vector), round(sum(x * x for x in vector), 3))


def models():
    print([model["id"] for model in openai.Model.list()["data"]])


def wrong_key():
    openai.api_key = "sk-tg-proj-wrong"
    try:
        chat()
    except openai.error.AuthenticationError as error:
        print("AuthenticationError", error.http_status, error)


globals()[sys.argv[1]]()
