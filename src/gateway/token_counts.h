// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/input_counter.h"
#include "openai/answer_tap.h"
#include "openai/endpoint.h"
#include "openai/request_peek.h"
#include "tokens/ready_tokenizers.h"
#include "tokens/request_tokens.h"
#include "tokens/token_counter.h"

// What is counted here of one call, with its model's vocabulary, where the free bound does not fit
// or the provider will not tell: its prompt when it is asked for, and the text that passes.
//
// Most streams tell their usage in the end, so text is only kept while it is short, and counted
// once it is not: a copy of some bytes is all that such a stream costs.
//
// Threading:  one per call, its worker's.
// Lifetime:   the tokenizers outlive it; what about() is given is valid until the call is settled.
// Limits:     a prompt of 256 KiB: it takes some 10 ms, in which its worker does nothing else.
//             8 KiB of text, and what TokenCounter needs.
namespace tg::gateway {

class TokenCounts final : public ledger::InputCounter, public openai::TextSink {
 public:
  static constexpr std::size_t kPromptBytesMax = 256 << 10;
  static constexpr std::size_t kKeptBytes = 8 << 10;

  // Null: nothing is counted.
  explicit TokenCounts(const tokens::ReadyTokenizers* tokenizers) noexcept
      : tokenizers_{tokenizers} {}

  // `model` as its provider calls it, `body` the request's JSON.
  void about(std::string_view model, openai::Endpoint endpoint, const openai::RequestPeek& request,
             std::string_view body) noexcept;
  // Another target answers.
  void answered_by(std::string_view model) noexcept { model_ = model; }

  // Counted once, however often it is asked for.
  [[nodiscard]] std::optional<std::int64_t> input_tokens_at_most() override;
  // Where that is not only a bound.
  [[nodiscard]] std::optional<std::int64_t> exact_input();

  void take(std::string_view text) override;
  // Of all text so far; it has ended. Nothing where there was none, or the model's vocabulary is
  // not known.
  [[nodiscard]] std::optional<std::int64_t> output();

 private:
  [[nodiscard]] const tokens::Tokenizer* tokenizer() noexcept;
  [[nodiscard]] bool is_text() const noexcept;
  void count_kept();

  const tokens::ReadyTokenizers* tokenizers_;
  std::string_view model_;
  openai::Endpoint endpoint_{};
  const openai::RequestPeek* request_ = nullptr;
  std::string_view body_;
  bool counted_ = false;
  std::optional<tokens::RequestTokens> input_;
  std::size_t taken_ = 0;  // bytes
  std::string kept_;
  std::optional<tokens::TokenCounter> counter_;  // once it was not short
  bool unknown_ = false;                         // and its vocabulary is not here
};

}  // namespace tg::gateway
