// SPDX-License-Identifier: Apache-2.0
#include "tokens/request_tokens.h"

#include <simdjson.h>

#include "openai/json_document.h"
#include "tokens/chat_tokens.h"

namespace tg::tokens {
namespace {

using simdjson::dom::element;

// A number's longest text, a word, and what stands around a value and behind it.
constexpr std::int64_t kNumberTokens = 24;
constexpr std::int64_t kWordTokens = 2;
constexpr std::int64_t kQuotesAndComma = 3;
constexpr std::int64_t kBracketsAndComma = 3;

class Walk {
 public:
  explicit Walk(const Tokenizer& tokenizer) : tokenizer_{tokenizer} {}

  // As deep as the parser goes.
  // NOLINTNEXTLINE(misc-no-recursion)
  void add(element value) {
    simdjson::dom::object object;
    simdjson::dom::array array;
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      tokens += tokenizer_.count(text) + kQuotesAndComma;
    } else if (value.get_object().get(object) == simdjson::SUCCESS) {
      tokens += kBracketsAndComma;
      for (const auto [key, inner] : object) {
        tokens += tokenizer_.count(key) + kQuotesAndComma;
        add(inner);
      }
    } else if (value.get_array().get(array) == simdjson::SUCCESS) {
      tokens += kBracketsAndComma;
      for (const element inner : array) add(inner);
    } else {
      tokens += value.is_number() ? kNumberTokens : kWordTokens;
    }
  }

  std::int64_t tokens = 0;

 private:
  const Tokenizer& tokenizer_;
};

}  // namespace

std::optional<RequestTokens> count_request(const Tokenizer& tokenizer, openai::Endpoint endpoint,
                                           std::string_view body) {
  if (endpoint == openai::Endpoint::kChatCompletions) {
    const auto chat = count_chat_prompt(tokenizer, body);
    if (chat && chat->exact) return RequestTokens{.tokens = chat->tokens, .exact = true};
  }
  const openai::Document document{body};
  if (!document.is_object()) return std::nullopt;
  Walk walk{tokenizer};
  walk.add(document.root());
  return RequestTokens{.tokens = walk.tokens, .exact = false};
}

}  // namespace tg::tokens
