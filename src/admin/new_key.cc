// SPDX-License-Identifier: Apache-2.0
#include "admin/new_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/authorization.h"
#include "base/money.h"
#include "identity/key_policy.h"
#include "identity/limits.h"
#include "keys/key_format.h"

namespace tg::admin {
namespace {

// The first key of a user, service account, project or organization brings it to the running
// server, and its limits with it. Nobody has the key yet, so nobody calls before they hold.
ApiResult<void> tell_live(OperationContext& context, const identity::ChangedKey& created) {
  if (context.live == nullptr) return {};
  const auto& key = created.record;
  TG_API_TRY(const auto limits,
             identity::list_limits(context.database, {.organization_id = key.organization_id.text(),
                                                      .target_ids = {key.id.text(), key.owner_id,
                                                                     key.project_id.text(),
                                                                     key.organization_id.text()}}));
  context.live->on_key_changed(key);
  for (const auto& limit : limits) {
    if (context.live->read_limit(limit)) continue;
    TG_API_TRY_DONE(context.live->on_limit_set({.record = limit, .added = true}));
  }
  return {};
}

ApiResult<void> apply_lifetime(identity::NewKey& key, const identity::KeyPolicy& policy) {
  if (!policy.lifetime_max) return {};
  const auto latest = wall_now() + *policy.lifetime_max;
  if (!key.expires_at) key.expires_at = latest;
  if (*key.expires_at <= latest) return {};
  return refuse(Code::kFieldInvalid,
                fmt::format("This project's keys live {} seconds at most; ask for less, or an "
                            "owner to change the project's key policy.",
                            policy.lifetime_max->count()),
                "expires_at");
}

ApiResult<void> check_member_may(OperationContext& context, const identity::NewKey& key,
                                 const identity::KeyPolicy& policy, const Caller& caller) {
  if (caller.is_owner || !key.parent_id.empty()) return {};
  TG_API_TRY(const auto there, permissions_in_project(context.database, caller, key.project_id));
  if (there.has({Resource::kProjectKeys, Access::kWrite})) return {};
  const auto& kinds = policy.member_kinds;
  if (!kinds.empty() && std::ranges::find(kinds, key.kind) == kinds.end()) {
    return refuse(Code::kForbidden,
                  fmt::format("This project's policy lets members make no {} keys; ask an owner.",
                              keys::name(key.kind)),
                  "kind");
  }
  if (!policy.keys_per_member_max) return {};
  TG_API_TRY(const int alive,
             identity::count_keys_of_member(context.database, key.project_id, key.user_id));
  if (alive < *policy.keys_per_member_max) return {};
  return refuse(Code::kForbidden,
                fmt::format("This project's policy gives each member {} keys, and all of yours are "
                            "in use. Revoke one, or ask an owner.",
                            *policy.keys_per_member_max));
}

identity::LimitRecord default_limit(const identity::KeyPolicy::DefaultLimit& limit) {
  return {.scope = identity::LimitScope::kKey,
          .target_id = {},
          .organization_id = {},
          .rule = {.id = {},
                   .period = limit.per,
                   .time_zone = "UTC",
                   .model = {},
                   .amount = limit.amount.count()},
          .set_by_owner = true};
}

// The policy's limit, then the one that was asked for: which may take its place where an owner
// asks, and stands beside it or within it else.
ApiResult<void> set_limits(OperationContext& context, const WantedKey& wanted,
                           const identity::KeyPolicy& policy, const identity::KeyInfo& key,
                           const Caller& caller) {
  std::vector<identity::LimitRecord> limits;
  if (policy.default_limit && key.parent_id.empty()) {
    limits.push_back(default_limit(*policy.default_limit));
  }
  if (wanted.limit) limits.push_back(*wanted.limit);
  for (auto& limit : limits) {
    limit.target_id = key.id.text();
    limit.organization_id = key.organization_id.text();
    TG_API_TRY_DONE(identity::set_limit(context.database, limit, caller.actor));
  }
  return {};
}

ApiResult<void> check_within_policy(const WantedKey& wanted, const identity::KeyPolicy& policy) {
  if (!wanted.limit || !policy.default_limit || wanted.limit->set_by_owner) return {};
  const auto policys = default_limit(*policy.default_limit);
  if (!identity::is_same_limit({.scope = policys.scope,
                                .target_id = wanted.limit->target_id,
                                .organization_id = {},
                                .rule = policys.rule},
                               *wanted.limit)) {
    return {};
  }
  return refuse(Code::kForbidden,
                fmt::format("This project's policy limits each new key to {} a {}; only an owner "
                            "may set another.",
                            format_usd(policy.default_limit->amount),
                            limits::name(policy.default_limit->per)),
                "limit");
}

}  // namespace

ApiResult<MadeKey> make_new_key(OperationContext& context, WantedKey wanted, const Caller& caller) {
  identity::KeyPolicy policy;
  if (wanted.key.kind != keys::KeyKind::kAdmin) {
    TG_API_TRY(policy, identity::find_key_policy(context.database, wanted.key.project_id));
  }
  if (!wanted.is_of_rule) {
    TG_TRY_DONE(apply_lifetime(wanted.key, policy));
  }
  TG_TRY_DONE(check_member_may(context, wanted.key, policy, caller));
  TG_TRY_DONE(check_within_policy(wanted, policy));

  auto key = keys::make_key(wanted.key.kind);
  wanted.key.digest = keys::digest_key(key.reveal(), context.folder.pepper());
  wanted.key.redacted = keys::redact_key(key.reveal());
  auto created = identity::create_key(context.database, wanted.key, caller.actor);
  if (!created) return std::unexpected(to_api_error(created.error(), "name"));
  TG_TRY_DONE(set_limits(context, wanted, policy, created->info, caller));
  TG_TRY_DONE(tell_live(context, *created));
  return MadeKey{.info = std::move(created->info), .key = std::move(key)};
}

LastUse last_use(const OperationContext& context, const identity::KeyInfo& key) {
  LastUse written{.at = key.last_used_at, .address = key.last_address, .client = key.last_client};
  if (context.live == nullptr) return written;
  auto live = context.live->last_use(key.id);
  if (!live || from_unix_ms(live->unix_ms) < key.last_used_at.value_or(WallTime{})) return written;
  return {.at = from_unix_ms(live->unix_ms),
          .address = std::move(live->address),
          .client = std::move(live->client)};
}

}  // namespace tg::admin
