// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>

#include "admin/explanation_json.h"
#include "admin/operation_context.h"
#include "admin/usage_names.h"
#include "ledger/usage_query.h"
#include "providers/price_sheets.h"

// The last calls.
namespace tg::admin {
namespace {

constexpr std::int64_t kCallsMax = 1000;
constexpr std::int64_t kCallsShown = 50;

const char* name(openai::UsageSource source) {
  switch (source) {
    case openai::UsageSource::kNone: return "none";
    case openai::UsageSource::kProvider: return "provider";
    case openai::UsageSource::kCounted: return "counted";
    case openai::UsageSource::kEstimated: return "estimated";
  }
  return "none";
}

Json to_json(const ledger::UsageEvent& event, UsageNames& names) {
  const auto& admission = event.admission;
  const auto& settlement = event.settlement;
  return Json{{"object", "tollgate.call"},
              {"id", ledger::format(event.id)},
              {"at_unix_ms", to_unix_ms(admission.at)},
              {"key_id", admission.key_id.view()},
              {"key_name", names.key(admission.key_id.str())},
              {"model", admission.model},
              {"served_model", settlement.served_model},
              {"endpoint", openai::path(admission.endpoint)},
              {"outcome", ledger::name(settlement.outcome)},
              {"http_status", settlement.http_status},
              {"input_tokens", settlement.usage.input_tokens()},
              {"output_tokens", settlement.usage.output_tokens()},
              {"charge_nanousd", settlement.charge.count()},
              {"would_have_cost_nanousd", settlement.would_have_cost.count()},
              {"usage_source", name(settlement.usage.source)},
              {"duration_ms", settlement.duration_ms}};
}

}  // namespace

ApiResult<Json> recent_calls(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto limit, optional_number(arguments, "limit", kCallsShown, 1, kCallsMax));
  TG_TRY(const auto subject, subject_of(context, caller));
  TG_TRY(const auto own, own_keys_only(context, caller));
  // Others' calls stand between one's own.
  const auto read_max = own ? kCallsMax : limit + 1;
  TG_API_TRY(auto calls, ledger::recent_calls(context.database, subject.organization_id.text(),
                                              static_cast<int>(read_max)));
  if (own) {
    std::erase_if(calls,
                  [&](const auto& call) { return !own->contains(call.admission.key_id.str()); });
  }
  const bool has_more = std::ssize(calls) > limit;
  if (has_more) calls.erase(calls.begin() + limit, calls.end());
  UsageNames names{context.database};
  auto data = Json::array();
  for (const auto& call : calls) data.push_back(to_json(call, names));
  TG_TRY_DONE(note_usage_view(context, caller, names));
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", has_more}};
}

ApiResult<Json> explain_call(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto id_text, required_text(arguments, "id"));
  const auto no_such = [&id_text] {
    return refuse(Code::kNotFound,
                  fmt::format("There is no call '{}'. An answer's x-request-id names its call, "
                              "which stands in the ledger a second after its end.",
                              id_text),
                  "id");
  };
  const auto id = ledger::parse_event_id(id_text);
  if (!id) return no_such();
  TG_API_TRY(const auto event, ledger::find_call(context.database, *id));
  if (!event) return no_such();
  const auto& admission = event->admission;
  TG_TRY(const auto subject, subject_of(context, caller));
  const bool ours = admission.organization_id.view() == subject.organization_id.text();
  if (!ours && !caller.is_operator) return no_such();
  TG_TRY(const auto own, own_keys_only(context, caller));
  if (own && !own->contains(admission.key_id.str())) return no_such();
  KeyNames names{context.database};
  auto call = to_json(*event, names);
  TG_TRY_DONE(note_view(context, caller, names));
  std::optional<config::PriceSheet> sheet;
  std::optional<config::PriceSheet> charge_sheet;
  if (admission.price_id != 0) {
    TG_API_TRY(sheet, providers::find_price_sheet(context.database, admission.price_id));
  }
  if (admission.charge_price_id != 0) {
    TG_API_TRY(charge_sheet,
               providers::find_price_sheet(context.database, admission.charge_price_id));
  }
  return explanation_json(std::move(call), *event, sheet, charge_sheet);
}

}  // namespace tg::admin
