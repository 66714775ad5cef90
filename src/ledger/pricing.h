// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/money.h"
#include "base/result.h"
#include "config/snapshot.h"
#include "openai/request_peek.h"
#include "openai/usage.h"

// From units to money, and from a request to the most it can cost.
//
// Rounding:   an event's charge is the exact sum over its units in 128 bits (prices are
//             nano-dollars per million units), rounded half up to a nano-dollar once.
// Limits:     a charge is at most kChargeMax.
// Threading:  pure.
// Errors:     kModelUnpriced where a unit that was used has no price and no text price to fall back
//             to; a price of zero counts as none, except where the unit cannot occur, and except
//             for moderation: a model whose mode says so and whose stated prices are all zero is
//             free (OpenAI charges nothing for moderations). One without any price is unpriced.
//             What hosted tools did and has no price is no error: ChargeTerms::incomplete().
namespace tg::ledger {

// A million dollars. An upstream whose answer comes to more is broken, and sums of what a broken
// one can report (2^53 tokens) would wrap around in 64 bits after the first call.
inline constexpr NanoUsd kChargeMax{1'000'000'000'000'000};

// What chooses among a model's prices besides the unit. `size` of a web search: how much it reads.
struct PriceQualifiers {
  std::string_view tier;
  std::string_view size;
  std::string_view quality;
};

[[nodiscard]] Result<NanoUsd> charge(const config::Model& model, const openai::Usage& usage,
                                     const PriceQualifiers& qualifiers);

// What the operator has made free, and the one kind of call that a provider gives away:
// moderations, where the prices say so. None stated is not free.
[[nodiscard]] bool is_free(const config::Model& model);

// What is charged for a cost: so many millionths of it, rounded half up once; kChargeMax at most.
[[nodiscard]] NanoUsd charge_at(NanoUsd cost, std::int64_t factor_millionths) noexcept;

struct Bound {
  NanoUsd total;   // the most that the call can be charged
  NanoUsd prompt;  // its input, and what it costs at all
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;  // of all choices together
  // Nano-dollars per million tokens of output, at the dearest; 0: its output is no text, and can be
  // neither capped nor taken in instalments.
  std::int64_t output_price = 0;
  // What rounding prompt, output and their sum each by itself may add up to.
  NanoUsd rounding{1};

  // The same of what is charged at a factor of the cost: no charge_at() of a cost within this bound
  // is beyond that one.
  [[nodiscard]] Bound at(std::int64_t factor_millionths) const noexcept;
  // `total` with so much output instead.
  [[nodiscard]] NanoUsd with_output(std::int64_t tokens) const noexcept;
  // How many tokens of output so much money pays for, once the prompt is paid.
  [[nodiscard]] std::int64_t output_for(NanoUsd money) const noexcept;
  [[nodiscard]] std::int64_t tokens() const noexcept { return input_tokens + output_tokens; }
  // Holds for either of two ways that a call may go.
  void raise_to(const Bound& other) noexcept;
};

// What a bound may be built on.
enum class Trust : std::uint8_t {
  kRequest,  // what the request says: an upstream that keeps its word does not go beyond it
  kNothing,  // the model's own limits alone
};

// Input counts at the dearest class that can apply, output at max tokens × choices, else at the
// model's limit.
[[nodiscard]] Result<Bound> bound(const config::Model& model, openai::Endpoint endpoint,
                                  const openai::RequestPeek& request,
                                  Trust trust = Trust::kRequest);

}  // namespace tg::ledger
