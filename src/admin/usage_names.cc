// SPDX-License-Identifier: Apache-2.0
#include "admin/usage_names.h"

#include "identity/service_accounts.h"
#include "identity/usage_views.h"

namespace tg::admin {

const std::string& UsageNames::key(const std::string& id) {
  const auto [found, is_new] = names_.try_emplace(id);
  if (is_new) {
    if (const auto key = identity::find_key(database_, KeyId{id})) {
      found->second = key->name;
      if (key->kind != keys::KeyKind::kServiceAccount) {
        persons_.emplace(key->owner_id, key->organization_id.text());
      }
    }
  }
  return found->second;
}

std::string UsageNames::name(ledger::Dimension dimension, const std::string& id) {
  switch (dimension) {
    case ledger::Dimension::kKey: return key(id);
    case ledger::Dimension::kProject:
      if (const auto project = identity::find_project(database_, ProjectId{id})) {
        return project->name;
      }
      return {};
    case ledger::Dimension::kOwner:
      if (const auto user = identity::find_user(database_, UserId{id})) {
        persons_.emplace(id, user->organization_id.text());
        return user->email;
      }
      if (const auto account = identity::find_service_account(database_, ServiceAccountId{id})) {
        return account->name;
      }
      return {};
    case ledger::Dimension::kModel:
    case ledger::Dimension::kEndpoint:
    case ledger::Dimension::kTier:
    case ledger::Dimension::kSize: break;
  }
  return id;
}

ApiResult<std::vector<std::string>> listed_texts(const Json& arguments, std::string_view field) {
  const auto found = arguments.find(field);
  if (found != arguments.end() && found->is_string()) {
    return std::vector{found->get<std::string>()};
  }
  if (found != arguments.end() && found->is_number_integer()) {
    return std::vector{std::to_string(found->get<std::int64_t>())};
  }
  TG_TRY(auto texts, optional_texts(arguments, field));
  return std::move(texts).value_or(std::vector<std::string>{});
}

ApiResult<std::optional<std::set<std::string>>> own_keys_only(OperationContext& context,
                                                              const Caller& caller) {
  if (caller.permissions.has({Resource::kUsage, Access::kRead})) return std::nullopt;
  TG_TRY(auto own, own_key_ids(context, caller, /*include_revoked=*/true));
  return own;
}

ApiResult<void> note_usage_view(OperationContext& context, const Caller& caller,
                                const UsageNames& names) {
  const auto& viewer = caller.user_id.empty() ? caller.actor.id : caller.user_id.text();
  TG_API_TRY_DONE(identity::note_usage_view(
      context.database, {.viewer_id = viewer, .persons = names.persons()}, caller.actor));
  return {};
}

}  // namespace tg::admin
