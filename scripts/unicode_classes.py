#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/tokens/generated/unicode_ranges.inc: the classes of characters by which encodings
split a text (tokens/unicode_class.h).

    pip install unicodedata2==16.0.0 && scripts/unicode_classes.py

Unicode 16, because that is what tiktoken's regular expressions know (regex-syntax 0.8): a newer
table would split a text otherwise than OpenAI does. tests/test_tokens.py compares every character.
"""
import pathlib

import unicodedata2

VERSION = "16.0.0"
OUTPUT = (pathlib.Path(__file__).resolve().parent.parent
          / "src" / "tokens" / "generated" / "unicode_ranges.inc")
CLASSES = {"Lu": "kUpper", "Lt": "kUpper", "Ll": "kLower", "Lm": "kUncased", "Lo": "kUncased",
           "Mn": "kMark", "Mc": "kMark", "Me": "kMark", "Nd": "kNumber", "Nl": "kNumber",
           "No": "kNumber"}
# White_Space of PropList.txt, which the module does not have.
SPACES = {0x20, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
          *range(0x9, 0xe), *range(0x2000, 0x200b)}


def class_of(character: int) -> str:
    if character in (0xa, 0xd):
        return "kNewline"
    if character in SPACES:
        return "kSpace"
    return CLASSES.get(unicodedata2.category(chr(character)), "kOther")


def main() -> None:
    assert unicodedata2.unidata_version == VERSION
    lines, last = [], None
    for character in range(0x110000):
        if (now := class_of(character)) != last:
            lines.append(f"{{0x{character:x}, {now}}},")
            last = now
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("// SPDX-License-Identifier: Apache-2.0 AND Unicode-3.0\n"
                      f"// Unicode {VERSION}; written by scripts/unicode_classes.py.\n"
                      + "\n".join(lines) + "\n")
    print(f"{len(lines)} ranges")


main()
