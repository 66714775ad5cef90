// SPDX-License-Identifier: Apache-2.0
#include "providers/price_decisions.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <utility>

#include "providers/price_text.h"

namespace tg::providers {
namespace {

using soci::into;
using soci::use;

constexpr std::array<std::string_view, 4> kKindNames{"priced", "free", "shipped", "ceiling"};
constexpr long long kModelsMax = 10'000;
constexpr std::size_t kDecisionsMax = 1'000;

constexpr auto kColumns =
    "sequence, provider_id, model, kind, prices, input_tokens_max, output_tokens_max,"
    " valid_from_ms, decided_ms, decided_by, reason";

// One that was to hold at once has begun whatever the clock says since.
constexpr auto kHolding =
    " FROM price_decisions d WHERE (valid_from_ms <= :at OR valid_from_ms <= decided_ms)"
    " AND NOT EXISTS (SELECT 1 FROM price_decisions n WHERE n.model = d.model"
    " AND n.provider_id = d.provider_id"
    " AND (n.valid_from_ms <= :later OR n.valid_from_ms <= n.decided_ms)"
    " AND (n.valid_from_ms > d.valid_from_ms"
    " OR (n.valid_from_ms = d.valid_from_ms AND n.sequence > d.sequence)))"
    " ORDER BY model, provider_id";
constexpr auto kComing =
    " FROM price_decisions WHERE valid_from_ms > :after AND valid_from_ms > decided_ms";

Result<PriceDecision> from_row(const soci::row& row) {
  const auto kind = parse_price_kind(row.get<std::string>(3));
  if (!kind) return fail(Code::kCorrupt, "a price decision of no known kind");
  TG_TRY(auto prices, parse_prices(row.get<std::string>(4)));
  return PriceDecision{.sequence = row.get<long long>(0),
                       .provider = ProviderId{row.get<std::string>(1)},
                       .model = row.get<std::string>(2),
                       .kind = *kind,
                       .prices = std::move(prices),
                       .input_tokens_max = row.get<long long>(5),
                       .output_tokens_max = row.get<long long>(6),
                       .valid_from = from_unix_ms(row.get<long long>(7)),
                       .decided_at = from_unix_ms(row.get<long long>(8)),
                       .decided_by = row.get<std::string>(9),
                       .reason = row.get<std::string>(10)};
}

Result<std::vector<PriceDecision>> read_rows(const soci::rowset<soci::row>& rows) {
  std::vector<PriceDecision> decisions;
  for (const auto& row : rows) {
    TG_TRY(auto decision, from_row(row));
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

Result<void> add(soci::session& sql, const PriceDecision& decision, long long sequence) {
  const auto provider = decision.provider.text();
  const std::string kind{name(decision.kind)};
  const auto prices = to_text(decision.prices);
  const long long input_max = decision.input_tokens_max;
  const long long output_max = decision.output_tokens_max;
  const long long valid_from_ms = to_unix_ms(decision.valid_from);
  const long long decided_ms = to_unix_ms(decision.decided_at);
  sql << "INSERT INTO price_decisions (sequence, provider_id, model, kind, prices,"
         " input_tokens_max, output_tokens_max, valid_from_ms, decided_ms, decided_by, reason)"
         " VALUES (:sequence, :provider, :model, :kind, :prices, :input_max, :output_max, :from,"
         " :decided, :by, :reason)",
      use(sequence), use(provider), use(decision.model), use(kind), use(prices), use(input_max),
      use(output_max), use(valid_from_ms), use(decided_ms), use(decision.decided_by),
      use(decision.reason);
  return {};
}

}  // namespace

std::string_view name(PriceKind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::optional<PriceKind> parse_price_kind(std::string_view text) noexcept {
  const auto found = std::ranges::find(kKindNames, text);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<PriceKind>(found - kKindNames.begin());
}

Result<std::vector<PriceDecision>> list_price_decisions(store::Database& database, WallTime at) {
  std::vector<PriceDecision> decisions;
  const long long at_ms = to_unix_ms(at);
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT " << kColumns << kHolding, use(at_ms), use(at_ms));
    TG_TRY(decisions, read_rows(rows));
    return {};
  }));
  return decisions;
}

Result<std::vector<PriceDecision>> coming_price_decisions(store::Database& database,
                                                          WallTime after) {
  std::vector<PriceDecision> decisions;
  const long long after_ms = to_unix_ms(after);
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT " << kColumns << kComing << " ORDER BY valid_from_ms, sequence",
         use(after_ms));
    TG_TRY(decisions, read_rows(rows));
    return {};
  }));
  return decisions;
}

Result<std::optional<WallTime>> next_price_change(store::Database& database, WallTime after) {
  long long first_ms = 0;
  const long long after_ms = to_unix_ms(after);
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    sql << "SELECT COALESCE(MIN(valid_from_ms), 0)" << kComing, into(first_ms), use(after_ms);
    return {};
  }));
  return first_ms == 0 ? std::nullopt : std::optional{from_unix_ms(first_ms)};
}

Result<std::vector<PriceDecision>> price_history(store::Database& database,
                                                 const std::string& model) {
  std::vector<PriceDecision> decisions;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT " << kColumns
                     << " FROM price_decisions WHERE model = :model ORDER BY sequence DESC",
         use(model));
    TG_TRY(decisions, read_rows(rows));
    return {};
  }));
  return decisions;
}

Result<void> decide_prices(store::Database& database, std::span<const PriceDecision> decisions) {
  if (decisions.size() > kDecisionsMax) {
    return fail(Code::kFieldInvalid, "more than 1,000 models at once");
  }
  return database.write([&](soci::session& sql) -> Result<void> {
    long long sequence = 0;
    long long models = 0;
    sql << "SELECT COALESCE(MAX(sequence), 0), COUNT(DISTINCT model) FROM price_decisions",
        into(sequence), into(models);
    if (models + static_cast<long long>(decisions.size()) > kModelsMax) {
      return fail(Code::kFieldInvalid, "more than 10,000 models have prices of their own");
    }
    for (const auto& decision : decisions) TG_TRY_DONE(add(sql, decision, ++sequence));
    return {};
  });
}

const PriceDecision* PriceBook::find(const ProviderId& provider,
                                     std::string_view model) const noexcept {
  const auto of_model = std::ranges::equal_range(
      decisions_, model, std::ranges::less{},
      [](const PriceDecision& decision) { return std::string_view{decision.model}; });
  const PriceDecision* everybodys = nullptr;
  for (const auto& decision : of_model) {
    if (decision.provider == provider) return &decision;
    if (decision.provider.text().empty()) everybodys = &decision;
  }
  return everybodys;
}

const PriceDecision* PriceBook::ceiling() const noexcept {
  const auto* decision = find(ProviderId{}, {});
  return decision != nullptr && decision->kind == PriceKind::kCeiling ? decision : nullptr;
}

std::shared_ptr<const config::Model> PriceBook::apply(
    const ProviderId& provider, std::string_view model,
    std::shared_ptr<const config::Model> shipped) const {
  const auto* decision = find(provider, model);
  if (decision == nullptr || decision->kind == PriceKind::kShipped) return shipped;
  auto decided =
      shipped ? std::make_shared<config::Model>(*shipped) : std::make_shared<config::Model>();
  decided->name = model;
  decided->own_name = shipped == nullptr;
  decided->free = decision->kind == PriceKind::kFree;
  decided->prices = decision->prices;
  if (decision->input_tokens_max > 0) decided->input_tokens_max = decision->input_tokens_max;
  if (decision->output_tokens_max > 0) decided->output_tokens_max = decision->output_tokens_max;
  return decided;
}

}  // namespace tg::providers
