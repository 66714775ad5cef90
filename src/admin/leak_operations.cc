// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "admin/key_view.h"
#include "admin/operation_context.h"
#include "identity/keys.h"
#include "ledger/call_list.h"

// "This key leaked": one act, and what a person needs to know next.
namespace tg::admin {
namespace {

constexpr std::int64_t kSecondsBack = 7 * 86'400;
constexpr std::size_t kCallsMax = 1000;

// What it did, by model.
Json calls_json(const std::vector<ledger::UsageEvent>& calls) {
  struct Sum {
    int calls = 0;
    NanoUsd charge;
  };
  std::map<std::string, Sum> by_model;
  Sum total;
  WallTime first = WallTime::max();
  WallTime last{};
  for (const auto& call : calls) {
    auto& sum = by_model[call.admission.model];
    for (auto* one : {&sum, &total}) {
      ++one->calls;
      one->charge += call.settlement.charge;
    }
    first = std::min(first, call.admission.at);
    last = std::max(last, call.admission.at);
  }
  auto models = Json::array();
  for (const auto& [model, sum] : by_model) {
    models.push_back(
        Json{{"model", model}, {"calls", sum.calls}, {"charge_nanousd", sum.charge.count()}});
  }
  return Json{{"calls", total.calls},
              {"charge_nanousd", total.charge.count()},
              {"first_call_at", total.calls > 0 ? Json(to_unix_s(first)) : Json(nullptr)},
              {"last_call_at", total.calls > 0 ? Json(to_unix_s(last)) : Json(nullptr)},
              {"models", std::move(models)}};
}

Json networks_since(const std::vector<identity::KeyNetwork>& networks, WallTime since) {
  auto seen = Json::array();
  for (const auto& network : networks) {
    if (network.last_seen_at < since) continue;
    seen.push_back(Json{{"network", network.network},
                        {"first_seen_at", to_unix_s(network.first_seen_at)},
                        {"last_seen_at", to_unix_s(network.last_seen_at)},
                        {"is_new", network.first_seen_at >= since}});
  }
  return seen;
}

}  // namespace

ApiResult<Json> key_leaked(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto reason, optional_text(arguments, "reason"));
  const auto now = wall_now();
  TG_TRY(const auto since_s,
         optional_number(arguments, "since", to_unix_s(now) - kSecondsBack, 0, kUnixSecondsMax));
  const auto since = from_unix_ms(since_s * 1000);
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_own_key(context, arguments, caller));
  TG_TRY(const auto revoked,
         revoke_now(context, key.id, reason.empty() ? "leaked" : reason, caller));
  TG_API_TRY(const auto money, read_money(context, key.organization_id, {&key, 1}));
  TG_API_TRY(const auto calls,
             ledger::list_calls(context.database, {.organization_id = key.organization_id.text(),
                                                   .from = since,
                                                   .key_ids = {{key.id.text()}},
                                                   .limit = kCallsMax}));
  TG_API_TRY(const auto networks, identity::list_key_networks(context.database, key.id));
  auto children = Json::array();
  for (const auto& child : revoked.children) children.push_back(child.text());
  return Json{
      {"object", "tollgate.key.leaked"},           {"key", to_json(context, money, revoked.info)},
      {"revoked_child_keys", std::move(children)}, {"since", since_s},
      {"since_then", calls_json(calls)},           {"networks", networks_since(networks, since)}};
}

}  // namespace tg::admin
