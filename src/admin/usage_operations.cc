// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <optional>
#include <unordered_map>

#include "admin/explanation_json.h"
#include "admin/operation_context.h"
#include "identity/usage_views.h"
#include "ledger/usage_query.h"
#include "providers/price_sheets.h"

// What the ledger says: usage by key, model and day, and the last calls.
namespace tg::admin {
namespace {

constexpr std::int64_t kCallsMax = 1000;
constexpr std::int64_t kCallsShown = 50;

void add_counts(Json& row, const ledger::UsageTotals& totals) {
  row["calls"] = totals.calls;
  row["interrupted"] = totals.interrupted;
  row["input_tokens"] = totals.input_tokens;
  row["cached_tokens"] = totals.cached_tokens;
  row["output_tokens"] = totals.output_tokens;
  row["images"] = totals.images;
  // Milliseconds divide into seconds exactly enough to be read back as they were.
  row["seconds"] = static_cast<double>(totals.milliseconds) / 1000;
  row["characters"] = totals.characters;
  row["charge_nanousd"] = totals.charge.count();
  row["cost_nanousd"] = totals.cost.count();
  row["would_have_cost_nanousd"] = totals.would_have_cost.count();
}

// Keys' names by id, revoked keys too; looked up once a key. And whose they are.
class KeyNames {
 public:
  explicit KeyNames(store::Database& database) : database_{database} {}

  // The people behind the keys that were asked for, with their organizations.
  [[nodiscard]] const std::map<std::string, std::string>& persons() const { return persons_; }

  const std::string& operator()(const std::string& id) {
    const auto [found, is_new] = names_.try_emplace(id);
    if (is_new) {
      if (const auto key = identity::find_key(database_, KeyId{id})) note(*key, found->second);
    }
    return found->second;
  }

 private:
  void note(const identity::KeyInfo& key, std::string& name) {
    name = key.name;
    if (key.kind == keys::KeyKind::kServiceAccount) return;
    persons_.emplace(key.owner_id, key.organization_id.text());
  }

  store::Database& database_;
  std::unordered_map<std::string, std::string> names_;
  std::map<std::string, std::string> persons_;
};

// The ids of the caller's own keys, revoked ones too; nothing for those who see everybody's usage.
ApiResult<std::optional<std::set<std::string>>> own_keys_only(OperationContext& context,
                                                              const Caller& caller) {
  if (caller.permissions.has({Resource::kUsage, Access::kRead})) return std::nullopt;
  TG_TRY(auto own, own_key_ids(context, caller, /*include_revoked=*/true));
  return own;
}

// Nobody sees what another person used without a trace of it.
ApiResult<void> note_view(OperationContext& context, const Caller& caller, const KeyNames& names) {
  const auto& viewer = caller.user_id.empty() ? caller.actor.id : caller.user_id.text();
  TG_API_TRY_DONE(identity::note_usage_view(
      context.database, {.viewer_id = viewer, .persons = names.persons()}, caller.actor));
  return {};
}

ApiResult<std::string> read_day(const Json& arguments, std::string_view field) {
  TG_TRY(auto day, optional_text(arguments, field));
  if (day.empty()) return day;
  const auto digits = [&day](std::size_t from, std::size_t count) {
    return std::ranges::all_of(std::string_view{day}.substr(from, count),
                               [](char digit) { return digit >= '0' && digit <= '9'; });
  };
  const bool shaped = day.size() == 10 && day[4] == '-' && day[7] == '-' && digits(0, 4) &&
                      digits(5, 2) && digits(8, 2);
  if (!shaped) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' must be a day, as 2026-11-24 (UTC).", field),
                  std::string{field});
  }
  return day;
}

const char* name(openai::UsageSource source) {
  switch (source) {
    case openai::UsageSource::kNone: return "none";
    case openai::UsageSource::kProvider: return "provider";
    case openai::UsageSource::kCounted: return "counted";
    case openai::UsageSource::kEstimated: return "estimated";
  }
  return "none";
}

Json to_json(const ledger::UsageEvent& event, KeyNames& names) {
  const auto& admission = event.admission;
  const auto& settlement = event.settlement;
  return Json{{"object", "tollgate.call"},
              {"id", ledger::format(event.id)},
              {"at_unix_ms", to_unix_ms(admission.at)},
              {"key_id", admission.key_id.view()},
              {"key_name", names(admission.key_id.str())},
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

ApiResult<Json> usage(OperationContext& context, const Json& arguments, const Caller& caller) {
  ledger::UsageRange range;
  TG_TRY(range.from_day, read_day(arguments, "from"));
  TG_TRY(range.to_day, read_day(arguments, "to"));
  if (!caller.organization_id.empty()) range.organization_id = caller.organization_id.text();
  TG_TRY(const auto own, own_keys_only(context, caller));
  TG_API_TRY(auto report, ledger::query_usage(context.database, range));
  if (own) {
    std::erase_if(report.rows, [&](const auto& row) { return !own->contains(row.key_id); });
    report.totals = {};
    for (const auto& row : report.rows) report.totals += row.totals;
  }

  KeyNames names{context.database};
  auto rows = Json::array();
  for (const auto& row : report.rows) {
    Json shown{{"key_id", row.key_id},
               {"key_name", names(row.key_id)},
               {"model", row.model},
               {"day", row.day}};
    add_counts(shown, row.totals);
    rows.push_back(std::move(shown));
  }
  TG_TRY_DONE(note_view(context, caller, names));
  auto totals = Json::object();
  add_counts(totals, report.totals);
  return Json{
      {"object", "tollgate.usage"}, {"totals", std::move(totals)}, {"rows", std::move(rows)}};
}

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
  KeyNames names{context.database};
  auto data = Json::array();
  for (const auto& call : calls) data.push_back(to_json(call, names));
  TG_TRY_DONE(note_view(context, caller, names));
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
  const auto served = event->settlement.served_price_id;
  if (const auto id = served != 0 ? served : admission.price_id; id != 0) {
    TG_API_TRY(sheet, providers::find_price_sheet(context.database, id));
  }
  if (admission.charge_price_id != 0) {
    TG_API_TRY(charge_sheet,
               providers::find_price_sheet(context.database, admission.charge_price_id));
  }
  return explanation_json(std::move(call), *event, sheet, charge_sheet);
}

}  // namespace tg::admin
