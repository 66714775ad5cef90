// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include "admin/operation_context.h"
#include "identity/restored_keys.h"

// The keys that a restore put on hold open again: a person has looked at the list and said so.
namespace tg::admin {

ApiResult<Json> confirm_restored_keys(OperationContext& context, const Json& /*arguments*/,
                                      const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const auto released, identity::release_held_keys(context.database, caller.actor));
  if (context.live != nullptr && !released.empty()) {
    std::set<std::string> ids;
    for (const auto& id : released) ids.insert(id.text());
    TG_API_TRY_DONE(identity::load_keys(context.database, [&](const keys::KeyRecord& record) {
      if (ids.contains(record.id.text())) context.live->on_key_changed(record);
    }));
  }
  return Json{{"object", "tollgate.restore.confirmed"}, {"keys", released.size()}};
}

}  // namespace tg::admin
