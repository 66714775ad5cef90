// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "admin/arguments.h"
#include "admin/operations.h"
#include "identity/keys.h"
#include "identity/passwords.h"
#include "identity/people.h"
#include "identity/projects.h"
#include "notify/mail.h"

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
  identity::PasswordHasher hasher{};

  [[nodiscard]] Result<std::shared_ptr<const providers::Catalogue>> catalogue();
  [[nodiscard]] std::string console_url();
  [[nodiscard]] bool has_mail() const { return options.mail != nullptr; }
  // Into the outbox, where there is one; a mail that cannot be queued is logged, since what it
  // tells of has happened.
  void send_mail(const notify::Mail& mail);
  [[nodiscard]] ApiResult<void> audit(const Caller& caller, std::string action, std::string target,
                                      const Json& detail);
  // Of what is the instance's and no organization's: providers, routes.
  [[nodiscard]] ApiResult<void> audit_instance(const Caller& caller, std::string action,
                                               std::string target, const Json& detail);
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
// The one that `project_id` of the arguments names; where it does not, the organization's default.
[[nodiscard]] ApiResult<ProjectId> project_or_default(OperationContext& context,
                                                      const Json& arguments, const Caller& caller,
                                                      const Subject& subject);

// The key that `id` names, if it is the caller's own, or they may do this to its project's keys.
[[nodiscard]] ApiResult<identity::KeyInfo> find_own_key(OperationContext& context,
                                                        const Json& arguments, const Caller& caller,
                                                        Access access = Access::kWrite);

// A key's new end lies within its project's policy, too.
[[nodiscard]] ApiResult<void> check_lifetime(OperationContext& context,
                                             const identity::KeyInfo& key,
                                             const identity::KeyUpdate& update);

// In the database, then on every worker: its streams are cut, its children's as well.
[[nodiscard]] ApiResult<identity::RevokedKey> revoke_now(OperationContext& context, const KeyId& id,
                                                         const std::string& reason,
                                                         const Caller& caller);

// Keys that ended with what they belonged to.
void tell_live_of_revoked(OperationContext& context, const std::vector<KeyId>& keys);

[[nodiscard]] ApiResult<std::set<std::string>> own_key_ids(OperationContext& context,
                                                           const Caller& caller,
                                                           bool include_revoked);

using Operation = ApiResult<Json>(OperationContext& context, const Json& arguments,
                                  const Caller& caller);

Operation init_owner;
Operation create_setup_link;
Operation add_user;
Operation list_users;
Operation user_departure;
Operation remove_user;
Operation create_reset_link;
Operation create_invite;
Operation list_invites;
Operation delete_invite;
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
Operation update_provider;
Operation list_providers;
Operation test_provider;
Operation remove_provider;
Operation keep_objects;
Operation list_routes;
Operation set_successor;
Operation set_default_model;
Operation set_opened_path;
Operation list_prices;
Operation set_price;
Operation price_history;
Operation import_prices;
Operation price_ceiling;
Operation set_price_ceiling;
Operation list_price_books;
Operation set_price_book;
Operation price_book_history;
Operation set_charge_policy;
Operation list_credits;
Operation credit_history;
Operation grant_credit;
Operation correct_credit;
Operation adopt_objects;
Operation list_objects;
Operation forget_objects;
Operation set_limit;
Operation remove_limit;
Operation list_limits;
Operation add_alert;
Operation update_alert;
Operation remove_alert;
Operation list_alerts;
Operation usage;
Operation list_calls;
Operation explain_call;
Operation verify_ledger;
Operation rebuild_rollups;
Operation list_audit_log;
Operation list_audit_chains;
Operation export_audit_log;
Operation verify_audit_log;
Operation doctor;
Operation list_projects;
Operation create_project;
Operation rename_project;
Operation archive_project;
Operation list_service_accounts;
Operation create_service_account;
Operation delete_service_account;
Operation list_workload_providers;
Operation add_workload_provider;
Operation change_workload_provider;
Operation remove_workload_provider;
Operation list_federation_rules;
Operation add_federation_rule;
Operation change_federation_rule;
Operation remove_federation_rule;
Operation backup;
Operation confirm_restored_keys;
Operation verify;

}  // namespace tg::admin
