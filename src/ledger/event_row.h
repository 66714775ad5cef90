// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "ledger/usage_event.h"
#include "store/statement.h"

// A usage event as its row in SQL: the one place that knows which column holds what.
//
// Threading:  pure values. `long long` because that is what a Statement reads.
namespace tg::ledger {

inline constexpr std::array<std::string_view, 48> kNumberColumns{
    "epoch", "worker", "sequence", "admitted_ms", "endpoint", "stream", "test", "held",
    "prompt_charge", "interrupted_charge", "outcome", "http_status", "usage_source", "cost",
    "charge", "would_have_cost", "duration_ms", "flags", "prompt_tokens", "interrupted_tokens",
    "price_id", "charge_factor_millionths", "charge_price_id", "held_cost", "prompt_cost",
    "interrupted_cost", "served_price_id", "credit_of",
    // The counts of Usage, in the order of kUsageCounts.
    "input_text_tokens", "input_audio_tokens", "input_image_tokens", "cached_input_text_tokens",
    "cached_input_audio_tokens", "cached_input_image_tokens", "cache_write_text_tokens",
    "output_text_tokens", "output_audio_tokens", "output_image_tokens", "reasoning_tokens",
    "output_images", "input_milliseconds", "input_characters", "cache_write_1h_text_tokens",
    "cache_write_12h_text_tokens", "input_pages", "web_search_calls", "file_search_calls",
    "code_interpreter_sessions"};

inline constexpr std::array<std::string_view, 11> kTextColumns{
    "key_id", "owner_id",       "project_id",  "organization_id",
    "model",  "upstream_model", "provider_id", "served_model",
    "tier",   "size",           "quality"};

struct EventRow {
  std::array<long long, kNumberColumns.size()> numbers{};
  std::array<std::string_view, kTextColumns.size()> texts;
};

// Its texts are the event's own.
[[nodiscard]] EventRow to_row(const UsageEvent& event [[clang::lifetimebound]]);
[[nodiscard]] UsageEvent from_row(const EventRow& row);

// From a query whose first columns are column_list().
[[nodiscard]] UsageEvent read_event(const store::Statement& rows);

// "epoch,worker,…,quality": the numbers, then the texts.
[[nodiscard]] std::string column_list();

}  // namespace tg::ledger
