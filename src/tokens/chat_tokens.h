// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "tokens/tokenizer.h"

// How many tokens the prompt of a chat completion is: its messages in OpenAI's framing, and its
// tools, which OpenAI writes into the prompt in a form of its own.
//
// The numbers are those of OpenAI's cookbook ("How to count tokens with tiktoken"): 3 for each
// message and 3 for the answer's beginning, 1 for a name; what tools add is its heuristic. For
// messages of text alone the sum is what OpenAI bills; of all else it is an estimate, and `exact`
// says which of the two it is.
//
//   const auto prompt = count_chat_prompt(tokenizers.of(*encoding), body);
//
// Threading:  pure.
// Limits:     time as Tokenizer::count; nesting as deep as simdjson allows (1,024), of schemas the
//             first 8 levels are read property by property and what is deeper as text.
// Errors:     kBodyNotJson, kBodyMalformed (no object, or `messages` is no list of objects).
namespace tg::tokens {

struct PromptTokens {
  std::int64_t tokens = 0;
  bool exact = true;   // nothing but messages of text
  bool media = false;  // images, sound or files are in it, and are not counted here
};

// `body` is the request's JSON. The encoding also decides how much a tool's frame is: 7 with
// o200k, 10 before it.
[[nodiscard]] Result<PromptTokens> count_chat_prompt(const Tokenizer& tokenizer,
                                                     std::string_view body);

}  // namespace tg::tokens
