// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "ledger/usage_event.h"

// Calls of a busy organization, for usage_year_bench: of a thousand keys some are much busier than
// others, as are the models that each asks. The same ones in each run.
//
// Threading:  one thread's.
namespace tg::ledger {

inline constexpr unsigned kKeys = 1'000;
inline constexpr unsigned kModels = 50;
inline constexpr unsigned kProjects = 20;
inline constexpr unsigned kOwners = 200;
inline constexpr const char* kYearOrganization = "org_of_the_year";

class YearCalls {
 public:
  YearCalls() {
    for (unsigned i = 0; i < kKeys; ++i) keys_.push_back(fmt::format("key_{:024x}", i * 7919));
    for (unsigned i = 0; i < kModels; ++i) models_.push_back(fmt::format("model-{}-2025", i));
    for (unsigned i = 0; i < kProjects; ++i) projects_.push_back(fmt::format("proj_{:024x}", i));
    for (unsigned i = 0; i < kOwners; ++i) owners_.push_back(fmt::format("user_{:024x}", i));
  }

  UsageEvent next(std::int64_t at_ms) {
    UsageEvent event;
    set_next(event, at_ms);
    return event;
  }
  // In the place of the one before it, whose memory it takes over.
  void set_next(UsageEvent& event, std::int64_t at_ms) {
    const auto key = skewed(kKeys, 40);
    const auto model = (skewed(kModels, 5) + key) % kModels;
    event.id = {.epoch = 1, .worker = 0, .sequence = ++sequence_};
    auto& admission = event.admission;
    admission.at = from_unix_ms(at_ms);
    admission.endpoint = model % 5 == 0   ? openai::Endpoint::kEmbeddings
                         : model % 5 == 1 ? openai::Endpoint::kResponses
                                          : openai::Endpoint::kChatCompletions;
    admission.key_id = keys_[key];
    admission.owner_id = owners_[key % kOwners];
    admission.project_id = projects_[key % kProjects];
    admission.organization_id = kYearOrganization;
    admission.model = models_[model];
    admission.upstream_model = models_[model];
    admission.provider_id = "prov_1";
    admission.price_id = 7'919 + static_cast<std::int64_t>(model);
    admission.prompt_tokens = static_cast<std::int64_t>(random_() % 5'000);
    admission.prompt_charge = admission.prompt_cost = NanoUsd{2'500 * admission.prompt_tokens};
    admission.interrupted_tokens = admission.prompt_tokens;
    admission.interrupted_charge = admission.interrupted_cost = admission.prompt_charge;
    admission.held = admission.held_cost = NanoUsd{30'000'000};
    auto& settlement = event.settlement;
    settlement.http_status = 200;
    settlement.usage.input_text_tokens = static_cast<std::int64_t>(random_() % 4'000);
    settlement.usage.cached_input_text_tokens = static_cast<std::int64_t>(random_() % 1'000);
    settlement.usage.output_text_tokens = static_cast<std::int64_t>(random_() % 800);
    settlement.usage.source = openai::UsageSource::kProvider;
    settlement.cost = NanoUsd{static_cast<std::int64_t>(random_() % 20'000'000)};
    settlement.charge = settlement.cost;
    settlement.duration_ms = static_cast<std::int64_t>(random_() % 9'000);
  }

 private:
  // As one over (rank + flatness): the first are the busiest, and none is idle.
  unsigned skewed(unsigned of, double flatness) {
    const double share = static_cast<double>(random_() >> 11U) * 0x1p-53;
    const double rank = flatness * (std::pow(1 + of / flatness, share) - 1);
    return std::min(static_cast<unsigned>(rank), of - 1);
  }

  std::mt19937_64 random_{20251126};
  std::vector<std::string> keys_, models_, projects_, owners_;
  std::uint64_t sequence_ = 0;
};

}  // namespace tg::ledger
