// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "admin/price_arguments.h"
#include "admin/routes_state.h"
#include "http/url.h"

// What models cost: what holds, who decided it, and what held before.
namespace tg::admin {
namespace {

using providers::PriceDecision;
using providers::PriceKind;

constexpr std::int64_t kRowsMax = 1'000;
constexpr std::size_t kImportMax = 1'000;

std::string provider_name(const std::vector<providers::ProviderRecord>& all, const ProviderId& id) {
  const auto found = std::ranges::find(all, id, &providers::ProviderRecord::id);
  return found == all.end() ? id.text() : found->name;  // of one that was removed
}

void add_limits(Json& row, std::int64_t input_tokens_max, std::int64_t output_tokens_max) {
  if (input_tokens_max > 0) row["input_tokens_max"] = input_tokens_max;
  if (output_tokens_max > 0) row["output_tokens_max"] = output_tokens_max;
}

void add_decision(Json& row, const PriceDecision& decision) {
  row["decided_at"] = to_unix_s(decision.decided_at);
  row["decided_by"] = decision.decided_by;
  row["reason"] = text_or_null(decision.reason);
}

Json decision_json(const PriceDecision& decision, const std::string& provider) {
  Json row{{"object", "tollgate.price_decision"},
           {"model", decision.model},
           {"provider", text_or_null(provider)},
           {"kind", providers::name(decision.kind)},
           {"prices", prices_json(decision.prices)}};
  add_limits(row, decision.input_tokens_max, decision.output_tokens_max);
  add_decision(row, decision);
  return row;
}

// One model at one provider, as calls are charged now.
Json row_of(const config::Target& target, const providers::PriceBook& book) {
  const auto* model = target.model.get();
  const auto* decision = book.find(target.provider->id, target.upstream_model);
  const bool decided = decision != nullptr && decision->kind != PriceKind::kShipped;
  Json row{{"object", "tollgate.price"},
           {"model", target.upstream_model},
           {"provider", target.provider->name},
           {"source", decided            ? "operator"
                      : model == nullptr ? "none"
                                         : "shipped"},
           {"free", model != nullptr && model->free},
           {"prices", model == nullptr ? Json::array() : prices_json(model->prices)}};
  if (model != nullptr) add_limits(row, model->input_tokens_max, model->output_tokens_max);
  if (decided) add_decision(row, *decision);
  return row;
}

bool is_unpriced(const config::Target& target) { return target.model == nullptr; }

ApiResult<providers::PriceBook> read_book(OperationContext& context) {
  TG_API_TRY(auto decisions, providers::list_price_decisions(context.database));
  return providers::PriceBook{std::move(decisions)};
}

struct Wanted {
  std::string model;  // a part of the name; empty: all
  bool decided = false;
  bool unpriced = false;
  std::int64_t rows_max = kRowsMax;
};

ApiResult<Wanted> read_wanted(const Json& arguments) {
  Wanted wanted;
  TG_TRY(wanted.model, optional_text(arguments, "model"));
  TG_TRY(wanted.decided, optional_flag(arguments, "decided", false));
  TG_TRY(wanted.unpriced, optional_flag(arguments, "unpriced", false));
  TG_TRY(wanted.rows_max, optional_number(arguments, "limit", kRowsMax, 1, kRowsMax));
  return wanted;
}

// Each model of each provider once, in the order of their names.
std::vector<const config::Target*> targets_of(const config::Snapshot& snapshot) {
  std::vector<const config::Target*> targets;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& [asked, route] : snapshot.routes) {
    for (const auto& target : route.targets) {
      if (seen.emplace(target.upstream_model, target.provider->id.text()).second) {
        targets.push_back(&target);
      }
    }
  }
  std::ranges::sort(targets, [](const auto* left, const auto* right) {
    return std::tie(left->upstream_model, left->provider->name) <
           std::tie(right->upstream_model, right->provider->name);
  });
  return targets;
}

// What a model costs before this decision: a new one changes that.
ApiResult<config::PriceList> prices_now(OperationContext& context, const providers::PriceBook& book,
                                        const PriceDecision& decision) {
  TG_API_TRY(const auto catalogue, context.catalogue());
  std::string of = "openai";
  if (!decision.provider.text().empty()) {
    TG_TRY(const auto record, find_provider(context, decision.provider.text(), "provider"));
    TG_API_TRY(const auto url, http::parse_url(record.base_url));
    of = providers::catalogue_provider(url.host);
  }
  const auto model =
      book.apply(decision.provider, decision.model, catalogue->price_for(of, decision.model));
  return model == nullptr ? config::PriceList{} : model->prices;
}

struct ReadDecision {
  PriceDecision decision;
  std::string provider;  // its name; empty: all
};

ApiResult<ReadDecision> read_whole_decision(OperationContext& context,
                                            const providers::PriceBook& book, const Json& arguments,
                                            bool confirmed, bool keeps) {
  ReadDecision read;
  TG_TRY(read.decision, read_decision(arguments));
  TG_TRY(const auto provider, optional_text(arguments, "provider"));
  if (!provider.empty()) {
    TG_TRY(const auto record, find_provider(context, provider, "provider"));
    read.decision.provider = record.id;
    read.provider = record.name;
  }
  TG_TRY(auto prices, read_prices(arguments, confirmed));
  if (read.decision.kind == PriceKind::kPriced) {
    if (prices.empty()) {
      return refuse(Code::kFieldInvalid,
                    fmt::format("Say what {} costs: prices, as [{{\"unit\": \"input_text_token\", "
                                "\"usd_per_million\": \"1.25\"}}].",
                                read.decision.model),
                    "prices");
    }
    TG_TRY(const auto now, prices_now(context, book, read.decision));
    read.decision.prices = keeps ? merge(now, prices) : std::move(prices);
  } else if (!prices.empty()) {
    return refuse(Code::kFieldInvalid, "What is free, or as shipped, has no prices of its own.",
                  "prices");
  }
  return read;
}

void sign(PriceDecision& decision, const Caller& caller) {
  decision.decided_at = wall_now();
  decision.decided_by = caller.actor.id;
}

Json audit_detail(const ReadDecision& read) {
  const auto& decision = read.decision;
  return Json{{"data",
               {{"provider", text_or_null(read.provider)},
                {"kind", providers::name(decision.kind)},
                {"prices", prices_json(decision.prices)},
                {"reason", text_or_null(decision.reason)}}}};
}

ApiResult<void> keep(OperationContext& context, const Caller& caller,
                     std::vector<ReadDecision>& read) {
  std::vector<PriceDecision> decisions;
  for (auto& each : read) {
    sign(each.decision, caller);
    decisions.push_back(each.decision);
  }
  TG_API_TRY_DONE(providers::decide_prices(context.database, decisions));
  for (const auto& each : read) {
    TG_TRY_DONE(context.audit_instance(caller, "tollgate.price.set", each.decision.model,
                                       audit_detail(each)));
  }
  tell_routes_changed(context);
  return {};
}

Json list_json(Json data, bool has_more) {
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", has_more}};
}

ApiResult<std::vector<ReadDecision>> read_import(OperationContext& context, const Json& arguments,
                                                 bool confirmed) {
  TG_TRY(const auto currency, required_text(arguments, "currency"));
  if (currency != "USD") {
    return refuse(Code::kFieldInvalid,
                  fmt::format("Prices are kept in US dollars; these are in '{}'.", currency),
                  "currency");
  }
  const auto models = arguments.find("models");
  if (models == arguments.end() || !models->is_array() || models->empty() ||
      models->size() > kImportMax) {
    return refuse(Code::kFieldInvalid, "models must be a list of 1 to 1,000.", "models");
  }
  TG_TRY(const auto book, read_book(context));
  std::vector<ReadDecision> read;
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& item : *models) {
    if (!item.is_object()) return refuse(Code::kFieldInvalid, "A model is no object.", "models");
    TG_TRY_DONE(refuse_unknown_fields(item, {"model", "provider", "kind", "prices",
                                             "input_tokens_max", "output_tokens_max", "reason"}));
    auto one = read_whole_decision(context, book, item, confirmed, /*keeps=*/false);
    if (!one) {
      const auto of = item.value("model", Json{});
      auto error = std::move(one).error();
      error.message =
          fmt::format("Nothing was imported. {}: {}",
                      of.is_string() ? of.get<std::string>() : "A model", error.message);
      return std::unexpected(std::move(error));
    }
    if (!seen.emplace(one->decision.model, one->provider).second) {
      return refuse(
          Code::kFieldInvalid,
          fmt::format("Nothing was imported. {} stands there twice.", one->decision.model),
          "models");
    }
    read.push_back(*std::move(one));
  }
  return read;
}

// Whether a call may reach it under any name.
ApiResult<bool> is_served(OperationContext& context, const PriceDecision& decision) {
  TG_TRY(const auto snapshot, current_snapshot(context));
  return std::ranges::any_of(targets_of(*snapshot), [&](const config::Target* target) {
    const bool there =
        decision.provider.text().empty() || target->provider->id == decision.provider;
    return there && target->upstream_model == decision.model;
  });
}

}  // namespace

ApiResult<Json> list_prices(OperationContext& context, const Json& arguments,
                            const Caller& /*caller*/) {
  TG_TRY(const auto wanted, read_wanted(arguments));
  TG_TRY(const auto snapshot, current_snapshot(context));
  TG_TRY(const auto book, read_book(context));
  auto data = Json::array();
  for (const auto* target : targets_of(*snapshot)) {
    if (!target->upstream_model.contains(wanted.model)) continue;
    if (wanted.unpriced && !is_unpriced(*target)) continue;
    auto row = row_of(*target, book);
    if (wanted.decided && row["source"] != "operator") continue;
    if (data.size() == static_cast<std::size_t>(wanted.rows_max)) return list_json(data, true);
    data.push_back(std::move(row));
  }
  return list_json(std::move(data), false);
}

ApiResult<Json> set_price(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const bool confirmed, optional_flag(arguments, "confirm", false));
  TG_TRY(const bool only, optional_flag(arguments, "only", false));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto book, read_book(context));
  TG_TRY(auto read, read_whole_decision(context, book, arguments, confirmed, !only));
  std::vector<ReadDecision> decisions;
  decisions.push_back(std::move(read));
  TG_TRY_DONE(keep(context, caller, decisions));
  const auto& [decision, provider] = decisions.front();
  auto answer = decision_json(decision, provider);
  TG_TRY(const bool served, is_served(context, decision));
  if (!served) {
    answer["warning"] = "No provider has this model in its list: the price holds once one does.";
  }
  return answer;
}

ApiResult<Json> import_prices(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  TG_TRY(const bool confirmed, optional_flag(arguments, "confirm", false));
  TG_TRY(const bool dry_run, optional_flag(arguments, "dry_run", false));
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto read, read_import(context, arguments, confirmed));
  if (!dry_run) TG_TRY_DONE(keep(context, caller, read));
  auto data = Json::array();
  for (const auto& each : read) data.push_back(decision_json(each.decision, each.provider));
  auto answer = list_json(std::move(data), false);
  answer["imported"] = !dry_run;
  return answer;
}

ApiResult<Json> price_history(OperationContext& context, const Json& arguments,
                              const Caller& /*caller*/) {
  TG_TRY(const auto model, required_text(arguments, "model"));
  TG_API_TRY(const auto decisions, providers::price_history(context.database, model));
  TG_API_TRY(const auto all, providers::list_providers(context.database));
  auto data = Json::array();
  for (const auto& decision : decisions) {
    const bool everybodys = decision.provider.text().empty();
    data.push_back(
        decision_json(decision, everybodys ? "" : provider_name(all, decision.provider)));
  }
  return list_json(std::move(data), false);
}

}  // namespace tg::admin
