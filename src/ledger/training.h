// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "config/snapshot.h"
#include "ledger/pricing.h"

// What a fine-tuning job may cost. A trained token is an input token of the text in a tier of its
// own, whose price nothing else has: where a model has none, its training has no price, for what it
// costs to ask a model says nothing of what it costs to train it.
//
// Threading:  pure.
// Errors:     kModelUnpriced.
namespace tg::ledger {

inline constexpr std::string_view kTrainingTier = "training";

// How often a job goes through its file.
struct Epochs {
  std::int64_t named = 0;  // by the request; 0: it names none
  bool left_open = false;  // the provider may choose
};
[[nodiscard]] std::int64_t epochs_at_most(const Epochs& asked, std::int64_t examples) noexcept;

// Of so many tokens, so often. A free model costs nothing, and its tokens count.
[[nodiscard]] Result<Bound> training_bound(const config::Model& model, std::int64_t tokens,
                                           std::int64_t epochs);

}  // namespace tg::ledger
