// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/snapshot.h"
#include "openai/usage.h"

// A model with well-known prices, and usage of it. For tests only.
namespace tg::ledger {

// Nano-dollars per million units, from micro-dollars per million.
constexpr std::int64_t micro_usd(std::int64_t amount) { return amount * 1'000; }

inline config::Model gpt_4o() {
  using config::Unit;
  return {
      .name = "gpt-4o",
      .mode = "chat",
      .input_tokens_max = 128'000,
      .output_tokens_max = 16'384,
      .prices = {{.unit = Unit::kInputTextToken, .nanousd_per_million = micro_usd(2'500'000)},
                 {.unit = Unit::kCachedInputTextToken, .nanousd_per_million = micro_usd(1'250'000)},
                 {.unit = Unit::kOutputTextToken, .nanousd_per_million = micro_usd(10'000'000)}}};
}

inline openai::Usage used(openai::Usage usage) {
  usage.source = openai::UsageSource::kProvider;
  return usage;
}

}  // namespace tg::ledger
