// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "limits/reservation.h"

// Why a call does not go out, or not on: which limit, how it stands, when it resets.
//
// Threading:  pure.
namespace tg::ledger {

// Whose limits a call is held against, narrowest first: the order of Terms::owners. Then the credit
// that pays for it. A child key's parent comes last, because most keys have none.
enum class Level : std::uint8_t { kKey, kOwner, kProject, kOrganization, kCredit, kParentKey };
inline constexpr std::size_t kLevels = 6;

// When the same call may pass, for `Retry-After` and `x-ratelimit-*`; only of limits that a client
// can wait for.
struct RateState {
  limits::Metric metric{};
  std::int64_t amount = 0;
  std::int64_t left = 0;
  std::chrono::milliseconds resets_in{};
};

struct Refusal {
  Code code = Code::kInternal;
  std::string message;     // empty: the table's
  const char* param = "";  // the field at fault
  std::optional<RateState> rate;
  const limits::Limit* limit = nullptr;  // that refused, if one did; stays as long as its owner
};

// How the limit stands of which the least is left, for the headers of an answer: when all of it is
// free again. nullopt: no limit on this metric opens again by itself.
[[nodiscard]] std::optional<RateState> rate_state(std::span<const limits::LimitSet* const> sets,
                                                  std::string_view model, limits::Metric metric,
                                                  WallTime now);

[[nodiscard]] Refusal describe(const limits::Refused& refused, WallTime now);

}  // namespace tg::ledger
