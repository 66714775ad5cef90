// SPDX-License-Identifier: Apache-2.0
// What the ledger holds, asked with plain SQL.
#include <fmt/format.h>
#include <soci/soci.h>

#include <array>

#include "ledger/rollup_query.h"
#include "ledger/spent.h"
#include "simulation/oracle.h"

namespace tg::simulation {
namespace {

using Sums = std::array<long long, 4>;

// Of up to four expressions; what is not asked for is zero.
Sums sums_of(soci::session& session, const std::string& expressions, const char* rows) {
  Sums sums{};
  session << "SELECT " + expressions + " FROM " + rows, soci::into(sums[0]), soci::into(sums[1]),
      soci::into(sums[2]), soci::into(sums[3]);
  return sums;
}

Result<ledger::Sums> sum_of_rollups(store::Database& database) {
  ledger::Sums sums{};
  TG_TRY(const auto organizations, ledger::organizations_with_usage(database));
  for (const auto& id : organizations) {
    TG_TRY(const auto all, ledger::usage_of_all_time(database, id));
    for (const auto& group : all.buckets.front()) ledger::add(sums, group.sums());
  }
  return sums;
}

std::string disagreement(soci::session& session, const ledger::Sums& rollups) {
  using enum ledger::Sum;
  const Sums rolled_up{rollups[ledger::at(kCalls)], rollups[ledger::at(kCharge)],
                       rollups[ledger::at(kCost)], rollups[ledger::at(kWouldHaveCost)]};
  if (sums_of(session,
              "COUNT(*), COALESCE(SUM(charge), 0), COALESCE(SUM(cost), 0),"
              " COALESCE(SUM(would_have_cost), 0)",
              "usage_events") != rolled_up) {
    return "rollups and events differ";
  }
  const auto spent = sums_of(
      session,
      "0, COALESCE(SUM(charge), 0), COALESCE(SUM(" + ledger::token_sum_sql() + "), 0), COUNT(*)",
      "usage_events WHERE test = 0");
  const std::string sliced =
      "0, COALESCE(SUM(charge), 0), COALESCE(SUM(tokens), 0), COALESCE(SUM(requests), 0)";
  for (const auto* slices :
       {"spend_slices WHERE kind = 0", "spend_slices WHERE kind = 1 AND model = ''",
        "spend_slices WHERE kind = 1 AND model <> ''", "spend_slices WHERE kind = 2",
        "spend_slices WHERE kind = 3"}) {
    if (sums_of(session, sliced, slices) != spent) {
      return fmt::format("{} and events differ", slices);
    }
  }
  return {};
}

}  // namespace

Result<LedgerRows> read_rows(store::Database& database) {
  LedgerRows found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    long long epoch = 0;
    long long worker = 0;
    long long sequence = 0;
    long long outcome = 0;
    long long charge = 0;
    long long tokens = 0;
    long long admitted_ms = 0;
    soci::statement statement =
        (session.prepare << "SELECT epoch, worker, sequence, outcome, charge, admitted_ms, " +
                                ledger::token_sum_sql() + " FROM usage_events",
         soci::into(epoch), soci::into(worker), soci::into(sequence), soci::into(outcome),
         soci::into(charge), soci::into(admitted_ms), soci::into(tokens));
    statement.execute();
    while (statement.fetch()) {
      const ledger::EventId id{static_cast<std::uint32_t>(epoch),
                               static_cast<std::uint16_t>(worker),
                               static_cast<std::uint64_t>(sequence)};
      found[id] = {.charge = charge,
                   .tokens = tokens,
                   .outcome = static_cast<ledger::Outcome>(outcome),
                   .admitted_ms = admitted_ms};
    }
    return {};
  }));
  return found;
}

std::string first_disagreement(store::Database& database) {
  const auto rollups = sum_of_rollups(database);
  if (!rollups) return "the rollups cannot be read";
  std::string found;
  const auto asked = database.read([&](soci::session& session) -> Result<void> {
    found = disagreement(session, *rollups);
    return {};
  });
  return asked ? found : "the ledger cannot be read";
}

}  // namespace tg::simulation
