// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <cstdint>

#include "openai/references.h"

// What stands inside `messages` and `input`: media beside text, and what points at text that is
// not in the request. Whatever is not known to be plain text counts as open-ended, because a bound
// that is too small lets a call past its limit.
//
// Threading:  pure.
// Limits:     three levels (item, part, part of a tool's output); deeper ones are open-ended.
namespace tg::openai {

struct InputFacts {
  std::int64_t media = 0;        // images, audio, files: inline, by URL or by id
  std::int64_t media_bytes = 0;  // of inline base64, which is no text
  bool open_ended = false;       // more text may be read than stands here
  References references;         // files by id
};

void read_input(simdjson::dom::element value, InputFacts& facts);

// Hosted tools feed the model; functions and custom tools are only described to it.
[[nodiscard]] bool has_hosted_tool(simdjson::dom::element tools);

}  // namespace tg::openai
