// SPDX-License-Identifier: Apache-2.0
// Grants of credit and the calls that were paid with them, against the entries that moved the
// money.
#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/credits.h"
#include "ledger/verify_parts.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

// What a grant is by its entries.
struct Booked {
  std::string id;
  std::int64_t amount = 0;
  std::int64_t remaining = 0;
  std::int64_t expired = 0;
};
struct Grant {
  Booked row;      // as it stands
  Booked entries;  // as it was booked
  WallTime end;
};

constexpr auto kGrants =
    "SELECT g.id, g.amount, g.remaining, g.expired, COALESCE(e.amount, 0), COALESCE(e.remaining,"
    " 0), COALESCE(e.expired, 0), g.expires_ms FROM credit_grants g LEFT JOIN (SELECT grant_id,"
    " SUM(CASE WHEN debit = 'issued' THEN amount WHEN credit = 'issued' THEN 0 - amount ELSE 0 END)"
    " AS amount,"
    " SUM(CASE WHEN credit = grant_id THEN amount WHEN debit = grant_id THEN 0 - amount ELSE 0 END)"
    " AS remaining,"
    " SUM(CASE WHEN credit = 'expired' THEN amount WHEN debit = 'expired' THEN 0 - amount ELSE 0"
    " END) AS expired FROM credit_entries GROUP BY grant_id) AS e ON e.grant_id = g.id"
    " ORDER BY g.sequence";

Result<std::vector<Grant>> read_grants(soci::session& session) {
  TG_TRY(auto select, Statement::prepare(session, kGrants));
  std::vector<Grant> grants;
  for (;;) {
    TG_TRY(const bool there, select.step());
    if (!there) return grants;
    const std::string id{select.text(0)};
    const auto end_ms = select.number(7);
    grants.push_back({.row = {id, select.number(1), select.number(2), select.number(3)},
                      .entries = {id, select.number(4), select.number(5), select.number(6)},
                      .end = end_ms == 0 ? WallTime::max() : from_unix_ms(end_ms)});
  }
}

Finding difference_in(const Grant& grant) {
  const auto& [row, entries, end] = grant;
  for (const auto& [what, of] :
       {std::pair{"amount", &Booked::amount}, std::pair{"remaining", &Booked::remaining},
        std::pair{"expired", &Booked::expired}}) {
    if (row.*of == entries.*of && row.*of >= 0) continue;
    return Difference{.what = fmt::format("{} of {}", what, row.id),
                      .expected = fmt::format("{}, 0 or more (credit_entries)", entries.*of),
                      .found = fmt::format("{} (credit_grants)", row.*of)};
  }
  return {};
}

// Each takes money from one place and gives it to another, and one of both is its grant.
Result<Finding> verify_entries(soci::session& session) {
  TG_TRY(auto select,
         Statement::prepare(session,
                            "SELECT sequence, amount, debit, credit FROM credit_entries e"
                            " WHERE amount <= 0 OR debit = credit"
                            " OR (debit <> grant_id AND credit <> grant_id)"
                            " OR NOT EXISTS (SELECT 1 FROM credit_grants g WHERE g.id = e.grant_id)"
                            " ORDER BY sequence LIMIT 1"));
  TG_TRY(const bool there, select.step());
  if (!there) return Finding{};
  Difference difference{
      .what = fmt::format("credit entry {}", select.number(0)),
      .expected = "more than 0, from or to its grant",
      .found = fmt::format("{} from {} to {}", select.number(1), select.text(2), select.text(3))};
  select.restart();
  return difference;
}

// Old calls are removed one day, and their entries stay.
Result<Finding> verify_calls(soci::session& session) {
  TG_TRY(auto select,
         Statement::prepare(
             session,
             "SELECT u.epoch, u.worker, u.sequence, u.credit, u.charge, COALESCE(e.drained, 0)"
             " FROM usage_events u LEFT JOIN (SELECT epoch, worker, event_sequence, SUM(amount) AS"
             " drained FROM credit_entries WHERE kind = 'drain' GROUP BY epoch, worker,"
             " event_sequence) AS e ON e.epoch = u.epoch AND e.worker = u.worker"
             " AND e.event_sequence = u.sequence"
             " WHERE u.credit <> COALESCE(e.drained, 0) OR u.credit > u.charge"
             " OR (u.credit <> 0 AND u.credit_of = 0) LIMIT 1"));
  TG_TRY(const bool there, select.step());
  if (!there) return Finding{};
  const EventId id{.epoch = static_cast<std::uint32_t>(select.number(0)),
                   .worker = static_cast<std::uint16_t>(select.number(1)),
                   .sequence = static_cast<std::uint64_t>(select.number(2))};
  Difference difference{.what = fmt::format("credit of {}", format(id)),
                        .expected = fmt::format("{} (credit_entries), at most {} (charge)",
                                                select.number(5), select.number(4)),
                        .found = fmt::format("{} (usage_events)", select.number(3))};
  select.restart();
  return difference;
}

Finding verify_live(const std::vector<Grant>& grants,
                    const std::vector<limits::CreditGrant>& live) {
  std::map<std::string_view, std::int64_t> left;
  for (const auto& grant : live) left.emplace(grant.id, grant.left);
  const auto now = wall_now();
  for (const auto& grant : grants) {
    const auto found = left.find(grant.row.id);
    // One that has ended is forgotten when no call wants anything of it; one that is used up, too.
    const bool may_be_forgotten = grant.end <= now || grant.row.remaining == 0;
    if (found == left.end() && may_be_forgotten) continue;
    const auto in_ledger = grant.row.remaining + grant.row.expired;
    const auto on_limit = found == left.end() ? 0 : found->second;
    if (on_limit == in_ledger) continue;
    return Difference{.what = fmt::format("what calls may take of {}", grant.row.id),
                      .expected = fmt::format("{} (credit_grants)", in_ledger),
                      .found = fmt::format("{} (the running server)", on_limit)};
  }
  return {};
}

}  // namespace

Result<Finding> verify_credits(soci::session& session, const VerifyOptions& options) {
  TG_TRY(auto found, verify_entries(session));
  if (found) return found;
  TG_TRY(const auto grants, read_grants(session));
  for (const auto& grant : grants) {
    found = difference_in(grant);
    if (found) return found;
  }
  TG_TRY(found, verify_calls(session));
  if (!found && options.live_credit) found = verify_live(grants, *options.live_credit);
  return found;
}

}  // namespace tg::ledger
