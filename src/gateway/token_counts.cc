// SPDX-License-Identifier: Apache-2.0
#include "gateway/token_counts.h"

namespace tg::gateway {

void TokenCounts::about(std::string_view model, openai::Endpoint endpoint,
                        const openai::RequestPeek& request, std::string_view body) noexcept {
  model_ = model;
  endpoint_ = endpoint;
  request_ = &request;
  body_ = body;
}

const tokens::Tokenizer* TokenCounts::tokenizer() noexcept {
  if (tokenizers_ == nullptr) return nullptr;
  const auto encoding = tokens::encoding_of_model(model_);
  return encoding ? tokenizers_->find(*encoding) : nullptr;
}

// Nothing but text is in the request, and all of it.
bool TokenCounts::is_text() const noexcept {
  const bool reads_text =
      openai::writes_text(endpoint_) || endpoint_ == openai::Endpoint::kEmbeddings;
  return request_ != nullptr && reads_text && request_->images == 0 &&
         !request_->open_ended_input && !body_.empty() && body_.size() <= kPromptBytesMax;
}

std::optional<std::int64_t> TokenCounts::input_tokens_at_most() {
  if (!counted_) {
    const auto* counting = is_text() ? tokenizer() : nullptr;
    if (counting == nullptr) return std::nullopt;
    input_ = tokens::count_request(*counting, endpoint_, body_);
    counted_ = true;
  }
  if (!input_) return std::nullopt;
  return input_->tokens;
}

std::optional<std::int64_t> TokenCounts::exact_input() {
  const auto counted = input_tokens_at_most();
  return counted && input_->exact ? counted : std::nullopt;
}

void TokenCounts::take(std::string_view text) {
  taken_ += text.size();
  if (unknown_) return;
  kept_ += text;
  if (kept_.size() >= kKeptBytes) count_kept();
}

void TokenCounts::count_kept() {
  if (!counter_) {
    const auto* counting = tokenizer();
    unknown_ = counting == nullptr;
    if (!unknown_) counter_.emplace(*counting);
  }
  if (counter_) counter_->feed(kept_);
  kept_.clear();
}

std::optional<std::int64_t> TokenCounts::output() {
  if (taken_ == 0) return std::nullopt;
  if (!unknown_) count_kept();
  if (!counter_) return std::nullopt;
  return counter_->finish();
}

}  // namespace tg::gateway
