// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/snapshot.h"
#include "openai/answer_tap.h"
#include "openai/request_peek.h"
#include "openai/usage.h"

// What is charged where the upstream does not say what it used. Always marked as estimated. Counts
// are a tokenizer's where the answer has them (Answer::output_tokens_counted), else from bytes: a
// token of English text is four bytes on average.
namespace tg::ledger {

inline constexpr std::int64_t kBytesPerToken = 4;
// The output of an answer of which nothing was seen: a few sentences.
inline constexpr std::int64_t kTypicalOutputTokens = 256;

[[nodiscard]] constexpr std::int64_t estimated_tokens(std::int64_t bytes) {
  return (bytes + kBytesPerToken - 1) / kBytesPerToken;
}

// The request's input: text by its bytes, audio by its duration, speech by its characters.
[[nodiscard]] openai::Usage estimated_input(const config::Model& model, openai::Endpoint endpoint,
                                            const openai::RequestPeek& request);

// The request's input and so much of an answer as was seen.
[[nodiscard]] openai::Usage estimated_usage(const config::Model& model, openai::Endpoint endpoint,
                                            const openai::RequestPeek& request,
                                            const openai::Answer& answer);

// Whether the model is priced by this unit.
[[nodiscard]] bool priced_by(const config::Model& model, config::Unit unit);

}  // namespace tg::ledger
