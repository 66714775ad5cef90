// SPDX-License-Identifier: Apache-2.0
#include "providers/price_sheets.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/content_id.h"
#include "base/number_text.h"
#include "providers/price_text.h"
#include "store/statement.h"

namespace tg::providers {
namespace {

using config::PriceSheet;
using config::PriceSource;

constexpr std::array<std::string_view, 4> kSourceNames{"catalogue", "operator", "price_book",
                                                       "ceiling"};

constexpr auto kInsert =
    "INSERT INTO price_sheets (id, provider_id, model, source, catalogue_date, decision,"
    " valid_from_ms, mode, free, prices) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO NOTHING";
constexpr auto kSelect =
    "SELECT provider_id, model, source, catalogue_date, decision, valid_from_ms, mode, free, prices"
    " FROM price_sheets WHERE id = ?";

// No field can reach into the next: none has a line's end in it.
std::int64_t id_of(const PriceSheet& sheet) {
  std::string text{"tollgate price sheet 1\n"};
  for (const auto part :
       {std::string_view{sheet.provider_id}, std::string_view{sheet.upstream_model},
        name(sheet.source), std::string_view{sheet.catalogue_date},
        std::string_view{sheet.model->mode}}) {
    text.append(part).push_back('\n');
  }
  for (const auto number :
       {sheet.decision, to_unix_ms(sheet.valid_from), std::int64_t{sheet.model->free}}) {
    append_number(text, number);
    text.push_back('\n');
  }
  return content_id(text.append(to_text(sheet.model->prices)));
}

Result<void> add_row(store::Statement& insert, const PriceSheet& sheet) {
  const auto prices = to_text(sheet.model->prices);
  insert.bind(sheet.id);
  insert.bind(std::string_view{sheet.provider_id});
  insert.bind(std::string_view{sheet.upstream_model});
  insert.bind(static_cast<std::int64_t>(sheet.source));
  insert.bind(std::string_view{sheet.catalogue_date});
  insert.bind(sheet.decision);
  insert.bind(to_unix_ms(sheet.valid_from));
  insert.bind(std::string_view{sheet.model->mode});
  insert.bind(std::int64_t{sheet.model->free});
  insert.bind(std::string_view{prices});
  return insert.queue();
}

Result<PriceSheet> read_row(std::int64_t id, const store::Statement& row) {
  const auto source = row.number(2);
  if (source < 0 || source >= std::ssize(kSourceNames)) {
    return fail(Code::kCorrupt, "a price sheet of no known source");
  }
  auto model = std::make_shared<config::Model>();
  model->name = row.text(1);
  model->mode = row.text(6);
  model->free = row.number(7) != 0;
  TG_TRY(model->prices, parse_prices(row.text(8)));
  model->price_id = id;
  return PriceSheet{.id = id,
                    .provider_id = std::string{row.text(0)},
                    .upstream_model = model->name,
                    .source = static_cast<PriceSource>(source),
                    .catalogue_date = std::string{row.text(3)},
                    .decision = row.number(4),
                    .valid_from = from_unix_ms(row.number(5)),
                    .model = std::move(model)};
}

}  // namespace

std::string_view name(PriceSource source) noexcept {
  return kSourceNames.at(static_cast<std::size_t>(source));
}

std::shared_ptr<const config::Model> PriceSheets::add(const ProviderId& provider,
                                                      std::string_view upstream_model,
                                                      const PriceOrigin& origin,
                                                      const config::Model& model) {
  auto own = std::make_shared<config::Model>(model);
  PriceSheet sheet{.provider_id = provider.text(),
                   .upstream_model = std::string{upstream_model},
                   .source = origin.source,
                   .catalogue_date = std::string{origin.catalogue_date},
                   .decision = origin.decision,
                   .valid_from = origin.valid_from,
                   .model = own};
  sheet.id = own->price_id = id_of(sheet);
  const auto [place, is_new] = places_.try_emplace(sheet.id, sheets_.size());
  if (!is_new) return sheets_[place->second].model;
  sheets_.push_back(std::move(sheet));
  return own;
}

Result<void> keep_price_sheets(store::Database& database, std::span<const PriceSheet> sheets,
                               std::set<std::int64_t>& kept) {
  std::vector<const PriceSheet*> added;
  for (const auto& sheet : sheets) {
    if (!kept.contains(sheet.id)) added.push_back(&sheet);
  }
  if (added.empty()) return {};
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto insert, store::Statement::prepare(session, kInsert));
    for (const auto* sheet : added) TG_TRY_DONE(add_row(insert, *sheet));
    TG_TRY_DONE(insert.flush());
    return {};
  }));
  for (const auto* sheet : added) kept.insert(sheet->id);
  return {};
}

Result<std::optional<PriceSheet>> find_price_sheet(store::Database& database, std::int64_t id) {
  std::optional<PriceSheet> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, store::Statement::prepare(session, kSelect));
    select.bind(id);
    TG_TRY(const bool there, select.step());
    if (!there) return {};
    TG_TRY(found, read_row(id, select));
    return {};
  }));
  return found;
}

}  // namespace tg::providers
