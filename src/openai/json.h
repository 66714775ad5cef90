// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// The little JSON that the data plane writes and judges itself, without a parser's header.
//
// Threading:  pure functions; one simdjson parser per thread inside.
namespace tg::openai {

// Appends `text` with quotes and escapes. Bytes that are not UTF-8 become question marks.
void append_json_string(std::string& out, std::string_view text);

// A JSON object with an object `error` inside, as every OpenAI client expects of a failure.
[[nodiscard]] bool is_error_body(std::string_view body);

}  // namespace tg::openai
