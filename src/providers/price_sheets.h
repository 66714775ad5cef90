// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "config/snapshot.h"
#include "store/database.h"

// Price sheets: made while a snapshot is built, kept in SQL before workers see it, read to explain
// a call. Rows are only added.
//
// Threading:  control threads.
// Errors:     kDatabase; kCorrupt: a row that is no sheet.
namespace tg::providers {

// Where a model's prices come from.
struct PriceOrigin {
  config::PriceSource source = config::PriceSource::kCatalogue;
  std::string_view catalogue_date{};
  std::int64_t decision = 0;
  WallTime valid_from{};
};

// The sheets of one snapshot.
class PriceSheets {
 public:
  // `model` with its sheet's id.
  [[nodiscard]] std::shared_ptr<const config::Model> add(const ProviderId& provider,
                                                         std::string_view upstream_model,
                                                         const PriceOrigin& origin,
                                                         const config::Model& model);
  [[nodiscard]] std::vector<config::PriceSheet> take() { return std::move(sheets_); }

 private:
  std::vector<config::PriceSheet> sheets_;
  std::unordered_map<std::int64_t, std::size_t> places_;
};

// Those that are not in `kept` yet, in one transaction, and into `kept`.
[[nodiscard]] Result<void> keep_price_sheets(store::Database& database,
                                             std::span<const config::PriceSheet> sheets,
                                             std::set<std::int64_t>& kept);

// Its model has what charging reads: mode, prices, whether it is free.
[[nodiscard]] Result<std::optional<config::PriceSheet>> find_price_sheet(store::Database& database,
                                                                         std::int64_t id);

[[nodiscard]] std::string_view name(config::PriceSource source) noexcept;

}  // namespace tg::providers
