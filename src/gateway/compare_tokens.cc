// SPDX-License-Identifier: Apache-2.0
#include "gateway/compare_tokens.h"

#include "openai/answer_tap.h"
#include "tokens/chat_tokens.h"

namespace tg::gateway {
namespace {

class Text final : public openai::TextSink {
 public:
  void take(std::string_view piece) override { text += piece; }

  std::string text;
};

}  // namespace

void compare_tokens(const tokens::ReadyTokenizers& tokenizers, const ReportedChat& chat,
                    TokenDrift& drift) {
  const auto encoding = tokens::encoding_of_model(chat.model);
  const auto* tokenizer = encoding ? tokenizers.find(*encoding) : nullptr;
  if (tokenizer == nullptr) return;
  TokenDrift::Tokens input;
  const auto prompt = tokens::count_chat_prompt(*tokenizer, chat.body);
  if (prompt && prompt->exact) {
    input = {.counted = prompt->tokens, .reported = chat.usage.input_tokens()};
  }
  TokenDrift::Tokens output;
  // What a model thinks unseen cannot be counted.
  if (chat.usage.reasoning_tokens == 0) {
    Text passed;
    openai::Answer answer;
    answer.text = &passed;
    openai::read_answer(openai::Endpoint::kChatCompletions, chat.answer, answer);
    output = {.counted = tokenizer->count(passed.text), .reported = chat.usage.output_tokens()};
  }
  drift.note(chat.model, input, output);
}

}  // namespace tg::gateway
