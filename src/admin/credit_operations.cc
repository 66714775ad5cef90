// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "admin/alert_changes.h"
#include "admin/authorization.h"
#include "admin/operation_context.h"
#include "admin/organization_arguments.h"
#include "base/money.h"
#include "identity/audit.h"
#include "identity/projects.h"
#include "ledger/credits.h"

// Prepaid money: granted and corrected by the operator, seen by those whom it pays for.
namespace tg::admin {
namespace {

using ledger::CreditGrant;
using ledger::CreditOwner;

constexpr std::size_t kReasonBytesMax = 500;
constexpr std::int64_t kShownMax = 1'000;
constexpr std::int64_t kShown = 100;

const char* status_of(const CreditGrant& grant, WallTime now) {
  if (grant.has_ended(now)) return "ended";
  return grant.remaining > NanoUsd{} ? "active" : "used_up";
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(to_unix_s(*time)) : Json(nullptr);
}

Json grant_json(const CreditGrant& grant) {
  return Json{{"object", "tollgate.credit_grant"},
              {"id", grant.id},
              {"organization_id", grant.owner.organization_id},
              {"project_id", text_or_null(grant.owner.project_id)},
              {"amount_nanousd", grant.amount.count()},
              {"used_nanousd", grant.used().count()},
              {"remaining_nanousd", grant.remaining.count()},
              {"expired_nanousd", grant.expired.count()},
              {"expires_at", time_or_null(grant.expires_at)},
              {"status", status_of(grant, wall_now())},
              {"reason", text_or_null(grant.reason)},
              {"granted_by", grant.granted_by},
              {"granted_at", to_unix_s(grant.granted_at)}};
}

Json entry_json(const ledger::CreditEntry& entry) {
  return Json{{"object", "tollgate.credit_entry"},
              {"sequence", entry.sequence},
              {"at", to_unix_s(entry.at)},
              {"kind", ledger::name(entry.kind)},
              {"grant_id", entry.grant_id},
              {"organization_id", entry.owner.organization_id},
              {"project_id", text_or_null(entry.owner.project_id)},
              {"amount_nanousd", entry.amount.count()},
              {"debit", entry.debit},
              {"credit", entry.credit},
              {"call_id", entry.call ? Json(ledger::format(*entry.call)) : Json(nullptr)},
              {"made_by", text_or_null(entry.made_by)},
              {"reason", text_or_null(entry.reason)}};
}

// What calls hold, only a running server knows.
Json balance_json(OperationContext& context, const ledger::CreditBalance& balance) {
  const auto& owner = balance.owner;
  const auto live = context.live == nullptr ? std::nullopt : context.live->read_credit(owner);
  const auto used = live ? live->spent : balance.used.count();
  const auto granted = live ? live->amount : (balance.used + balance.remaining).count();
  const auto held = live ? live->held : 0;
  return Json{{"organization_id", owner.organization_id},
              {"project_id", text_or_null(owner.project_id)},
              {"granted_nanousd", granted},
              {"used_nanousd", used},
              {"held_nanousd", held},
              {"left_nanousd", std::max<std::int64_t>(0, granted - used - held)},
              {"next_end_at", time_or_null(balance.next_end)}};
}

std::unexpected<ApiError> refuse_grant_id(const std::string& id, std::string param) {
  return refuse(Code::kNotFound,
                fmt::format("There is no grant '{}'. 'tollgate credits list' shows the ids.", id),
                std::move(param));
}

// A project says whose organization it is; where one is named as well, it is that.
ApiResult<CreditOwner> read_owner(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  TG_TRY(const auto project_id, optional_text(arguments, "project"));
  TG_TRY(const auto named, optional_text(arguments, "organization"));
  CreditOwner owner{.organization_id = {}, .project_id = project_id};
  if (project_id.empty() || !named.empty()) {
    TG_TRY(owner.organization_id, own_or_named_organization(context, arguments, caller));
  }
  if (project_id.empty()) return owner;
  const auto project = identity::find_project(context.database, ProjectId{project_id});
  if (!project && project.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(project.error()));
  }
  const bool is_there = project && !project->archived_at;
  if (!is_there || (!named.empty() && project->organization_id.text() != owner.organization_id)) {
    return refuse(Code::kNotFound,
                  fmt::format("There is no project '{}'{}.", project_id,
                              named.empty() ? "" : fmt::format(" in the organization '{}'", named)),
                  "project");
  }
  owner.organization_id = project->organization_id.text();
  return owner;
}

ApiResult<std::string> read_reason(const Json& arguments) {
  TG_TRY(auto reason, optional_text(arguments, "reason"));
  if (reason.size() <= kReasonBytesMax) return reason;
  return refuse(Code::kFieldInvalid, "A reason has at most 500 characters.", "reason");
}

// In dollars; with a sign where it `may_be_less`.
ApiResult<NanoUsd> read_amount(const Json& arguments, bool may_be_less) {
  TG_TRY(const auto text, required_text(arguments, "usd"));
  const bool less = may_be_less && text.starts_with('-');
  const auto amount = parse_usd(std::string_view{text}.substr(less ? 1 : 0));
  if (!amount || *amount <= NanoUsd{} || *amount > ledger::kGrantMax) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no amount: write dollars as 25 or 12.50, above 0 and at "
                              "most a million{}.",
                              text, may_be_less ? ", or -12.50 to take some back" : ""),
                  "usd");
  }
  return less ? NanoUsd{} - *amount : *amount;
}

ApiResult<std::optional<WallTime>> read_end(const Json& arguments, WallTime now) {
  TG_TRY(const auto text, optional_text(arguments, "expires"));
  if (text.empty()) return std::nullopt;
  const auto end = parse_utc(text);
  if (!end || *end <= now) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no day or instant to come: write 2027-12-31, or "
                              "2027-12-31T23:59:59Z (UTC).",
                              text),
                  "expires");
  }
  return *end;
}

// With its entry in the audit log: neither stands without the other.
using Write = std::function<Result<void>(soci::session& session)>;
Result<void> write_and_tell(OperationContext& context, const ledger::CreditChange& change,
                            const identity::AuditEntry& entry, const Caller& caller,
                            const Write& write) {
  const auto act = [&] {
    return context.database.write([&](soci::session& session) -> Result<void> {
      TG_TRY_DONE(write(session));
      return identity::append_audit(session, caller.actor, entry, wall_now());
    });
  };
  return context.live == nullptr ? act() : context.live->on_credit_changed(change, act);
}

void look_at_credit_of(OperationContext& context, const CreditOwner& owner) {
  look_at_alerts_of(context, owner.project_id.empty() ? owner.organization_id : owner.project_id);
}

ApiResult<CreditGrant> find_grant(OperationContext& context, const std::string& id) {
  auto grant = ledger::find_credit_grant(context.database, id);
  if (grant) return *std::move(grant);
  if (grant.error().code == Code::kNotFound) return refuse_grant_id(id, "id");
  return std::unexpected(to_api_error(grant.error()));
}

// Who may not see what an organization uses sees what the projects were granted that they are in.
ApiResult<std::optional<std::vector<std::string>>> seen_projects(
    OperationContext& context, const Caller& caller,
    const std::vector<ledger::CreditBalance>& balances) {
  const bool sees_usage = caller.permissions.has({Resource::kUsage, Access::kRead});
  if (sees_usage || caller.is_operator) return std::nullopt;
  std::vector<std::string> ids;
  for (const auto& balance : balances) {
    const auto& id = balance.owner.project_id;
    if (id.empty()) continue;
    TG_API_TRY(const bool reaches, reaches_project(context.database, caller, ProjectId{id}));
    if (reaches) ids.push_back(id);
  }
  return ids;
}

std::unexpected<ApiError> refuse_correction(const Error& error, const CreditGrant& grant) {
  if (error.code == Code::kConflict) {
    return refuse(Code::kConflict,
                  "This grant has ended, or calls that are running hold what you take back: take "
                  "less, or wait until they have ended.",
                  "usd");
  }
  if (error.code != Code::kFieldInvalid) return std::unexpected(to_api_error(error));
  return refuse(Code::kFieldInvalid,
                fmt::format("Of this grant {} is left, and it may not come to less than nothing or "
                            "to more than a million dollars in all.",
                            format_usd(grant.remaining)),
                "usd");
}

}  // namespace

ApiResult<Json> list_credits(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  ledger::CreditQuery query;
  TG_TRY(query.organization_id, own_or_named_organization(context, arguments, caller));
  TG_TRY(const auto project_id, optional_text(arguments, "project"));
  TG_TRY(query.after, optional_text(arguments, "after"));
  TG_TRY(const auto limit, optional_number(arguments, "limit", kShown, 1, kShownMax));
  TG_API_TRY(auto balances,
             ledger::credit_balances(context.database, wall_now(), query.organization_id));
  TG_TRY(query.project_ids, seen_projects(context, caller, balances));
  const auto is_seen = [&](const std::string& id) {
    return !query.project_ids ||
           std::ranges::find(*query.project_ids, id) != query.project_ids->end();
  };
  if (!project_id.empty()) {
    query.project_ids = is_seen(project_id) ? std::vector{project_id} : std::vector<std::string>{};
  }
  query.limit = static_cast<int>(limit) + 1;
  auto grants = ledger::list_credit_grants(context.database, query);
  if (!grants && grants.error().code == Code::kNotFound) {
    return refuse_grant_id(query.after, "after");
  }
  if (!grants) return std::unexpected(to_api_error(grants.error()));
  const bool has_more = std::ssize(*grants) > limit;
  if (has_more) grants->pop_back();
  auto data = Json::array();
  for (const auto& grant : *grants) data.push_back(grant_json(grant));
  auto shown = Json::array();
  for (const auto& balance : balances) {
    if (is_seen(balance.owner.project_id)) shown.push_back(balance_json(context, balance));
  }
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"has_more", has_more},
              {"balances", std::move(shown)}};
}

ApiResult<Json> credit_history(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  ledger::EntryQuery query;
  TG_TRY(query.organization_id, own_or_named_organization(context, arguments, caller));
  TG_TRY(query.grant_id, optional_text(arguments, "grant"));
  TG_TRY(const auto limit, optional_number(arguments, "limit", kShown, 1, kShownMax));
  TG_TRY(query.before, optional_number(arguments, "before", 0, 1, INT64_MAX));
  query.limit = static_cast<int>(limit) + 1;
  TG_API_TRY(auto entries, ledger::credit_history(context.database, query));
  const bool has_more = std::ssize(entries) > limit;
  if (has_more) entries.pop_back();
  auto data = Json::array();
  for (const auto& entry : entries) data.push_back(entry_json(entry));
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", has_more}};
}

ApiResult<Json> grant_credit(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  CreditGrant grant{.id = make_id("credit_"), .granted_by = caller.actor.id};
  TG_TRY(grant.owner, read_owner(context, arguments, caller));
  TG_TRY(grant.amount, read_amount(arguments, /*may_be_less=*/false));
  TG_TRY(grant.reason, read_reason(arguments));
  grant.granted_at = wall_now();
  grant.remaining = grant.amount;
  TG_TRY(grant.expires_at, read_end(arguments, grant.granted_at));
  auto answer = grant_json(grant);
  const auto written = write_and_tell(
      context,
      {.owner = grant.owner,
       .grant_id = grant.id,
       .by = grant.amount,
       .expires_at = grant.expires_at},
      {.action = "tollgate.credit.granted",
       .target = grant.id,
       .detail = Json{{"data", answer}}.dump()},
      caller, [&](soci::session& session) { return ledger::add_credit_grant(session, grant); });
  if (!written && written.error().code == Code::kFieldInvalid) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("It has {} grants of which something is left, and no more can be.",
                              ledger::kGrantsMax),
                  grant.owner.project_id.empty() ? "organization" : "project");
  }
  if (!written && written.error().code == Code::kConflict) {
    return refuse(Code::kFieldInvalid, "Its end has come meanwhile.", "expires");
  }
  TG_API_TRY_DONE(written);
  look_at_credit_of(context, grant.owner);
  return answer;
}

ApiResult<Json> correct_credit(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  ledger::Correction correction{.made_by = caller.actor.id};
  TG_TRY(correction.grant_id, required_text(arguments, "id"));
  TG_TRY(correction.amount, read_amount(arguments, /*may_be_less=*/true));
  TG_TRY(correction.reason, read_reason(arguments));
  if (correction.reason.empty()) {
    return refuse(Code::kFieldInvalid, "Say why: reason.", "reason");
  }
  TG_TRY(const auto before, find_grant(context, correction.grant_id));
  correction.at = wall_now();
  if (before.has_ended(correction.at)) {
    return refuse(Code::kConflict, "This grant has ended. Grant what is owed anew.", "id");
  }
  const auto amount = before.amount + correction.amount;
  if (before.remaining + correction.amount < NanoUsd{} || amount > ledger::kGrantMax) {
    return refuse_correction({Code::kFieldInvalid}, before);
  }
  const auto written = write_and_tell(
      context,
      {.owner = before.owner,
       .grant_id = before.id,
       .by = correction.amount,
       .expires_at = before.expires_at,
       .sequence = before.sequence},
      {.action = "tollgate.credit.corrected",
       .target = before.id,
       .detail =
           Json{{"data",
                 {{"amount_nanousd", correction.amount.count()}, {"reason", correction.reason}}}}
               .dump()},
      caller, [&](soci::session& session) { return ledger::correct_credit(session, correction); });
  if (!written) {
    TG_TRY(const auto now, find_grant(context, before.id));
    return refuse_correction(written.error(), now);
  }
  look_at_credit_of(context, before.owner);
  TG_TRY(const auto now, find_grant(context, before.id));
  return grant_json(now);
}

}  // namespace tg::admin
