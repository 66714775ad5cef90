// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "admin/operation_context.h"

// What the Admin API's operations do. The router has checked the caller's key and permission, and
// that a body is an object; everything else is the handler's: fields, ids of other organizations
// (which are not found), pages.
//
// Threading:  any control thread.
// Errors:     ApiError with the field at fault.
namespace tg::admin {

struct OrganizationRequest {
  const Caller& caller;
  std::vector<std::string> ids;  // from the path, in its order
  Json query = Json::object();   // texts; what may stand more than once is an array
  Json body = Json::object();

  [[nodiscard]] ProjectId project_id() const { return ProjectId{ids.front()}; }
};

OrganizationHandler not_there_yet;

OrganizationHandler admin_api_keys_list;
OrganizationHandler admin_api_keys_create;
OrganizationHandler admin_api_keys_retrieve;
OrganizationHandler admin_api_keys_delete;

OrganizationHandler projects_list;
OrganizationHandler projects_create;
OrganizationHandler projects_retrieve;
OrganizationHandler projects_update;
OrganizationHandler projects_archive;

OrganizationHandler projects_api_keys_list;
OrganizationHandler projects_api_keys_retrieve;
OrganizationHandler projects_api_keys_delete;

OrganizationHandler projects_service_accounts_list;
OrganizationHandler projects_service_accounts_create;
OrganizationHandler projects_service_accounts_retrieve;
OrganizationHandler projects_service_accounts_update;
OrganizationHandler projects_service_accounts_delete;
OrganizationHandler projects_service_accounts_api_keys_create;

}  // namespace tg::admin
