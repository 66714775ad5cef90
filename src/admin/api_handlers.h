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

ApiHandler projects_list;
ApiHandler projects_create;
ApiHandler projects_retrieve;
ApiHandler projects_update;
ApiHandler projects_archive;

ApiHandler projects_api_keys_list;
ApiHandler projects_api_keys_retrieve;
ApiHandler projects_api_keys_delete;

ApiHandler projects_service_accounts_list;
ApiHandler projects_service_accounts_create;
ApiHandler projects_service_accounts_retrieve;
ApiHandler projects_service_accounts_update;
ApiHandler projects_service_accounts_delete;
ApiHandler projects_service_accounts_api_keys_create;

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

}  // namespace tg::admin
