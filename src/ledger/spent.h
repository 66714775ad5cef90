// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "ledger/usage_event.h"
#include "store/database.h"

namespace soci {
class session;
}

// What was spent by whom and when, as limits count it: what they are rebuilt from.
//
// Threading:  control threads and the transfer.
// Errors:     kDatabase.
namespace tg::ledger {

// The numbers stand in the database.
enum class SpentBy : std::uint8_t { kKey = 0, kProject = 1, kOrganization = 2, kOwner = 3 };

// A key has spent what its child keys did. A model stands only beside a project: what it spent on
// calls that were sent as this model.
struct Spender {
  SpentBy by = SpentBy::kKey;
  std::string id;
  std::string model;

  friend auto operator<=>(const Spender&, const Spender&) = default;
};

struct Spent {
  WallTime begin;  // of calls that were admitted in [begin, end)
  WallTime end;
  NanoUsd charge;
  std::int64_t tokens = 0;
  std::int64_t requests = 0;
};

// A quarter of an hour: every zone's midnight falls on one.
inline constexpr std::chrono::milliseconds kSliceLength = std::chrono::minutes{15};

// Everything that was admitted from `from` on, in intervals no longer than `grain` or a slice,
// whichever fits: exact for every `from` that is a slice's beginning, and for every `from` at all
// where `grain` is shorter than a slice, because then the events themselves are read. Otherwise the
// slice that `from` lies in is there as a whole. Intervals without calls are left out.
[[nodiscard]] Result<std::vector<Spent>> query_spent(store::Database& database,
                                                     const Spender& spender, WallTime from,
                                                     std::chrono::milliseconds grain);

// Any number of them as of the same instant, with one pass over the events for all.
struct SpentQuestion {
  Spender spender;
  WallTime from;
  std::chrono::milliseconds grain{};
};
[[nodiscard]] Result<std::vector<std::vector<Spent>>> query_spent(
    store::Database& database, std::span<const SpentQuestion> questions);

// The charge of all calls that were admitted in [begin, end), both a slice's beginning or beyond
// all of them. Inside a transaction; may throw what SOCI throws.
[[nodiscard]] NanoUsd charge_between(soci::session& session, const Spender& spender, WallTime begin,
                                     WallTime end);

// The rows of spend_slices that one event adds to; none for a test key's.
[[nodiscard]] std::vector<Spender> spenders_of(const Admission& admission);

[[nodiscard]] WallTime slice_of(WallTime admitted);  // its beginning
[[nodiscard]] std::int64_t tokens_of(const openai::Usage& usage);
// The same sum over the columns of usage_events.
[[nodiscard]] std::string token_sum_sql();

}  // namespace tg::ledger
