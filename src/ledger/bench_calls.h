// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "base/ids.h"
#include "ledger/disk.h"
#include "ledger/journal_position.h"
#include "ledger/segment.h"
#include "ledger/usage_event.h"

// A call as most are, and a journal that does not grow. For benchmarks only.
namespace tg::ledger {

inline constexpr std::uint32_t kEpoch = 1;

inline Admission usual_admission(bool stream = true) {
  return {.at = from_unix_ms(1'795'521'600'000),
          .endpoint = openai::Endpoint::kChatCompletions,
          .stream = stream,
          .key_id = make_key_id().text(),
          .owner_id = make_user_id().text(),
          .project_id = make_project_id().text(),
          .organization_id = make_organization_id().text(),
          .model = "gpt-4o-mini",
          .upstream_model = "gpt-4o-mini-2024-07-18",
          .provider_id = make_provider_id().text(),
          .held = NanoUsd{3'752'500},
          .prompt_charge = NanoUsd{292'500},
          .interrupted_charge = NanoUsd{3'000'000}};
}

inline Settlement usual_settlement() {
  return {.http_status = 200,
          .served_model = "gpt-4o-mini-2024-07-18",
          .usage = {.input_text_tokens = 117,
                    .output_text_tokens = 420,
                    .source = openai::UsageSource::kProvider},
          .cost = NanoUsd{1'000'000},
          .charge = NanoUsd{1'000'000},
          .duration_ms = 812};
}

// Lets go of all but the newest few segments, as the transfer does.
class OldSegments {
 public:
  explicit OldSegments(std::filesystem::path folder) : folder_{std::move(folder)} {}

  void remove() {
    for (; real_disk().exists(folder_ / file_name(name_of(oldest_ + 3))); ++oldest_) {
      (void)retire_segment(real_disk(), folder_, name_of(oldest_));
    }
  }

 private:
  static SegmentName name_of(std::uint64_t number) {
    return {.epoch = kEpoch, .worker = 0, .number = number};
  }

  const std::filesystem::path folder_;
  std::uint64_t oldest_ = 0;
};

}  // namespace tg::ledger
