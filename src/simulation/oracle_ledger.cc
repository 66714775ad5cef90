// SPDX-License-Identifier: Apache-2.0
// What the ledger holds, asked with plain SQL.
#include <fmt/format.h>
#include <soci/soci.h>

#include "ledger/spent.h"
#include "simulation/oracle.h"

namespace tg::simulation {
namespace {

std::string disagreement(soci::session& session) {
  const auto number = [&](const std::string& sql) {
    long long value = -1;
    session << sql, soci::into(value);
    return value;
  };
  const auto total = [&](const char* table, const std::string& sum) {
    return number(fmt::format("SELECT COALESCE(SUM({}), 0) FROM {}", sum, table));
  };
  const auto events = number("SELECT COUNT(*) FROM usage_events");
  if (total("usage_rollups", "calls") != events) return "rollups and events: calls";
  for (const auto* column : {"charge", "cost", "would_have_cost"}) {
    if (total("usage_rollups", column) != total("usage_events", column)) {
      return fmt::format("rollups and events: {}", column);
    }
  }
  const auto charged = total("usage_events WHERE test = 0", "charge");
  const auto tokens = total("usage_events WHERE test = 0", ledger::token_sum_sql());
  const auto requests = total("usage_events WHERE test = 0", "1");
  for (const auto* of : {"kind = 0", "kind = 1 AND model = ''", "kind = 1 AND model <> ''",
                         "kind = 2", "kind = 3"}) {
    const auto slices = fmt::format("spend_slices WHERE {}", of);
    if (total(slices.c_str(), "charge") != charged || total(slices.c_str(), "tokens") != tokens ||
        total(slices.c_str(), "requests") != requests) {
      return fmt::format("slices and events: {}", of);
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
  std::string found;
  const auto asked = database.read([&](soci::session& session) -> Result<void> {
    found = disagreement(session);
    return {};
  });
  return asked ? found : "the ledger cannot be read";
}

}  // namespace tg::simulation
