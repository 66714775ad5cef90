// SPDX-License-Identifier: Apache-2.0
#include "admin/permissions.h"

#include <fmt/format.h>

namespace tg::admin {
namespace {

std::string_view name(Resource resource) noexcept {
  switch (resource) {
    case Resource::kAdminKeys: return "admin_api_keys";
    case Resource::kAuditLog: return "audit_logs";
    case Resource::kCertificates: return "certificates";
    case Resource::kDataRetention: return "data_retention";
    case Resource::kExternalKeys: return "external_keys";
    case Resource::kExternalStorage: return "external_storage";
    case Resource::kGroups: return "groups";
    case Resource::kHostedTools: return "hosted_tool_permissions";
    case Resource::kInvites: return "invites";
    case Resource::kModelPermissions: return "model_permissions";
    case Resource::kProjectGroups: return "project_groups";
    case Resource::kProjectKeys: return "project_api_keys";
    case Resource::kProjectUsers: return "project_users";
    case Resource::kProjects: return "projects";
    case Resource::kRateLimits: return "rate_limits";
    case Resource::kRoles: return "roles";
    case Resource::kServiceAccounts: return "service_accounts";
    case Resource::kServiceTiers: return "service_tier_settings";
    case Resource::kSpendAlerts: return "spend_alerts";
    case Resource::kSpendLimits: return "spend_limits";
    case Resource::kUsage: return "usage";
    case Resource::kUsers: return "users";
    case Resource::kWorkloadIdentity: return "workload_identity";
  }
  return "unknown";
}

// Whoever belongs to an organization may know who and what is in it.
bool is_open_to_readers(Resource resource) noexcept {
  return resource == Resource::kProjects || resource == Resource::kUsers ||
         resource == Resource::kGroups || resource == Resource::kRoles;
}

}  // namespace

std::string name(Permission permission) {
  return fmt::format("api.{}.{}", name(permission.resource),
                     permission.access == Access::kRead ? "read" : "write");
}

bool allows(std::string_view organization_role, Permission permission) noexcept {
  if (organization_role == "owner") return true;
  return organization_role == "reader" && permission.access == Access::kRead &&
         is_open_to_readers(permission.resource);
}

}  // namespace tg::admin
