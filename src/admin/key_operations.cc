// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "admin/authorization.h"
#include "admin/key_arguments.h"
#include "admin/key_view.h"
#include "admin/new_key.h"
#include "admin/operation_context.h"
#include "admin/pages.h"
#include "identity/federation_rules.h"
#include "identity/key_policy.h"
#include "identity/pages.h"
#include "keys/key_format.h"

// Secret keys: made, listed, changed, rotated, revoked.
namespace tg::admin {
namespace {

constexpr std::size_t kOwnKeysMax = 10'000;
constexpr std::int64_t kGraceSeconds = 86'400;
constexpr std::int64_t kGraceSecondsMax = 30 * 86'400;

// Whoever names a service account means a key of it.
ApiResult<keys::KeyKind> read_kind(const Json& arguments) {
  TG_TRY(const auto text, optional_text(arguments, "kind"));
  TG_TRY(const auto account, optional_text(arguments, "service_account_id"));
  const auto* usual = account.empty() ? "project" : "service-account";
  const auto kind = keys::parse_kind(text.empty() ? usual : text);
  if (!kind) {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'{}' is no kind of key: project, service-account, test, admin.", text),
        "kind");
  }
  if (!account.empty() && *kind != keys::KeyKind::kServiceAccount) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("A key of the kind {} is of no service account.", text), "kind");
  }
  return *kind;
}

// Keys of one's own need a place in the project; the others, the permission for them.
ApiResult<void> check_may_create(OperationContext& context, const Caller& caller,
                                 keys::KeyKind kind, const ProjectId& project_id) {
  TG_API_TRY(const auto there, permissions_in_project(context.database, caller, project_id));
  switch (kind) {
    case keys::KeyKind::kAdmin:
      if (caller.permissions.has({Resource::kAdminKeys, Access::kWrite})) return {};
      return refuse(Code::kForbidden, "Only an owner of the organization may create admin keys.",
                    "kind");
    case keys::KeyKind::kServiceAccount:
      if (there.has({Resource::kServiceAccounts, Access::kWrite})) return {};
      return refuse(Code::kForbidden,
                    "Only an owner of the project may create keys of service accounts.", "kind");
    case keys::KeyKind::kProject:
    case keys::KeyKind::kTest: break;
  }
  TG_API_TRY(const bool is_in, reaches_project(context.database, caller, project_id));
  if (is_in || there.has({Resource::kProjectKeys, Access::kWrite})) return {};
  return refuse(Code::kForbidden, "You are not in this project. Ask one of its owners to add you.",
                "project_id");
}

// The database has it: now the running server.
ApiResult<Json> show_changed(OperationContext& context, const Result<identity::ChangedKey>& changed,
                             std::string_view param) {
  if (!changed) return std::unexpected(to_api_error(changed.error(), param));
  if (context.live != nullptr) context.live->on_key_changed(changed->record);
  TG_API_TRY(const auto money,
             read_money(context, changed->info.organization_id, {&changed->info, 1}));
  return to_json(context, money, changed->info);
}

ApiResult<Json> set_paused(OperationContext& context, const Json& arguments, const Caller& caller,
                           bool paused) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_own_key(context, arguments, caller));
  return show_changed(
      context, identity::update_key(context.database, key.id, {.paused = paused}, caller.actor),
      "id");
}

}  // namespace

ApiResult<identity::KeyInfo> find_own_key(OperationContext& context, const Json& arguments,
                                          const Caller& caller, Access access) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  TG_TRY(auto key, find_key_of(context, caller, id));
  if (caller.is_owner || key.owner_id == caller.user_id.text()) return key;
  auto there = caller;
  TG_API_TRY(there.permissions, permissions_in_project(context.database, caller, key.project_id));
  TG_TRY_DONE(check_allowed(there, {Resource::kProjectKeys, access}));
  return key;
}

// A key's new end lies within the project's policy, too.
ApiResult<void> check_lifetime(OperationContext& context, const identity::KeyInfo& key,
                               const identity::KeyUpdate& update) {
  if (!update.expires_at || key.project_id.empty()) return {};
  TG_API_TRY(const auto policy, identity::find_key_policy(context.database, key.project_id));
  if (!policy.lifetime_max) return {};
  const auto latest = key.created_at + *policy.lifetime_max;
  if (*update.expires_at && **update.expires_at <= latest) return {};
  return refuse(Code::kFieldInvalid,
                fmt::format("This project's keys live {} seconds at most, from when they are made.",
                            policy.lifetime_max->count()),
                "expires_at");
}

void tell_live_of_revoked(OperationContext& context, const std::vector<KeyId>& keys) {
  if (context.live == nullptr) return;
  for (const auto& key : keys) context.live->on_key_revoked(key);
}

ApiResult<std::set<std::string>> own_key_ids(OperationContext& context, const Caller& caller,
                                             bool include_revoked) {
  TG_API_TRY(const auto keys, identity::page_of_keys(context.database,
                                                     {.organization_id = caller.organization_id,
                                                      .owner_id = caller.user_id,
                                                      .revoked_too = include_revoked},
                                                     {.limit = kOwnKeysMax, .newest_first = true}));
  std::set<std::string> own;
  for (const auto& key : keys.items) own.insert(key.id.text());
  return own;
}

ApiResult<identity::RevokedKey> revoke_now(OperationContext& context, const KeyId& id,
                                           const std::string& reason, const Caller& caller) {
  TG_API_TRY(auto revoked, identity::revoke_key(context.database, id, reason, caller.actor));
  // Told again even if it was revoked before: to be sure costs nothing.
  if (context.live != nullptr) {
    context.live->on_key_revoked(id);
    for (const auto& child : revoked.children) context.live->on_key_revoked(child);
  }
  return revoked;
}

ApiResult<Json> create_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  WantedKey wanted;
  TG_TRY(wanted.key.name, required_text(arguments, "name"));
  TG_TRY(wanted.key.note, optional_text(arguments, "note"));
  TG_TRY(wanted.key.kind, read_kind(arguments));
  const bool is_admin_key = wanted.key.kind == keys::KeyKind::kAdmin;
  if (!identity::is_display_name(wanted.key.name)) {
    return refuse(Code::kFieldInvalid,
                  "A key's name has 1 to 256 bytes of text without control characters.", "name");
  }
  TG_TRY(const auto expiry, read_expiry(arguments, wall_now()));
  if (expiry) wanted.key.expires_at = *expiry;
  TG_TRY(auto restrictions, read_restrictions(arguments, {}, is_admin_key));
  if (restrictions) wanted.key.restrictions = *std::move(restrictions);
  TG_TRY(wanted.limit, read_limit(arguments, caller));
  if (wanted.limit && is_admin_key) {
    return refuse(Code::kFieldInvalid, "An admin key makes no calls that could be limited.",
                  "limit");
  }
  TG_TRY(const auto account, optional_text(arguments, "service_account_id"));
  if (!account.empty()) wanted.key.service_account_id = ServiceAccountId{account};
  TG_TRY(const auto subject, subject_of(context, caller));
  TG_TRY(wanted.key.project_id, project_or_default(context, arguments, caller, subject));
  TG_TRY_DONE(check_may_create(context, caller, wanted.key.kind, wanted.key.project_id));
  wanted.key.organization_id = subject.organization_id;
  wanted.key.user_id = subject.user_id;

  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto made, make_new_key(context, std::move(wanted), caller));
  TG_API_TRY(const auto money, read_money(context, made.info.organization_id, {&made.info, 1}));
  auto answer = to_json(context, money, made.info);
  answer["value"] = made.key.reveal();
  return answer;
}

ApiResult<Json> list_keys(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto page, read_operation_page(arguments));
  TG_TRY(const auto project_id, optional_text(arguments, "project_id"));
  TG_TRY(const auto subject, subject_of(context, caller));
  identity::KeyFilter filter{.organization_id = subject.organization_id, .revoked_too = true};
  if (!project_id.empty()) filter.project_id = ProjectId{project_id};
  if (!caller.permissions.has({Resource::kProjectKeys, Access::kRead})) {
    filter.owner_id = subject.user_id;
  }
  const auto keys = identity::page_of_keys(
      context.database, filter, {.limit = page.limit, .after = page.after, .newest_first = true});
  std::span<const identity::KeyInfo> shown;
  if (keys) shown = keys->items;
  TG_API_TRY(const auto money, read_money(context, subject.organization_id, shown));
  return show_page(
      keys, page.after, [](const identity::KeyInfo& key) { return key.id.text(); },
      [&](const identity::KeyInfo& key) { return to_json(context, money, key); });
}

ApiResult<Json> show_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto key, find_own_key(context, arguments, caller, Access::kRead));
  return to_json_whole(context, key);
}

ApiResult<Json> update_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_own_key(context, arguments, caller));
  identity::KeyUpdate update;
  if (arguments.contains("name")) {
    TG_TRY(update.name, required_text(arguments, "name"));
  }
  if (arguments.contains("note")) {
    TG_TRY(update.note, optional_text(arguments, "note"));
  }
  TG_TRY(update.expires_at, read_expiry(arguments, wall_now()));
  TG_TRY(update.restrictions,
         read_restrictions(arguments, key.restrictions, key.kind == keys::KeyKind::kAdmin));
  TG_TRY_DONE(check_lifetime(context, key, update));
  return show_changed(context, identity::update_key(context.database, key.id, update, caller.actor),
                      "name");
}

ApiResult<Json> pause_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  return set_paused(context, arguments, caller, true);
}

ApiResult<Json> resume_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  return set_paused(context, arguments, caller, false);
}

ApiResult<Json> rotate_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto grace_seconds,
         optional_number(arguments, "grace_seconds", kGraceSeconds, 0, kGraceSecondsMax));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_own_key(context, arguments, caller));
  TG_API_TRY(const bool is_of_rule, identity::is_key_of_rule(context.database, key.id));
  if (is_of_rule) {
    return refuse(Code::kConflict,
                  "This is a federation rule's key: only access tokens open it, and those replace "
                  "themselves. It has no secret that could be rotated.",
                  "id");
  }
  auto secret = keys::make_key(key.kind);
  const identity::Rotation rotation{
      .digest = keys::digest_key(secret.reveal(), context.folder.pepper()),
      .redacted = keys::redact_key(secret.reveal()),
      .grace = std::chrono::seconds{grace_seconds}};
  TG_TRY(
      auto answer,
      show_changed(context, identity::rotate_key(context.database, key.id, rotation, caller.actor),
                   "id"));
  answer["value"] = secret.reveal();
  answer["former_ends_at"] = to_unix_s(wall_now() + rotation.grace);
  return answer;
}

ApiResult<Json> end_former_secret(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  TG_TRY(const auto secret_id, required_text(arguments, "secret_id"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_own_key(context, arguments, caller));
  return show_changed(
      context, identity::end_former_secret(context.database, key.id, secret_id, caller.actor),
      "secret_id");
}

ApiResult<Json> revoke_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto reason, optional_text(arguments, "reason"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_own_key(context, arguments, caller));
  TG_TRY(const auto revoked, revoke_now(context, key.id, reason, caller));
  TG_API_TRY(const auto money, read_money(context, key.organization_id, {&key, 1}));
  return to_json(context, money, revoked.info);
}

}  // namespace tg::admin
