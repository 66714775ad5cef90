# SPDX-License-Identifier: Apache-2.0
"""`tollgate tokens count` against Python's tiktoken: the same tokens, of everything.

TOLLGATE_TOKENS=all compares all of the corpus (93 MB); without it, each run takes another
twentieth.
"""
from __future__ import annotations

import json
import os
import pathlib
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

import token_corpus
import token_oracle
from tollgate import BINARY

SHARE = 1 if os.environ.get("TOLLGATE_TOKENS") == "all" else 20
SEED = int(os.environ.get("TOLLGATE_SEED", random.SystemRandom().randrange(1 << 32)))
BATCH_CHARACTERS = 5_000_000
tiktoken = token_oracle.tiktoken()


def run(*arguments: str, text: str | bytes = "") -> subprocess.CompletedProcess[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return subprocess.run([BINARY, "tokens", "count", *arguments], input=data, capture_output=True,
                          timeout=300)


def counted(*arguments: str, text: str | bytes = "") -> str:
    done = run(*arguments, text=text)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().rstrip("\n")


def encoded(encoding: str, texts: list[str], folder: pathlib.Path) -> list[list[int]]:
    lines = folder / "texts.jsonl"
    lines.write_text("".join(json.dumps(text) + "\n" for text in texts))
    printed = counted("--encoding", encoding, "--lines", "--ids", str(lines))
    return [list(map(int, line.split())) for line in printed.split("\n")]


def batches(texts: Iterator[str]) -> Iterator[list[str]]:
    batch, size = [], 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size > BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@pytest.mark.parametrize("encoding", token_oracle.ENCODINGS)
def test_tokens_are_those_of_tiktoken(encoding: str, tmp_path: pathlib.Path) -> None:
    print(f"TOLLGATE_SEED={SEED}", file=sys.stderr)
    oracle = tiktoken.get_encoding(encoding)
    texts = tokens = size = 0
    for batch in batches(token_corpus.corpus(SEED, SHARE)):
        ours = encoded(encoding, batch, tmp_path)
        assert len(ours) == len(batch)
        for text, found in zip(batch, ours):
            expected = oracle.encode_ordinary(text)
            assert found == expected, f"TOLLGATE_SEED={SEED}: {ascii(text[:300])}"
            tokens += len(expected)
            size += len(text.encode())
        texts += len(batch)
    assert tokens > 100_000
    print(f"\n{encoding}: {tokens:,} tokens of {texts:,} texts, {size / 1e6:.1f} MB, all the same")


def test_the_corpus_is_large_and_of_many_languages() -> None:
    assert len(token_corpus.languages()) > 500
    assert sum(len(text.encode()) for text in token_corpus.people()) > 7_500_000
    assert sum(len(text.encode()) for text in token_corpus.programs()) > 4_000_000


def test_models_have_the_encodings_of_tiktoken() -> None:
    from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING
    same = {"gpt2": "r50k_base", "p50k_edit": "p50k_base"}
    expected = MODEL_TO_ENCODING | {f"{prefix}x": encoding
                                    for prefix, encoding in MODEL_PREFIX_TO_ENCODING.items()}
    for model, encoding in expected.items():
        found = json.loads(counted("--model", model, "--json"))
        assert found == {"tokens": 0, "encoding": same.get(encoding, encoding)}, model


def test_bytes_that_are_no_text_count_as_python_replaces_them() -> None:
    chance = random.Random(SEED)
    oracle = tiktoken.get_encoding("o200k_base")
    for _ in range(50):
        noise = chance.randbytes(200)
        expected = oracle.encode_ordinary(noise.decode("utf-8", "replace"))
        found = counted("--encoding", "o200k_base", "--ids", text=noise)
        assert list(map(int, found.split())) == expected, noise.hex()


def test_a_file_and_standard_input_are_counted_alike(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "letter"
    file.write_text("Hello, world! <|endoftext|>")
    assert counted("--model", "gpt-4o", str(file)) == "11"
    assert counted("--model", "gpt-4o", text=file.read_text()) == "11"
    assert counted("--model", "gpt-4o", text="") == "0"


@pytest.mark.parametrize(("arguments", "text", "why"), [
    (["--model", "claude-3"], "", "is not known"),
    (["--encoding", "o300k"], "", "there are o200k_base, o200k_harmony"),
    ([], "", "Say for which --model, or in which --encoding"),
    (["--model", "gpt-4o", "/nowhere"], "", "cannot be read"),
    (["--model", "gpt-4o", "--lines"], '"a"\nb\n', "line 2 is not a JSON string"),
    (["--model", "gpt-4o", "--lines"], '"\\ud800"\n', "line 1 is not a JSON string"),
])
def test_what_cannot_be_counted_is_said(arguments: list[str], text: str, why: str) -> None:
    done = run(*arguments, text=text)
    assert done.returncode == 2
    assert why in done.stderr.decode()
