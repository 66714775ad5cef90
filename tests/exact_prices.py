# SPDX-License-Identifier: Apache-2.0
"""What calls cost, worked out a second time from the catalogue: tests compare to the nano-dollar.

The models here have one price for input and one for output, whatever the tier, so that a bound can
be computed beside the server's.
"""
from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

from tollgate import ROOT

# 1,000 tokens in and 1,000 out at most.
SMALL = "together-ai-8.1b-21b"
# 4,096 in and 4,096 out, which cost four times as much.
MIDDLE = "llama-2-70b-chat"
# 128,000 in and out, and does not reason.
LONG = "llama-3.3-70b"
# The same limits, cheaper: of it tests make an upstream that lies, and is not believed again.
LIAR = "mistral-7b-instruct"
# 128,000 out, and reasons unseen. (Its prices have tiers: nothing here computes its bound.)
REASONING = "gpt-6-luna"
# Listed by providers and without a price in the catalogue.
UNPRICED = "acme-experimental"
# Priced for input, and a zero, which is no price, for output.
HALF_PRICED = "model-router"
MODELS = [SMALL, MIDDLE, LONG, LIAR, REASONING, UNPRICED, HALF_PRICED]

# What a chat template adds to a prompt: what the server allows for.
TEMPLATE_TOKENS = 128


@dataclass(frozen=True)
class Price:
    """Nano-dollars per million tokens, and the model's limits."""
    input: int
    output: int
    input_tokens_max: int
    output_tokens_max: int

    def charge(self, input_tokens: int, output_tokens: int) -> int:
        """Nano-dollars, rounded half up once."""
        exact = input_tokens * self.input + output_tokens * self.output
        return (2 * exact + 10**6) // (2 * 10**6)

    def bound(self, body: bytes, output_tokens: int | None) -> int:
        """The most that a call with this body can be charged, where the upstream keeps its word.

        A token is a byte at least; what the server adds for tools and media occurs in none here.
        """
        output = self.output_tokens_max if output_tokens is None else output_tokens
        return self.charge(len(body) + TEMPLATE_TOKENS, output)

    def capped_charge(self, input_tokens: int, output_tokens: int) -> int:
        """Where a limit trusts no upstream: of what is reported, what the model can do at all."""
        return self.charge(min(input_tokens, self.input_tokens_max),
                           min(output_tokens, self.output_tokens_max))

    def model_bound(self) -> int:
        """The most that any call of the model can be charged."""
        return self.charge(self.input_tokens_max, self.output_tokens_max)


@functools.cache
def price(model: str) -> Price:
    catalogue = json.loads((ROOT / "catalogue/model_prices.json").read_text())["models"]
    named = [row for row in catalogue if row["model"] == model]
    # As the server does: OpenAI's, else the dearest of the others.
    row = max(named, key=lambda row: (row["provider"] == "openai",
                                      max(p["nanousd_per_million"] for p in row["prices"])))
    return Price(_standard(row, "input_text_token"), _standard(row, "output_text_token"),
                 row["input_tokens_max"], row["output_tokens_max"])


def _standard(row: dict[str, Any], unit: str) -> int:
    return next(price["nanousd_per_million"] for price in row["prices"] if price["unit"] == unit
                and "tier" not in price and "above_input_tokens" not in price)


def dollars(nanousd: int) -> str:
    return f"{nanousd // 10**9}.{nanousd % 10**9:09}"
