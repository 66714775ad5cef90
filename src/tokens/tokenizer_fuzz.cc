// SPDX-License-Identifier: Apache-2.0
// Whatever a text is, its tokens are it again, count() and encode() agree, and so does who counts
// it in parts.
#include "base/result.h"
#include "tokens/chat_tokens.h"
#include "tokens/token_counter.h"
#include "tokens/tokenizer.h"
#include "tokens/utf8.h"

namespace {

void check(const tg::tokens::Tokenizer& tokenizer, std::string_view text, std::size_t part) {
  std::string scratch;
  const auto valid = tg::tokens::valid_utf8(text, scratch);
  const auto ranks = tokenizer.encode(text);
  std::string again;
  for (const auto rank : ranks) again += tokenizer.vocabulary().token(rank);
  TG_CHECK(again == valid);
  const auto count = tokenizer.count(text);
  TG_CHECK(count == static_cast<std::int64_t>(ranks.size()));
  tg::tokens::TokenCounter counter{tokenizer};
  for (; !text.empty(); text.remove_prefix(std::min(part, text.size()))) {
    counter.feed(text.substr(0, part));
  }
  TG_CHECK(counter.at_most() >= count && counter.at_least() <= count);
  TG_CHECK(counter.finish() == count || !counter.exact());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const tg::tokens::Tokenizers kTokenizers;
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  for (const auto encoding : tg::tokens::kEncodings) {
    check(kTokenizers.of(encoding), text, 1 + data[0] % 64U);
  }
  (void)tg::tokens::count_chat_prompt(kTokenizers.of(tg::tokens::Encoding::kO200kBase), text);
  return 0;
}
