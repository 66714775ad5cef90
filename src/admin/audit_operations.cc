// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>

#include "admin/audit_json.h"
#include "admin/operation_context.h"
#include "identity/audit_events.h"
#include "identity/audit_verify.h"

// The audit log for the command line and our own endpoints: listed, exported, verified.
namespace tg::admin {
namespace {

using identity::AuditRecord;

constexpr std::int64_t kEntriesMax = 1000;
constexpr std::int64_t kEntriesShown = 50;
// An answer of the control socket is one line of at most 1 MiB.
constexpr std::size_t kPageBytesMax = 512UL * 1024;

// Of 2026-11-24 (UTC), its beginning.
std::optional<WallTime> parse_day(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const auto read = [&](std::size_t at, std::size_t length, auto& number) {
    const auto* end = text.data() + at + length;
    const auto parsed = std::from_chars(text.data() + at, end, number);
    return parsed.ec == std::errc{} && parsed.ptr == end;
  };
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' && read(0, 4, year) &&
                      read(5, 2, month) && read(8, 2, day);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!shaped || !date.ok()) return std::nullopt;
  return std::chrono::time_point_cast<WallTime::duration>(std::chrono::sys_days{date});
}

// Of 90m, 24h or 7d, so long ago.
std::optional<WallTime> parse_ago(std::string_view text, WallTime now) {
  if (text.empty()) return std::nullopt;
  int count = 0;
  const auto* end = text.data() + text.size() - 1;
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc{} || parsed.ptr != end || count < 0 || count > 100'000) {
    return std::nullopt;
  }
  switch (text.back()) {
    case 'm': return now - std::chrono::minutes{count};
    case 'h': return now - std::chrono::hours{count};
    case 'd': return now - std::chrono::days{count};
    default: return std::nullopt;
  }
}

ApiResult<std::optional<std::int64_t>> read_since(const Json& arguments) {
  TG_TRY(const auto text, optional_text(arguments, "since"));
  if (text.empty()) return std::nullopt;
  auto time = parse_day(text);
  if (!time) time = parse_ago(text, wall_now());
  if (time) return to_unix_ms(*time);
  return refuse(Code::kFieldInvalid,
                "'since' is a day, as 2026-11-24 (UTC), or so long ago: 90m, 24h, 7d.", "since");
}

ApiResult<std::vector<std::string>> read_type(const Json& arguments) {
  TG_TRY(auto type, optional_text(arguments, "type"));
  if (type.empty()) return std::vector<std::string>{};
  if (identity::is_openai_event(type) || identity::is_own_event(type)) {
    return std::vector{std::move(type)};
  }
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is no event type; docs/audit.md lists them.", type), "type");
}

// An id, or the e-mail address of a person.
ApiResult<std::vector<std::string>> read_actor(OperationContext& context, const Json& arguments) {
  TG_TRY(auto actor, optional_text(arguments, "actor"));
  if (actor.empty()) return std::vector<std::string>{};
  if (!actor.contains('@')) return std::vector{std::move(actor)};
  TG_API_TRY(const auto user, identity::find_user_by_email(context.database, actor));
  return std::vector{user.id.text()};
}

// Whose entries a caller may see: nothing is all of them. Others' chains are not found.
ApiResult<std::optional<std::string>> read_organization(const Json& arguments, const Caller& caller,
                                                        const char* field) {
  TG_TRY(const auto wanted, optional_text(arguments, field));
  const auto& own = caller.organization_id;
  if (own.empty() && wanted.empty()) return std::nullopt;
  auto chain = wanted.empty() ? own.text() : parse_audit_chain(wanted);
  const bool allowed = own.empty() || chain == own.text() || (chain.empty() && caller.is_operator);
  if (allowed) return chain;
  return refuse(Code::kNotFound, fmt::format("There is no organization '{}'.", wanted), field);
}

ApiResult<std::optional<AuditRecord>> read_after(OperationContext& context, const Json& arguments,
                                                 const std::optional<std::string>& organization) {
  TG_TRY(const auto id, optional_text(arguments, "after"));
  if (id.empty()) return std::nullopt;
  TG_API_TRY(auto entry, identity::find_audit_entry(context.database, id, organization));
  return entry;
}

// Adds what fits on a page; false: something is left.
template <typename Show>
bool add_to_page(Json& data, std::size_t count, const Show& show) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto json = show(i);
    bytes += json.dump().size();
    if (bytes > kPageBytesMax) return false;
    data.push_back(std::move(json));
  }
  return true;
}

}  // namespace

ApiResult<Json> list_audit_log(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  identity::AuditFilter filter;
  TG_TRY(filter.organization_id, read_organization(arguments, caller, "organization"));
  TG_TRY(filter.from_unix_ms, read_since(arguments));
  TG_TRY(filter.actions, read_type(arguments));
  TG_TRY(filter.actor_ids, read_actor(context, arguments));
  TG_TRY(filter.after, read_after(context, arguments, filter.organization_id));
  TG_TRY(const auto limit, optional_number(arguments, "limit", kEntriesShown, 1, kEntriesMax));
  filter.rows_max = static_cast<int>(limit) + 1;
  TG_API_TRY(const auto records, identity::find_audit(context.database, filter));
  TG_API_TRY(const auto names, identity::names_for_audit(context.database, records));

  auto data = Json::array();
  const auto count = std::min(records.size(), static_cast<std::size_t>(limit));
  const bool all = add_to_page(data, count, [&](std::size_t i) {
    auto json = to_audit_log(records[i], names[i]);
    json["chain"] = audit_chain_name(records[i].chain);
    json["sequence"] = records[i].sequence;
    return json;
  });
  auto last_id = data.empty() ? Json(nullptr) : data.back()["id"];
  return Json{{"object", "list"},
              {"last_id", std::move(last_id)},
              {"has_more", !all || records.size() > count},
              {"data", std::move(data)}};
}

ApiResult<Json> export_audit_log(OperationContext& context, const Json& arguments,
                                 const Caller& caller) {
  TG_TRY(const auto chain, read_organization(arguments, caller, "chain"));
  TG_TRY(const auto after,
         optional_number(arguments, "after", 0, 0, std::numeric_limits<std::int64_t>::max()));
  TG_TRY(const auto limit, optional_number(arguments, "limit", kEntriesMax, 1, kEntriesMax));
  TG_API_TRY(const auto records, identity::read_audit_chain(context.database, chain.value_or(""),
                                                            after, static_cast<int>(limit) + 1));
  auto data = Json::array();
  const auto count = std::min(records.size(), static_cast<std::size_t>(limit));
  const bool all =
      add_to_page(data, count, [&](std::size_t i) { return to_export_line(records[i]); });
  auto last = data.empty() ? Json(nullptr) : data.back()["sequence"];
  return Json{{"object", "list"},
              {"last_sequence", std::move(last)},
              {"has_more", !all || records.size() > count},
              {"data", std::move(data)}};
}

ApiResult<Json> list_audit_chains(OperationContext& context, const Json& /*arguments*/,
                                  const Caller& caller) {
  TG_API_TRY(const auto heads, identity::list_audit_heads(context.database));
  auto data = Json::array();
  for (const auto& head : heads) {
    const auto& own = caller.organization_id;
    const bool visible =
        own.empty() || head.chain == own.text() || (head.chain.empty() && caller.is_operator);
    if (visible) data.push_back(to_export_line(head));
  }
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

ApiResult<Json> verify_audit_log(OperationContext& context, const Json& /*arguments*/,
                                 const Caller& /*caller*/) {
  TG_API_TRY(const auto report, identity::check_audit(context.database));
  return to_json(report);
}

}  // namespace tg::admin
