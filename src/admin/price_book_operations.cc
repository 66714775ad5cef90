// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/organization_arguments.h"
#include "admin/price_arguments.h"
#include "admin/routes_state.h"
#include "providers/price_books.h"

// What organizations pay for what providers ask.
namespace tg::admin {
namespace {

using config::ChargeRule;
using providers::BookDecision;
using providers::BookKind;

constexpr std::size_t kReasonBytesMax = 500;
constexpr std::size_t kModelBytesMax = 256;

bool is_absent(const Json& arguments, const char* field) {
  const auto found = arguments.find(field);
  return found == arguments.end() || found->is_null();
}

// "1.15", with as many decimals as it needs.
std::string factor_text(std::int64_t millionths) {
  auto text =
      fmt::format("{}.{:06}", millionths / ChargeRule::kSame, millionths % ChargeRule::kSame);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

ApiResult<std::int64_t> read_factor(const Json& arguments) {
  TG_TRY(const auto text, required_text(arguments, "factor"));
  // Six decimals of what would be dollars; nine are read, and the last three must be zero.
  constexpr std::int64_t kDecimalsTooMany = 1'000;
  const auto read = parse_usd(text);
  const auto millionths = read ? read->count() / kDecimalsTooMany : 0;
  if (!read || read->count() % kDecimalsTooMany != 0 || millionths > providers::kFactorMax) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no factor: write it as 1.15, from 0 to 1000, with at most "
                              "six decimals.",
                              text),
                  "factor");
  }
  return millionths;
}

Json rule_json(const BookDecision& decision) {
  Json row{{"object", "tollgate.price_book_rule"},
           {"organization_id", text_or_null(decision.organization.text())},
           {"model", text_or_null(decision.model)},
           {"kind", providers::name(decision.kind)},
           {"factor", nullptr},
           {"prices", prices_json(decision.prices)},
           {"decided_at", to_unix_s(decision.decided_at)},
           {"decided_by", decision.decided_by},
           {"reason", text_or_null(decision.reason)}};
  if (decision.kind == BookKind::kFactor) row["factor"] = factor_text(decision.factor_millionths);
  return row;
}

Json rules_json(const std::vector<BookDecision>& decisions) {
  auto data = Json::array();
  for (const auto& decision : decisions) data.push_back(rule_json(decision));
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

ApiResult<BookDecision> read_rule(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  BookDecision decision;
  // No name: the default, of all that have no rule of their own.
  TG_TRY(decision.organization, named_organization(context, arguments));
  TG_TRY(decision.model, optional_text(arguments, "model"));
  TG_TRY(decision.reason, optional_text(arguments, "reason"));
  if (decision.model.size() > kModelBytesMax || decision.reason.size() > kReasonBytesMax) {
    return refuse(Code::kFieldInvalid,
                  "A model's name has at most 256 characters, a reason at most 500.",
                  decision.model.size() > kModelBytesMax ? "model" : "reason");
  }
  TG_TRY(const bool confirmed, optional_flag(arguments, "confirm", false));
  TG_TRY(const bool inherit, optional_flag(arguments, "inherit", false));
  TG_TRY(decision.prices, read_prices(arguments, confirmed));
  const bool factor = !is_absent(arguments, "factor");
  if (inherit + factor + !decision.prices.empty() != 1) {
    return refuse(Code::kFieldInvalid,
                  "Say one of: factor, as 1.15; prices of its own; inherit, for no rule here.",
                  "factor");
  }
  decision.kind = inherit ? BookKind::kInherit : factor ? BookKind::kFactor : BookKind::kPrices;
  if (factor) {
    TG_TRY(decision.factor_millionths, read_factor(arguments));
  }
  if (decision.kind == BookKind::kPrices && decision.model.empty()) {
    return refuse(Code::kFieldInvalid, "Prices are of one model: name it, or give a factor.",
                  "model");
  }
  decision.decided_at = wall_now();
  decision.decided_by = caller.actor.id;
  return decision;
}

}  // namespace

ApiResult<Json> list_price_books(OperationContext& context, const Json& arguments,
                                 const Caller& /*caller*/) {
  TG_TRY(const auto wanted, optional_text(arguments, "organization"));
  TG_API_TRY(auto decisions, providers::list_book_decisions(context.database));
  TG_API_TRY(const auto delivered, providers::list_only_delivered(context.database));
  if (!wanted.empty()) {
    std::erase_if(decisions, [&](const auto& each) { return each.organization.text() != wanted; });
  }
  auto answer = rules_json(decisions);
  auto organizations = Json::array();
  for (const auto& id : delivered) {
    if (wanted.empty() || id.text() == wanted) organizations.push_back(id.text());
  }
  answer["only_delivered"] = std::move(organizations);
  return answer;
}

ApiResult<Json> set_price_book(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto decision, read_rule(context, arguments, caller));
  TG_API_TRY_DONE(providers::decide_book(context.database, decision));
  auto answer = rule_json(decision);
  TG_TRY_DONE(context.audit_instance(caller, "tollgate.price_book.set",
                                     decision.organization.text(), Json{{"data", answer}}));
  tell_routes_changed(context);
  return answer;
}

ApiResult<Json> price_book_history(OperationContext& context, const Json& arguments,
                                   const Caller& /*caller*/) {
  TG_TRY(const auto id, optional_text(arguments, "organization"));
  TG_API_TRY(const auto decisions, providers::book_history(context.database, OrganizationId{id}));
  return rules_json(decisions);
}

ApiResult<Json> set_charge_policy(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  TG_TRY_DONE(required_text(arguments, "organization"));
  TG_TRY(const auto organization, named_organization(context, arguments));
  TG_TRY(const auto unwaited, required_text(arguments, "unwaited"));
  const bool only = unwaited == "only_delivered";
  if (!only && unwaited != "charge_as_cost") {
    return refuse(Code::kFieldInvalid, "'unwaited' is charge_as_cost or only_delivered.",
                  "unwaited");
  }
  TG_API_TRY_DONE(providers::set_only_delivered(context.database, organization, only));
  TG_TRY_DONE(context.audit_instance(caller, "tollgate.charge_policy.set", organization.text(),
                                     Json{{"data", {{"unwaited", unwaited}}}}));
  tell_routes_changed(context);
  return Json{{"object", "tollgate.charge_policy"},
              {"organization_id", organization.text()},
              {"unwaited", unwaited}};
}

}  // namespace tg::admin
