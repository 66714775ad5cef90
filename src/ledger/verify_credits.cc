// SPDX-License-Identifier: Apache-2.0
// Grants of credit and the calls that were paid with them, against the entries that moved the
// money.
#include <fmt/format.h>

#include "ledger/credits.h"
#include "ledger/verify_parts.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

// Of one row: a name, and two numbers that must be the same.
Result<Finding> first_difference(soci::session& session, const std::string& sql, const char* what,
                                 const char* table) {
  TG_TRY(auto select, Statement::prepare(session, sql));
  TG_TRY(const bool there, select.step());
  if (!there) return Finding{};
  Difference difference{.what = fmt::format("{} of {}", what, select.text(0)),
                        .expected = fmt::format("{} (credit_entries)", select.number(1)),
                        .found = fmt::format("{} ({})", select.number(2), table)};
  select.restart();
  return difference;
}

std::string sum_of(std::string_view condition) {
  return fmt::format("COALESCE((SELECT SUM(e.amount) FROM credit_entries e WHERE {}), 0)",
                     condition);
}

// What must hold of each grant: `left` of entries is `right` of its row.
Result<Finding> verify_grants(soci::session& session, const std::string& left, const char* right,
                              const char* what) {
  return first_difference(session,
                          fmt::format("SELECT id, entries, told FROM (SELECT g.id AS id, {} AS"
                                      " entries, {} AS told, g.sequence AS sequence FROM"
                                      " credit_grants g) AS both_sums WHERE entries <> told"
                                      " ORDER BY sequence LIMIT 1",
                                      left, right),
                          what, "credit_grants");
}

Result<Finding> verify_calls(soci::session& session) {
  constexpr auto kDrains =
      "FROM credit_entries e WHERE e.kind = 'drain' AND e.epoch = u.epoch"
      " AND e.worker = u.worker AND e.event_sequence = u.sequence";
  TG_TRY(auto select,
         Statement::prepare(
             session, fmt::format("SELECT epoch, worker, sequence, drained, credit, charge FROM"
                                  " (SELECT u.epoch, u.worker, u.sequence, u.credit, u.charge,"
                                  " COALESCE((SELECT SUM(e.amount) {}), 0) AS drained"
                                  " FROM usage_events u"
                                  " WHERE u.credit <> 0 OR EXISTS (SELECT 1 {})) AS paid"
                                  " WHERE drained <> credit OR credit > charge LIMIT 1",
                                  kDrains, kDrains)));
  TG_TRY(const bool there, select.step());
  if (!there) return Finding{};
  const EventId id{.epoch = static_cast<std::uint32_t>(select.number(0)),
                   .worker = static_cast<std::uint16_t>(select.number(1)),
                   .sequence = static_cast<std::uint64_t>(select.number(2))};
  Difference difference{.what = fmt::format("credit of {}", format(id)),
                        .expected = fmt::format("{} (credit_entries), at most {} (charge)",
                                                select.number(3), select.number(5)),
                        .found = fmt::format("{} (usage_events)", select.number(4))};
  select.restart();
  return difference;
}

}  // namespace

Result<Finding> verify_credits(soci::session& session) {
  TG_TRY(auto found, first_difference(session,
                                      "SELECT e.debit, 0, e.amount FROM credit_entries e "
                                      "WHERE e.amount <= 0"
                                      " OR e.debit = e.credit ORDER BY e.sequence LIMIT 1",
                                      "an entry's amount", "credit_entries"));
  if (!found) {
    TG_TRY(found,
           verify_grants(session, sum_of("e.credit = g.id") + " - " + sum_of("e.debit = g.id"),
                         "g.remaining", "remaining"));
  }
  if (!found) {
    TG_TRY(found, verify_grants(session,
                                sum_of("e.grant_id = g.id AND e.credit = 'expired'") + " - " +
                                    sum_of("e.grant_id = g.id AND e.debit = 'expired'"),
                                "g.expired", "expired"));
  }
  if (!found) {
    TG_TRY(found, verify_grants(session,
                                sum_of("e.grant_id = g.id AND e.debit = 'issued'") + " - " +
                                    sum_of("e.grant_id = g.id AND e.credit = 'issued'"),
                                "g.amount", "amount"));
  }
  if (!found) {
    TG_TRY(found, verify_calls(session));
  }
  return found;
}

}  // namespace tg::ledger
