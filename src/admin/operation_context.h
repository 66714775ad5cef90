// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "admin/arguments.h"
#include "admin/operations.h"
#include "identity/keys.h"
#include "identity/people.h"
#include "identity/projects.h"

// What the operations share; theirs alone (operations.h is the door).
//
// Threading:  any control thread. `changes` is held from a change's first write to the last call of
//             the live state, so that both see changes in the same order; never across a wait for
//             somebody else's server.
namespace tg::admin {

struct OperationContext {
  store::Database& database;
  const store::DataFolder& folder;
  LiveState* live;
  OperationsOptions options;
  std::recursive_mutex changes{};
  std::mutex options_mutex{};

  [[nodiscard]] Result<std::shared_ptr<const providers::Catalogue>> catalogue();
  [[nodiscard]] std::string console_url();
  [[nodiscard]] ApiResult<void> audit(const Caller& caller, std::string action, std::string target,
                                      const Json& detail);
};

// Who and where an operation acts for, once the caller's gaps are filled with the first owner.
struct Subject {
  UserId user_id;
  OrganizationId organization_id;
};
[[nodiscard]] ApiResult<Subject> subject_of(OperationContext& context, const Caller& caller);

// A key of the caller's organization; others are not found.
[[nodiscard]] ApiResult<identity::KeyInfo> find_key_of(OperationContext& context,
                                                       const Caller& caller,
                                                       const std::string& key_id);
[[nodiscard]] ApiResult<identity::Project> find_project_of(OperationContext& context,
                                                           const Caller& caller,
                                                           const std::string& project_id);

// The key that `id` names, if it is the caller's own, or they are an owner of its organization.
[[nodiscard]] ApiResult<identity::KeyInfo> find_own_key(OperationContext& context,
                                                        const Json& arguments,
                                                        const Caller& caller);

// A key's new end lies within its project's policy, too.
[[nodiscard]] ApiResult<void> check_lifetime(OperationContext& context,
                                             const identity::KeyInfo& key,
                                             const identity::KeyUpdate& update);

// In the database, then on every worker: its streams are cut, its children's as well.
[[nodiscard]] ApiResult<identity::RevokedKey> revoke_now(OperationContext& context, const KeyId& id,
                                                         const std::string& reason,
                                                         const Caller& caller);

using Operation = ApiResult<Json>(OperationContext& context, const Json& arguments,
                                  const Caller& caller);

Operation init_owner;
Operation create_setup_link;
Operation create_key;
Operation list_keys;
Operation show_key;
Operation update_key;
Operation pause_key;
Operation resume_key;
Operation rotate_key;
Operation end_former_secret;
Operation revoke_key;
Operation key_leaked;
Operation add_provider;
Operation list_providers;
Operation test_provider;
Operation remove_provider;
Operation list_routes;
Operation set_successor;
Operation set_default_model;
Operation set_limit;
Operation remove_limit;
Operation list_limits;
Operation usage;
Operation recent_calls;
Operation verify_ledger;
Operation doctor;
Operation list_projects;
Operation create_project;
Operation rename_project;
Operation archive_project;
Operation backup;
Operation confirm_restored_keys;
Operation verify;

}  // namespace tg::admin
