// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/audit_json.h"
#include "admin/pages.h"
#include "identity/audit_events.h"

// The audit log of the Admin API.
namespace tg::admin {
namespace {

using identity::AuditFilter;
using identity::AuditRecord;

constexpr std::size_t kValuesMax = 100;

ApiResult<std::vector<std::string>> read_texts(const Json& query, std::string_view field) {
  return read_query_texts(query, field, kValuesMax);
}

ApiResult<std::optional<std::int64_t>> read_seconds(const Json& query, std::string_view field) {
  return read_query_number(query, field, 0, kUnixSecondsMax, "a time in Unix seconds");
}

// An entry's effective_at is its second, in which many may have happened.
ApiResult<void> read_times(const Json& query, AuditFilter& filter) {
  TG_TRY(const auto gt, read_seconds(query, "effective_at[gt]"));
  TG_TRY(const auto gte, read_seconds(query, "effective_at[gte]"));
  TG_TRY(const auto lt, read_seconds(query, "effective_at[lt]"));
  TG_TRY(const auto lte, read_seconds(query, "effective_at[lte]"));
  if (gte) filter.from_unix_ms = *gte * 1000;
  if (gt) filter.from_unix_ms = std::max(filter.from_unix_ms.value_or(0), (*gt + 1) * 1000);
  if (lt) filter.to_unix_ms = *lt * 1000;
  if (lte) {
    filter.to_unix_ms = std::min(filter.to_unix_ms.value_or((*lte + 1) * 1000), (*lte + 1) * 1000);
  }
  return {};
}

ApiResult<void> check_types(const std::vector<std::string>& types) {
  for (const auto& type : types) {
    if (identity::is_openai_event(type) || identity::is_own_event(type)) continue;
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no event type; docs/audit.md lists them.", type),
                  "event_types");
  }
  return {};
}

// False: nobody has any of the addresses, so nothing was done by them.
ApiResult<bool> read_emails(OperationContext& context, const Json& query, AuditFilter& filter) {
  TG_TRY(const auto emails, read_texts(query, "actor_emails"));
  for (const auto& email : emails) {
    const auto user = identity::find_user_by_email(context.database, email);
    if (user) filter.user_ids.push_back(user->id.text());
    if (!user && user.error().code != Code::kNotFound) {
      return std::unexpected(to_api_error(user.error()));
    }
  }
  return emails.empty() || !filter.user_ids.empty();
}

ApiResult<std::optional<AuditRecord>> read_cursor(OperationContext& context,
                                                  const ApiRequest& request, const char* field) {
  TG_TRY(const auto id, optional_text(request.query, field));
  if (id.empty()) return std::nullopt;
  auto entry =
      identity::find_audit_entry(context.database, id, request.caller.organization_id.text());
  if (entry) return *std::move(entry);
  if (entry.error().code != Code::kNotFound) return std::unexpected(to_api_error(entry.error()));
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is no entry of this audit log; '{}' takes an id that a page had.",
                            id, field),
                field);
}

Json page_json(const std::vector<AuditRecord>& records, const std::vector<identity::AuditNames>& of,
               bool has_more) {
  auto data = Json::array();
  for (std::size_t i = 0; i < records.size(); ++i) data.push_back(to_audit_log(records[i], of[i]));
  const bool any = !records.empty();
  return Json{{"object", "list"},
              {"first_id", any ? Json(identity::audit_id(records.front())) : Json(nullptr)},
              {"last_id", any ? Json(identity::audit_id(records.back())) : Json(nullptr)},
              {"has_more", has_more},
              {"data", std::move(data)}};
}

}  // namespace

ApiResult<Json> audit_logs_list(OperationContext& context, const ApiRequest& request) {
  const auto& query = request.query;
  TG_TRY(const auto page,
         read_page(query, {"before", "effective_at[gt]", "effective_at[gte]", "effective_at[lt]",
                           "effective_at[lte]", "project_ids", "event_types", "actor_ids",
                           "actor_emails", "resource_ids", "tenant_only"}));
  AuditFilter filter{.organization_id = request.caller.organization_id.text()};
  TG_TRY_DONE(read_times(query, filter));
  TG_TRY(filter.project_ids, read_texts(query, "project_ids"));
  TG_TRY(filter.actions, read_texts(query, "event_types"));
  TG_TRY(filter.actor_ids, read_texts(query, "actor_ids"));
  TG_TRY(filter.targets, read_texts(query, "resource_ids"));
  TG_TRY_DONE(check_types(filter.actions));
  TG_TRY(filter.after, read_cursor(context, request, "after"));
  TG_TRY(filter.before, read_cursor(context, request, "before"));
  TG_TRY(const bool somebody, read_emails(context, query, filter));
  TG_TRY(const bool tenants, read_query_flag(query, "tenant_only"));
  // There are no tenants here, so no event is theirs.
  if (!somebody || tenants) return page_json({}, {}, false);

  filter.rows_max = static_cast<int>(page.limit) + 1;  // one more tells whether there is more
  TG_API_TRY(auto records, identity::find_audit(context.database, filter));
  const bool has_more = records.size() > page.limit;
  const bool upwards = filter.before && !filter.after;
  if (has_more) records.erase(upwards ? records.begin() : records.end() - 1);
  TG_API_TRY(const auto names, identity::names_for_audit(context.database, records));
  return page_json(records, names, has_more);
}

}  // namespace tg::admin
