// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

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
constexpr std::size_t kReasonBytesMax = 500;

std::string provider_name(const std::vector<providers::ProviderRecord>& all, const ProviderId& id) {
  const auto found = std::ranges::find(all, id, &providers::ProviderRecord::id);
  return found == all.end() ? id.text() : found->name;  // of one that was removed
}

void add_limits(Json& row, std::int64_t input_tokens_max, std::int64_t output_tokens_max) {
  if (input_tokens_max > 0) row["input_tokens_max"] = input_tokens_max;
  if (output_tokens_max > 0) row["output_tokens_max"] = output_tokens_max;
}

void add_decision(Json& row, const PriceDecision& decision) {
  row["valid_from"] = to_unix_s(decision.valid_from);
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

// Null where it costs what ships.
const PriceDecision* decision_on(const config::Target& target, const providers::PriceBook& book) {
  const auto* decision = book.find(target.provider->id, target.upstream_model);
  return decision == nullptr || decision->kind == PriceKind::kShipped ? nullptr : decision;
}

// One model at one provider, as calls are charged now.
Json row_of(const config::Target& target, const PriceDecision* decision,
            std::span<const PriceDecision> coming) {
  const auto* model = target.model.get();
  Json row{{"object", "tollgate.price"},
           {"model", target.upstream_model},
           {"provider", target.provider->name},
           {"source", decision != nullptr ? "operator"
                      : model == nullptr  ? "none"
                      : model->unpriced   ? "ceiling"
                                          : "shipped"},
           {"free", model != nullptr && model->free},
           {"prices", model == nullptr ? Json::array() : prices_json(model->prices)}};
  if (model != nullptr) add_limits(row, model->input_tokens_max, model->output_tokens_max);
  if (decision != nullptr) add_decision(row, *decision);
  auto later = Json::array();
  for (const auto& next : coming) {
    const bool everybodys = next.provider.text().empty();
    if (next.model != target.upstream_model) continue;
    if (!everybodys && next.provider != target.provider->id) continue;
    later.push_back(decision_json(next, everybodys ? "" : target.provider->name));
  }
  row["coming"] = std::move(later);
  return row;
}

ApiResult<providers::PriceBook> read_book(OperationContext& context, WallTime at) {
  TG_API_TRY(auto decisions, providers::list_price_decisions(context.database, at));
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

struct ReadDecision {
  PriceDecision decision;
  std::string provider;  // its name; empty: all
  std::string base_url;  // of the provider
};

// What ships about the model; null: nothing.
ApiResult<std::shared_ptr<const config::Model>> shipped_model(OperationContext& context,
                                                              const ReadDecision& read) {
  TG_API_TRY(const auto catalogue, context.catalogue());
  std::string of = "openai";
  if (!read.provider.empty()) {
    TG_API_TRY(const auto url, http::parse_url(read.base_url));
    of = providers::catalogue_provider(url.host);
  }
  return catalogue->price_for(of, read.decision.model);
}

// What the model costs when this decision begins holds on where that says nothing else.
ApiResult<void> add_prices_before(OperationContext& context, ReadDecision& read) {
  auto& decision = read.decision;
  TG_TRY(const auto book, read_book(context, decision.valid_from));
  TG_TRY(auto shipped, shipped_model(context, read));
  const auto model = book.apply(decision.provider, decision.model, std::move(shipped));
  if (model != nullptr) decision.prices = merge(model->prices, decision.prices);
  return {};
}

// Two that begin at one instant to come: one of them is a slip.
ApiResult<void> refuse_second(OperationContext& context, const PriceDecision& decision) {
  if (decision.valid_from <= decision.decided_at) return {};
  TG_API_TRY(const auto coming,
             providers::coming_price_decisions(context.database, decision.decided_at));
  for (const auto& other : coming) {
    if (other.model != decision.model || other.provider != decision.provider) continue;
    if (other.valid_from != decision.valid_from) continue;
    return refuse(Code::kConflict,
                  fmt::format("A price of {} that begins at {} is decided already. Confirm to put "
                              "this one in its place, or let it begin at another instant.",
                              decision.model, format_utc(decision.valid_from)),
                  "from");
  }
  return {};
}

ApiResult<ReadDecision> read_whole_decision(OperationContext& context, const Json& arguments,
                                            const Caller& caller, bool confirmed) {
  ReadDecision read;
  TG_TRY(read.decision, read_decision(arguments));
  TG_TRY(read.decision.prices, read_prices(arguments, confirmed));
  TG_TRY(const auto provider, optional_text(arguments, "provider"));
  if (!provider.empty()) {
    TG_TRY(const auto record, find_provider(context, provider, "provider"));
    read.decision.provider = record.id;
    read.provider = record.name;
    read.base_url = record.base_url;
  }
  read.decision.decided_at = wall_now();
  TG_TRY(read.decision.valid_from, read_beginning(arguments, read.decision.decided_at));
  read.decision.decided_by = caller.actor.id;
  const auto& prices = read.decision.prices;
  if (read.decision.kind == PriceKind::kPriced && prices.empty()) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("Say what {} costs: prices, as [{{\"unit\": \"input_text_token\", "
                              "\"usd_per_million\": \"1.25\"}}].",
                              read.decision.model),
                  "prices");
  }
  if (read.decision.kind != PriceKind::kPriced && !prices.empty()) {
    return refuse(Code::kFieldInvalid, "What is free, or as shipped, has no prices of its own.",
                  "prices");
  }
  if (confirmed) return read;
  TG_TRY_DONE(refuse_second(context, read.decision));
  TG_TRY(const auto shipped, shipped_model(context, read));
  if (shipped != nullptr) TG_TRY_DONE(check_against(*shipped, prices));
  return read;
}

Json audit_detail(const ReadDecision& read) {
  const auto& decision = read.decision;
  return Json{{"data",
               {{"provider", text_or_null(read.provider)},
                {"kind", providers::name(decision.kind)},
                {"prices", prices_json(decision.prices)},
                {"valid_from", to_unix_s(decision.valid_from)},
                {"reason", text_or_null(decision.reason)}}}};
}

ApiResult<void> keep(OperationContext& context, const Caller& caller,
                     std::span<const ReadDecision> read) {
  std::vector<PriceDecision> decisions;
  for (const auto& each : read) decisions.push_back(each.decision);
  TG_API_TRY_DONE(providers::decide_prices(context.database, decisions));
  for (const auto& each : read) {
    TG_TRY_DONE(context.audit_instance(caller, "tollgate.price.set", each.decision.model,
                                       audit_detail(each)));
  }
  tell_routes_changed(context);
  return {};
}

Json ceiling_json(const PriceDecision& decision) {
  const bool on = decision.kind == PriceKind::kCeiling;
  return Json{{"object", "tollgate.price_ceiling"},
              {"on", on},
              {"prices", prices_json(decision.prices)},
              {"decided_at", on ? Json(to_unix_s(decision.decided_at)) : Json(nullptr)},
              {"decided_by", text_or_null(decision.decided_by)},
              {"reason", text_or_null(decision.reason)}};
}

Json list_json(Json data, bool has_more) {
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", has_more}};
}

ApiResult<std::vector<ReadDecision>> read_import(OperationContext& context, const Json& arguments,
                                                 const Caller& caller) {
  TG_TRY(const bool confirmed, optional_flag(arguments, "confirm", false));
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
  std::vector<ReadDecision> read;
  std::set<std::tuple<std::string, std::string, WallTime>> seen;
  for (const auto& item : *models) {
    if (!item.is_object()) return refuse(Code::kFieldInvalid, "A model is no object.", "models");
    TG_TRY_DONE(
        refuse_unknown_fields(item, {"model", "provider", "kind", "prices", "input_tokens_max",
                                     "output_tokens_max", "reason", "from"}));
    auto one = read_whole_decision(context, item, caller, confirmed);
    if (!one) {
      const auto of = item.value("model", Json{});
      auto error = std::move(one).error();
      error.message =
          fmt::format("Nothing was imported. {}: {}",
                      of.is_string() ? of.get<std::string>() : "A model", error.message);
      return std::unexpected(std::move(error));
    }
    const auto& decision = one->decision;
    // What is to hold at once may have been read a millisecond apart.
    const auto from = decision.valid_from == decision.decided_at ? WallTime{} : decision.valid_from;
    if (!seen.emplace(decision.model, one->provider, from).second) {
      return refuse(Code::kFieldInvalid,
                    fmt::format("Nothing was imported. {} stands there twice{}.", decision.model,
                                from == WallTime{} ? "" : " for one instant"),
                    "models");
    }
    read.push_back(*std::move(one));
  }
  return read;
}

// Most models write text, and a call to one whose output has no price is refused.
bool lacks_output(const PriceDecision& decision) {
  using config::Unit;
  return !decision.prices.of(Unit::kInputTextToken).empty() &&
         decision.prices.of(Unit::kOutputTextToken).empty();
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
  const auto now = wall_now();
  TG_TRY(const auto book, read_book(context, now));
  TG_API_TRY(const auto coming, providers::coming_price_decisions(context.database, now));
  auto data = Json::array();
  for (const auto* target : targets_of(*snapshot)) {
    if (!target->upstream_model.contains(wanted.model)) continue;
    if (wanted.unpriced && target->model != nullptr && !target->model->unpriced) continue;
    const auto* decision = decision_on(*target, book);
    if (wanted.decided && decision == nullptr) continue;
    if (std::ssize(data) == wanted.rows_max) return list_json(std::move(data), true);
    data.push_back(row_of(*target, decision, coming));
  }
  return list_json(std::move(data), false);
}

ApiResult<Json> set_price(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const bool confirmed, optional_flag(arguments, "confirm", false));
  TG_TRY(const bool only, optional_flag(arguments, "only", false));
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto read, read_whole_decision(context, arguments, caller, confirmed));
  if (!only && read.decision.kind == PriceKind::kPriced) {
    TG_TRY_DONE(add_prices_before(context, read));
  }
  TG_TRY_DONE(keep(context, caller, {&read, 1}));
  auto answer = decision_json(read.decision, read.provider);
  TG_TRY(const bool served, is_served(context, read.decision));
  if (!served) {
    answer["warning"] = "No provider has this model in its list: the price holds once one does.";
  } else if (lacks_output(read.decision)) {
    answer["warning"] =
        "Its output has no price: calls for embeddings pass, calls that write text are refused.";
  }
  return answer;
}

ApiResult<Json> set_price_ceiling(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  TG_TRY(const bool confirmed, optional_flag(arguments, "confirm", false));
  TG_TRY(const bool off, optional_flag(arguments, "off", false));
  const std::scoped_lock lock{context.changes};
  ReadDecision read;
  auto& decision = read.decision;
  decision.kind = off ? PriceKind::kShipped : PriceKind::kCeiling;
  TG_TRY(decision.prices, read_prices(arguments, confirmed));
  TG_TRY(decision.reason, optional_text(arguments, "reason"));
  if (off != decision.prices.empty() || decision.reason.size() > kReasonBytesMax) {
    return refuse(Code::kFieldInvalid,
                  "Say what a model without a price is charged at most: prices; or off, and it is "
                  "refused. A reason has at most 500 characters.",
                  "prices");
  }
  decision.decided_at = decision.valid_from = wall_now();
  decision.decided_by = caller.actor.id;
  TG_API_TRY_DONE(providers::decide_prices(context.database, {&decision, 1}));
  TG_TRY_DONE(context.audit_instance(caller, "tollgate.price_ceiling.set", off ? "off" : "on",
                                     audit_detail(read)));
  tell_routes_changed(context);
  return ceiling_json(decision);
}

ApiResult<Json> price_ceiling(OperationContext& context, const Json& /*arguments*/,
                              const Caller& /*caller*/) {
  TG_TRY(const auto book, read_book(context, wall_now()));
  const auto* ceiling = book.ceiling();
  return ceiling_json(ceiling == nullptr ? PriceDecision{} : *ceiling);
}

ApiResult<Json> import_prices(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  TG_TRY(const bool dry_run, optional_flag(arguments, "dry_run", false));
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto read, read_import(context, arguments, caller));
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
