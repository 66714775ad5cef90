// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "openai/endpoint.h"
#include "openai/usage.h"

// A provider's usage object into classes that do not overlap (OPENAI-CONTRACT 5.3).
//
// OpenAI's dialect and those that speak it with words of their own, told apart by what each object
// says:
//
//   OpenAI, vLLM, OpenRouter  what a cache had is a part of the input
//   DeepSeek, Moonshot        the same, beside the details (prompt_cache_hit_tokens, cached_tokens)
//   Anthropic                 cache_read_input_tokens and cache_creation_input_tokens are added to it
//   LiteLLM                   both at once: the same tokens twice, and a part
//
// Some report nonsense: a part is cut to what is left of its total, and a count that is no whole
// number from 0 to 2^53 counts as not reported.
//
// Threading:  pure.
namespace tg::openai {

// Whether anything was reported; only then `usage` is changed, and its source is kProvider. Of two
// objects of one answer the later holds, for what it tells.
[[nodiscard]] bool read_usage(Endpoint endpoint, simdjson::dom::object reported, Usage& usage);

// A number of seconds, or a string that holds one; rounded up to a millisecond.
[[nodiscard]] std::optional<std::int64_t> read_seconds(simdjson::dom::element value);

// Members in one walk: simdjson's look-up by name starts over each time and throws when misused.
template <typename Visit>
void each_member(simdjson::dom::element value, Visit visit) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return;
  for (const auto [key, inner] : object) visit(key, inner);
}

[[nodiscard]] inline std::string_view text_or_empty(simdjson::dom::element value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

}  // namespace tg::openai
