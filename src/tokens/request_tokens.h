// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "openai/endpoint.h"
#include "tokens/tokenizer.h"

// How many tokens a request's text is, where its bytes are too coarse a bound.
//
// A chat of messages alone is counted as OpenAI bills it. All else, as tools and a response's
// items, reaches the model in a form that is not published: there every name and value of the body
// is counted by itself, and its punctuation by the byte, which no form of it exceeds.
//
// Threading:  pure.
// Limits:     time as Tokenizer::count; 1,024 levels.
namespace tg::tokens {

struct RequestTokens {
  std::int64_t tokens = 0;
  bool exact = false;  // else it is not more
};

// Nothing where the body is no JSON object. What stands in it as an image or a recording is the
// caller's to know of: it would be counted as text.
[[nodiscard]] std::optional<RequestTokens> count_request(const Tokenizer& tokenizer,
                                                         openai::Endpoint endpoint,
                                                         std::string_view body);

}  // namespace tg::tokens
