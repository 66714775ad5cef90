// SPDX-License-Identifier: Apache-2.0
#include "providers/price_books.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <utility>

#include "providers/price_text.h"

namespace tg::providers {
namespace {

using soci::into;
using soci::use;

constexpr std::array<std::string_view, 3> kKindNames{"inherit", "factor", "prices"};
constexpr long long kRulesMax = 10'000;
constexpr auto kColumns =
    "sequence, organization_id, model, kind, factor_millionths, prices, decided_ms, decided_by,"
    " reason";

Result<BookDecision> from_row(const soci::row& row) {
  const auto kind = parse_book_kind(row.get<std::string>(3));
  if (!kind) return fail(Code::kCorrupt, "a price book's rule of no known kind");
  TG_TRY(auto prices, parse_prices(row.get<std::string>(5)));
  return BookDecision{.sequence = row.get<long long>(0),
                      .organization = OrganizationId{row.get<std::string>(1)},
                      .model = row.get<std::string>(2),
                      .kind = *kind,
                      .factor_millionths = row.get<long long>(4),
                      .prices = std::move(prices),
                      .decided_at = from_unix_ms(row.get<long long>(6)),
                      .decided_by = row.get<std::string>(7),
                      .reason = row.get<std::string>(8)};
}

Result<std::vector<BookDecision>> read_rows(const soci::rowset<soci::row>& rows) {
  std::vector<BookDecision> decisions;
  for (const auto& row : rows) {
    TG_TRY(auto decision, from_row(row));
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

}  // namespace

std::string_view name(BookKind kind) noexcept {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

std::optional<BookKind> parse_book_kind(std::string_view text) noexcept {
  const auto found = std::ranges::find(kKindNames, text);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<BookKind>(found - kKindNames.begin());
}

Result<std::vector<BookDecision>> list_book_decisions(store::Database& database) {
  std::vector<BookDecision> decisions;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT " << kColumns
                     << " FROM price_books WHERE sequence IN (SELECT MAX(sequence) FROM price_books"
                        " GROUP BY organization_id, model) AND kind <> 'inherit'"
                        " ORDER BY organization_id, model");
    TG_TRY(decisions, read_rows(rows));
    return {};
  }));
  return decisions;
}

Result<std::vector<BookDecision>> book_history(store::Database& database,
                                               const OrganizationId& organization) {
  std::vector<BookDecision> decisions;
  const auto id = organization.text();
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT " << kColumns
                     << " FROM price_books WHERE organization_id = :organization"
                        " ORDER BY sequence DESC",
         use(id));
    TG_TRY(decisions, read_rows(rows));
    return {};
  }));
  return decisions;
}

Result<void> decide_book(store::Database& database, const BookDecision& decision) {
  return database.write([&](soci::session& sql) -> Result<void> {
    long long sequence = 0;
    long long rules = 0;
    sql << "SELECT COALESCE(MAX(sequence), 0) + 1 FROM price_books", into(sequence);
    sql << "SELECT COUNT(*) FROM (SELECT DISTINCT organization_id, model FROM price_books) AS r",
        into(rules);
    if (rules >= kRulesMax) return fail(Code::kFieldInvalid, "more than 10,000 rules");
    const auto organization = decision.organization.text();
    const std::string kind{name(decision.kind)};
    const long long factor = decision.factor_millionths;
    const auto prices = to_text(decision.prices);
    const long long decided_ms = to_unix_ms(decision.decided_at);
    sql << "INSERT INTO price_books (sequence, organization_id, model, kind, factor_millionths,"
           " prices, decided_ms, decided_by, reason) VALUES (:sequence, :organization, :model,"
           " :kind, :factor, :prices, :decided, :by, :reason)",
        use(sequence), use(organization), use(decision.model), use(kind), use(factor), use(prices),
        use(decided_ms), use(decision.decided_by), use(decision.reason);
    return {};
  });
}

Result<std::vector<OrganizationId>> list_only_delivered(store::Database& database) {
  std::vector<OrganizationId> organizations;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<std::string> rows =
        (sql.prepare << "SELECT organization_id FROM only_delivered ORDER BY organization_id");
    for (const auto& id : rows) organizations.emplace_back(id);
    return {};
  }));
  return organizations;
}

Result<void> set_only_delivered(store::Database& database, const OrganizationId& organization,
                                bool only) {
  const auto id = organization.text();
  return database.write([&](soci::session& sql) -> Result<void> {
    if (only) {
      sql << "INSERT INTO only_delivered (organization_id) VALUES (:id)"
             " ON CONFLICT (organization_id) DO NOTHING",
          use(id);
    } else {
      sql << "DELETE FROM only_delivered WHERE organization_id = :id", use(id);
    }
    return {};
  });
}

}  // namespace tg::providers
