// SPDX-License-Identifier: Apache-2.0
#include "ledger/training.h"

#include <algorithm>
#include <limits>

#include "ledger/price_sum.h"

namespace tg::ledger {
namespace {

using config::Unit;

// How OpenAI chooses where it may (its cookbook, chat fine-tuning data preparation): three epochs,
// and more where that shows the model fewer than a hundred examples, but not more than 25.
constexpr std::int64_t kEpochsUsual = 3;
constexpr std::int64_t kEpochsMost = 25;
constexpr std::int64_t kExamplesShown = 100;

}  // namespace

std::int64_t epochs_at_most(const Epochs& asked, std::int64_t examples) noexcept {
  if (!asked.left_open) return asked.named;
  const auto count = std::max<std::int64_t>(examples, 1);
  // It shows fewer of very many examples, which a bound leaves out.
  const auto chosen = count >= kExamplesShown ? kEpochsUsual
                                              : std::clamp((kExamplesShown + count - 1) / count,
                                                           kEpochsUsual, kEpochsMost);
  return std::max(asked.named, chosen);
}

Result<Bound> training_bound(const config::Model& model, std::int64_t tokens, std::int64_t epochs) {
  Bound bound;
  if (__builtin_mul_overflow(tokens, epochs, &bound.input_tokens)) {
    bound.input_tokens = std::numeric_limits<std::int64_t>::max();
  }
  if (model.free) return bound;
  const PriceQualifiers training{.tier = kTrainingTier, .size = {}, .quality = {}};
  const PriceChoice choice{.tiers = {kTrainingTier, kTrainingTier},
                           .size = {},
                           .quality = {},
                           .input_tokens = bound.input_tokens};
  const auto* token = dearest_price(model, Unit::kInputTextToken, choice);
  // A price that holds above so many tokens alone would leave fewer without any.
  if (token == nullptr || !find_price(model, Unit::kInputTextToken, training, 0)) {
    return fail(Code::kModelUnpriced, "its training has no price");
  }
  PriceSum sum;
  sum.add(bound.input_tokens, token->nanousd_per_million);
  if (const auto* job = dearest_price(model, Unit::kRequest, choice)) {
    sum.add(1, job->nanousd_per_million);
  }
  bound.total = bound.prompt = sum.rounded();
  return bound;
}

}  // namespace tg::ledger
