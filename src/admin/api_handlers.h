// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "admin/operation_context.h"
#include "base/secret_bytes.h"

// What the operations behind the routes do. The router has checked who asks and their permission,
// and that a body is an object; everything else is the handler's: fields, ids of other
// organizations (which are not found), pages.
//
// Threading:  any control thread.
// Errors:     ApiError with the field at fault.
namespace tg::admin {

struct ApiRequest {
  const Caller& caller;
  std::vector<std::string> ids;  // from the path, in its order
  Json query = Json::object();   // texts; what may stand more than once is an array
  Json body = Json::object();
  // What GET of the same path answers now.
  std::function<ApiResult<Json>()> present{};
  // Takes the token of the session by which the browser goes on, where that has changed.
  SecretBytes* new_session = nullptr;

  [[nodiscard]] ProjectId project_id() const { return ProjectId{ids.front()}; }
};

// For an update: refuses a field that is not in `known` by its name, unless it has the value that
// GET answers: so that what was read can be sent back.
[[nodiscard]] ApiResult<void> check_update_fields(const ApiRequest& request,
                                                  std::initializer_list<std::string_view> known);

ApiHandler not_there_yet;

ApiHandler admin_api_keys_list;
ApiHandler admin_api_keys_create;
ApiHandler admin_api_keys_retrieve;
ApiHandler admin_api_keys_delete;

ApiHandler audit_logs_list;

ApiHandler certificates_list;
ApiHandler certificates_create;
ApiHandler certificates_retrieve;
ApiHandler certificates_update;
ApiHandler certificates_delete;
ApiHandler certificates_activate;
ApiHandler certificates_deactivate;
ApiHandler projects_certificates_list;
ApiHandler projects_certificates_activate;
ApiHandler projects_certificates_deactivate;

ApiHandler projects_list;
ApiHandler projects_create;
ApiHandler projects_retrieve;
ApiHandler projects_update;
ApiHandler projects_archive;

ApiHandler projects_api_keys_list;
ApiHandler projects_api_keys_retrieve;
ApiHandler projects_api_keys_update;
ApiHandler projects_api_keys_delete;

ApiHandler data_retention_retrieve;
ApiHandler data_retention_update;
ApiHandler projects_data_retention_retrieve;
ApiHandler projects_data_retention_update;
ApiHandler projects_hosted_tool_permissions_retrieve;
ApiHandler projects_hosted_tool_permissions_update;
ApiHandler projects_service_tier_settings_retrieve;
ApiHandler projects_service_tier_settings_update;

ApiHandler external_keys_list;
ApiHandler external_keys_create;
ApiHandler external_keys_missing;
ApiHandler external_storage_list;
ApiHandler external_storage_create;
ApiHandler external_storage_missing;

ApiHandler costs;
ApiHandler usage_audio_speeches;
ApiHandler usage_audio_transcriptions;
ApiHandler usage_code_interpreter_sessions;
ApiHandler usage_completions;
ApiHandler usage_decisions;
ApiHandler usage_embeddings;
ApiHandler usage_file_search_calls;
ApiHandler usage_images;
ApiHandler usage_moderations;
ApiHandler usage_vector_stores;
ApiHandler usage_web_search_calls;

ApiHandler spend_limit_retrieve;
ApiHandler spend_limit_update;
ApiHandler spend_limit_delete;
ApiHandler projects_spend_limit_retrieve;
ApiHandler projects_spend_limit_update;
ApiHandler projects_spend_limit_delete;

ApiHandler spend_alerts_list;
ApiHandler spend_alerts_create;
ApiHandler spend_alerts_retrieve;
ApiHandler spend_alerts_update;
ApiHandler spend_alerts_delete;
ApiHandler projects_spend_alerts_list;
ApiHandler projects_spend_alerts_create;
ApiHandler projects_spend_alerts_retrieve;
ApiHandler projects_spend_alerts_update;
ApiHandler projects_spend_alerts_delete;

ApiHandler projects_rate_limits_list;
ApiHandler projects_rate_limits_update;

ApiHandler projects_model_permissions_retrieve;
ApiHandler projects_model_permissions_update;
ApiHandler projects_model_permissions_delete;

ApiHandler projects_service_accounts_list;
ApiHandler projects_service_accounts_create;
ApiHandler projects_service_accounts_retrieve;
ApiHandler projects_service_accounts_update;
ApiHandler projects_service_accounts_delete;
ApiHandler projects_service_accounts_api_keys_create;

ApiHandler self_retrieve;
ApiHandler self_children_list;
ApiHandler self_children_create;
ApiHandler self_children_revoke;
ApiHandler projects_key_policy_retrieve;
ApiHandler projects_key_policy_update;

ApiHandler users_list;
ApiHandler users_retrieve;
ApiHandler users_update;
ApiHandler users_delete;

ApiHandler users_roles_list;
ApiHandler users_roles_create;
ApiHandler users_roles_retrieve;
ApiHandler users_roles_delete;

ApiHandler groups_list;
ApiHandler groups_create;
ApiHandler groups_retrieve;
ApiHandler groups_update;
ApiHandler groups_delete;

ApiHandler groups_users_list;
ApiHandler groups_users_create;
ApiHandler groups_users_retrieve;
ApiHandler groups_users_delete;

ApiHandler groups_roles_list;
ApiHandler groups_roles_create;
ApiHandler groups_roles_retrieve;
ApiHandler groups_roles_delete;

ApiHandler projects_users_list;
ApiHandler projects_users_create;
ApiHandler projects_users_retrieve;
ApiHandler projects_users_update;
ApiHandler projects_users_delete;

ApiHandler projects_groups_list;
ApiHandler projects_groups_create;
ApiHandler projects_groups_retrieve;
ApiHandler projects_groups_delete;

ApiHandler roles_list;
ApiHandler roles_create;
ApiHandler roles_retrieve;
ApiHandler roles_update;
ApiHandler roles_delete;

ApiHandler projects_roles_list;
ApiHandler projects_roles_create;
ApiHandler projects_roles_retrieve;
ApiHandler projects_roles_update;
ApiHandler projects_roles_delete;

ApiHandler projects_users_roles_list;
ApiHandler projects_users_roles_create;
ApiHandler projects_users_roles_retrieve;
ApiHandler projects_users_roles_delete;

ApiHandler projects_groups_roles_list;
ApiHandler projects_groups_roles_create;
ApiHandler projects_groups_roles_retrieve;
ApiHandler projects_groups_roles_delete;

ApiHandler invites_list;
ApiHandler invites_create;
ApiHandler invites_retrieve;
ApiHandler invites_delete;

ApiHandler own_profile_retrieve;
ApiHandler own_profile_update;
ApiHandler own_password_change;
ApiHandler own_sessions_list;
ApiHandler own_sessions_end;
ApiHandler own_sessions_end_others;
ApiHandler session_organization_switch;

ApiHandler organizations_list;
ApiHandler organizations_create;
ApiHandler organizations_retrieve;
ApiHandler organizations_update;
ApiHandler organizations_delete;
ApiHandler instance_organizations_list;
ApiHandler instance_sign_up_retrieve;
ApiHandler instance_sign_up_update;

ApiHandler workload_providers_list;
ApiHandler workload_providers_create;
ApiHandler workload_providers_retrieve;
ApiHandler workload_providers_update;
ApiHandler workload_providers_delete;

ApiHandler federation_rules_list;
ApiHandler federation_rules_create;
ApiHandler federation_rules_retrieve;
ApiHandler federation_rules_update;
ApiHandler federation_rules_delete;

}  // namespace tg::admin
