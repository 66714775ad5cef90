// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "admin/operation_context.h"
#include "base/money.h"
#include "identity/organizations.h"
#include "identity/projects.h"
#include "ledger/credits.h"

// Prepaid money: granted and corrected by the operator, seen by those whom it pays for.
namespace tg::admin {
namespace {

using ledger::CreditGrant;
using ledger::CreditOwner;

constexpr std::size_t kReasonBytesMax = 500;
constexpr std::int64_t kEntriesMax = 1'000;
constexpr std::int64_t kEntriesShown = 100;

Json grant_json(const CreditGrant& grant) {
  return Json{{"object", "tollgate.credit_grant"},
              {"id", grant.id},
              {"organization_id", grant.owner.organization_id},
              {"project_id", text_or_null(grant.owner.project_id)},
              {"amount_nanousd", grant.amount.count()},
              {"used_nanousd", grant.used().count()},
              {"remaining_nanousd", grant.remaining.count()},
              {"expired_nanousd", grant.expired.count()},
              {"expires_at", grant.expires_at ? Json(to_unix_s(*grant.expires_at)) : Json(nullptr)},
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
              {"amount_nanousd", entry.amount.count()},
              {"debit", entry.debit},
              {"credit", entry.credit},
              {"call_id", entry.call ? Json(ledger::format(*entry.call)) : Json(nullptr)},
              {"made_by", text_or_null(entry.made_by)},
              {"reason", text_or_null(entry.reason)}};
}

// One's own, or any for the operator.
ApiResult<std::string> read_organization(OperationContext& context, const Json& arguments,
                                         const Caller& caller) {
  TG_TRY(const auto asked, optional_text(arguments, "organization"));
  TG_TRY(const auto subject, subject_of(context, caller));
  if (asked.empty() || asked == subject.organization_id.text()) {
    return subject.organization_id.text();
  }
  if (caller.is_operator) {
    TG_API_TRY(const auto all, identity::list_all_organizations(context.database));
    const bool there = std::ranges::any_of(
        all, [&](const auto& each) { return each.id.text() == asked && !each.deleted_at; });
    if (there) return asked;
  }
  return refuse(Code::kNotFound, fmt::format("There is no organization '{}'.", asked),
                "organization");
}

// A project is of its organization, whoever's that is.
ApiResult<CreditOwner> read_owner(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  TG_TRY(const auto project_id, optional_text(arguments, "project"));
  if (project_id.empty()) {
    TG_TRY(auto organization, read_organization(context, arguments, caller));
    return CreditOwner{.organization_id = std::move(organization)};
  }
  const auto project = identity::find_project(context.database, ProjectId{project_id});
  if (!project || project->archived_at) {
    return refuse(Code::kNotFound, fmt::format("There is no project '{}'.", project_id), "project");
  }
  return CreditOwner{.organization_id = project->organization_id.text(), .project_id = project_id};
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
  if (!amount || *amount == NanoUsd{} || *amount > ledger::kGrantMax) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no amount: write dollars as 25 or 12.50, above 0 "
                              "and at most "
                              "a million{}.",
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

ApiResult<void> change(OperationContext& context, const CreditOwner& owner,
                       const std::function<Result<void>()>& act) {
  if (context.live == nullptr) {
    TG_API_TRY_DONE(act());
  } else {
    TG_API_TRY_DONE(context.live->on_credit_changed(owner, act));
  }
  return {};
}

ApiResult<CreditGrant> read_back(OperationContext& context, const std::string& id) {
  TG_API_TRY(auto grant, ledger::find_credit_grant(context.database, id));
  if (grant) return *std::move(grant);
  return refuse(Code::kNotFound, fmt::format("There is no grant '{}'.", id), "id");
}

// Of each owner what it has in all; what calls hold, only a running server knows.
Json balances_json(OperationContext& context, const std::vector<CreditGrant>& grants) {
  std::map<CreditOwner, std::pair<NanoUsd, NanoUsd>> sums;  // used, remaining
  for (const auto& grant : grants) {
    auto& [used, remaining] = sums[grant.owner];
    used += grant.used();
    remaining += grant.remaining;
  }
  auto balances = Json::array();
  for (const auto& [owner, sum] : sums) {
    const auto live = context.live == nullptr ? std::nullopt : context.live->read_credit(owner);
    const auto used = live ? live->spent : sum.first.count();
    const auto held = live ? live->held : 0;
    const auto granted = live ? live->amount : (sum.first + sum.second).count();
    balances.push_back({{"organization_id", owner.organization_id},
                        {"project_id", text_or_null(owner.project_id)},
                        {"granted_nanousd", granted},
                        {"used_nanousd", used},
                        {"held_nanousd", held},
                        {"left_nanousd", std::max<std::int64_t>(0, granted - used - held)}});
  }
  return balances;
}

}  // namespace

ApiResult<Json> list_credits(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto organization, read_organization(context, arguments, caller));
  TG_API_TRY(const auto grants, ledger::list_credit_grants(context.database, organization));
  auto data = Json::array();
  for (const auto& grant : grants) data.push_back(grant_json(grant));
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"has_more", false},
              {"balances", balances_json(context, grants)}};
}

ApiResult<Json> credit_history(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  TG_TRY(const auto organization, read_organization(context, arguments, caller));
  TG_TRY(const auto limit, optional_number(arguments, "limit", kEntriesShown, 1, kEntriesMax));
  TG_TRY(const auto before, optional_number(arguments, "before", 0, 1, INT64_MAX));
  TG_API_TRY(auto entries, ledger::credit_history(context.database, organization, before,
                                                  static_cast<int>(limit) + 1));
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
  TG_TRY(grant.expires_at, read_end(arguments, grant.granted_at));
  TG_TRY_DONE(change(context, grant.owner,
                     [&] { return ledger::add_credit_grant(context.database, grant); }));
  TG_TRY(const auto made, read_back(context, grant.id));
  auto answer = grant_json(made);
  TG_TRY_DONE(
      context.audit_instance(caller, "tollgate.credit.granted", grant.id, Json{{"data", answer}}));
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
  TG_TRY(const auto before, read_back(context, correction.grant_id));
  if (before.expires_at && *before.expires_at <= wall_now()) {
    return refuse(Code::kConflict, "This grant has ended. Grant what is owed anew.", "id");
  }
  correction.at = wall_now();
  const auto corrected = change(
      context, before.owner, [&] { return ledger::correct_credit(context.database, correction); });
  if (!corrected && corrected.error().code == Code::kFieldInvalid) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("Of this grant {} is left, and it may not come "
                              "to less than nothing "
                              "or to more than a million dollars in all.",
                              format_usd(before.remaining)),
                  "usd");
  }
  TG_TRY_DONE(corrected);
  TG_TRY(const auto now, read_back(context, correction.grant_id));
  auto answer = grant_json(now);
  TG_TRY_DONE(context.audit_instance(
      caller, "tollgate.credit.corrected", correction.grant_id,
      Json{{"data",
            {{"amount_nanousd", correction.amount.count()}, {"reason", correction.reason}}}}));
  return answer;
}

}  // namespace tg::admin
