// SPDX-License-Identifier: Apache-2.0
#include "admin/new_key.h"

#include <algorithm>

#include "identity/limits.h"
#include "keys/key_format.h"

namespace tg::admin {
namespace {

// The first key of a user, service account, project or organization brings it to the running
// server, and its limits with it. Nobody has the key yet, so nobody calls before they hold.
ApiResult<void> tell_live(OperationContext& context, const identity::CreatedKey& created) {
  if (context.live == nullptr) return {};
  TG_API_TRY(const auto limits, identity::list_limits(context.database));
  context.live->on_key_created(created.record);
  const auto& key = created.record;
  for (const auto& limit : limits) {
    const bool counts = limit.target_id == key.owner_id ||
                        limit.target_id == key.project_id.text() ||
                        limit.target_id == key.organization_id.text();
    if (!counts || context.live->read_limit(limit)) continue;
    TG_API_TRY_DONE(context.live->on_limit_set({.record = limit, .added = true}));
  }
  return {};
}

}  // namespace

ApiResult<MadeKey> make_new_key(OperationContext& context, identity::NewKey wanted,
                                const Caller& caller) {
  auto key = keys::make_key(wanted.kind);
  wanted.digest = keys::digest_key(key.reveal(), context.folder.pepper());
  wanted.redacted = keys::redact_key(key.reveal());
  auto created = identity::create_key(context.database, wanted, caller.actor);
  if (!created) return std::unexpected(to_api_error(created.error(), "name"));
  TG_TRY_DONE(tell_live(context, *created));
  return MadeKey{.info = std::move(created->info), .key = std::move(key)};
}

std::optional<WallTime> last_use(const OperationContext& context, const identity::KeyInfo& key) {
  if (context.live != nullptr) {
    if (const auto unix_ms = context.live->last_used_unix_ms(key.id)) {
      return std::max(key.last_used_at.value_or(WallTime{}), from_unix_ms(*unix_ms));
    }
  }
  return key.last_used_at;
}

}  // namespace tg::admin
