// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>
#include <set>
#include <vector>

#include "admin/explanation_json.h"
#include "admin/operation_context.h"
#include "admin/pages.h"
#include "admin/time_arguments.h"
#include "admin/usage_names.h"
#include "ledger/call_list.h"
#include "providers/price_sheets.h"

// Calls one by one, and why each cost what it did.
namespace tg::admin {
namespace {

constexpr std::int64_t kCallsMax = 1000;
constexpr std::int64_t kCallsShown = 50;

Json to_json(const ledger::UsageEvent& event, UsageNames& names) {
  const auto& admission = event.admission;
  const auto& settlement = event.settlement;
  return Json{{"object", "tollgate.call"},
              {"id", ledger::format(event.id)},
              {"at_unix_ms", to_unix_ms(admission.at)},
              {"key_id", admission.key_id.view()},
              {"key_name", names.key(admission.key_id.str())},
              {"project_id", admission.project_id.view()},
              {"user_id", admission.owner_id.view()},
              {"model", admission.model},
              {"served_model", settlement.served_model},
              {"endpoint", openai::path(admission.endpoint)},
              {"outcome", ledger::name(settlement.outcome)},
              {"http_status", settlement.http_status},
              {"input_tokens", settlement.usage.input_tokens()},
              {"output_tokens", settlement.usage.output_tokens()},
              {"charge_nanousd", settlement.charge.count()},
              {"cost_nanousd", settlement.cost.count()},
              {"would_have_cost_nanousd", settlement.would_have_cost.count()},
              {"usage_source", source_name(settlement.usage.source)},
              {"duration_ms", settlement.duration_ms}};
}

// Nobody sees more than their own by asking for others'.
void leave_only(const std::set<std::string>& own, std::optional<std::vector<std::string>>& keys) {
  if (!keys) keys.emplace(own.begin(), own.end());
  std::erase_if(*keys, [&own](const std::string& id) { return !own.contains(id); });
}

}  // namespace

ApiResult<Json> list_calls(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto limit, optional_number(arguments, "limit", kCallsShown, 1, kCallsMax));
  TG_TRY(const auto subject, subject_of(context, caller));
  ledger::CallFilter filter{.organization_id = subject.organization_id.text(),
                            .limit = static_cast<std::size_t>(limit) + 1};
  TG_TRY(filter.from, read_time(arguments, "from"));
  TG_TRY(filter.to, read_time(arguments, "to"));
  for (const auto& [field, texts] :
       {std::pair{"key_ids", &filter.key_ids}, std::pair{"project_ids", &filter.project_ids},
        std::pair{"user_ids", &filter.owner_ids}, std::pair{"models", &filter.models}}) {
    TG_TRY(auto found, listed_texts(arguments, field));
    if (!found.empty()) *texts = std::move(found);
  }
  TG_TRY(const auto after, optional_text(arguments, "after"));
  if (!after.empty()) {
    filter.after = ledger::parse_event_id(after);
    if (!filter.after) return refuse_after(after);
  }
  TG_TRY(const auto own, own_keys_only(context, caller));
  if (own) leave_only(*own, filter.key_ids);
  auto calls = ledger::list_calls(context.database, filter);
  if (!calls && calls.error().code == Code::kNotFound) return refuse_after(after);
  if (!calls) return std::unexpected(to_api_error(calls.error()));
  const bool has_more = std::ssize(*calls) > limit;
  if (has_more) calls->pop_back();
  UsageNames names{context.database};
  auto data = Json::array();
  for (const auto& call : *calls) data.push_back(to_json(call, names));
  TG_TRY_DONE(note_usage_view(context, caller, names));
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"last_id", calls->empty() ? Json(nullptr) : Json(ledger::format(calls->back().id))},
              {"has_more", has_more}};
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
  UsageNames names{context.database};
  auto call = to_json(*event, names);
  TG_TRY_DONE(note_usage_view(context, caller, names));
  std::optional<config::PriceSheet> sheet;
  std::optional<config::PriceSheet> charge_sheet;
  const auto served = event->settlement.served_price_id;
  if (const auto sheet_id = served != 0 ? served : admission.price_id; sheet_id != 0) {
    TG_API_TRY(sheet, providers::find_price_sheet(context.database, sheet_id));
  }
  if (admission.charge_price_id != 0) {
    TG_API_TRY(charge_sheet,
               providers::find_price_sheet(context.database, admission.charge_price_id));
  }
  TG_API_TRY(const auto credit, ledger::credit_of_call(context.database, *id));
  return explanation_json(std::move(call), *event, sheet, charge_sheet, credit);
}

}  // namespace tg::admin
