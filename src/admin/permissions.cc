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
    case Resource::kInstance: return "instance";
    case Resource::kInvites: return "invites";
    case Resource::kLimits: return "limits";
    case Resource::kModelPermissions: return "model_permissions";
    case Resource::kOrganization: return "organization";
    case Resource::kOwnKeys: return "own_keys";
    case Resource::kOwnProfile: return "own_profile";
    case Resource::kProjectGroups: return "project_groups";
    case Resource::kProjectKeys: return "project_api_keys";
    case Resource::kProjectUsers: return "project_users";
    case Resource::kProjects: return "projects";
    case Resource::kRateLimits: return "rate_limits";
    case Resource::kRoles: return "roles";
    case Resource::kSelf: return "self";
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

// What everybody who belongs to an organization may do: who and what is in it is no secret there,
// and their own is theirs.
bool is_for_everyone(Permission permission) noexcept {
  switch (permission.resource) {
    case Resource::kOwnKeys:
    case Resource::kOwnProfile: return true;
    case Resource::kGroups:
    case Resource::kOrganization:
    case Resource::kProjects:
    case Resource::kRoles:
    case Resource::kUsers: return permission.access == Access::kRead;
    default: return false;
  }
}

}  // namespace

std::string name(Permission permission) {
  return fmt::format("api.{}.{}", name(permission.resource),
                     permission.access == Access::kRead ? "read" : "write");
}

PermissionSet permissions_of_role(std::string_view organization_role) {
  const bool is_owner = organization_role == "owner";
  PermissionSet set;
  if (!is_owner && organization_role != "reader") return set;
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    const auto resource = static_cast<Resource>(i);
    if (resource == Resource::kInstance || resource == Resource::kSelf) continue;
    for (const auto access : {Access::kRead, Access::kWrite}) {
      const Permission permission{resource, access};
      if (is_owner || is_for_everyone(permission)) set.add(permission);
    }
  }
  return set;
}

PermissionSet permissions_of_key() {
  PermissionSet set;
  set.add({Resource::kSelf, Access::kRead});
  set.add({Resource::kSelf, Access::kWrite});
  return set;
}

PermissionSet permissions_of_operator() {
  PermissionSet set;
  set.add({Resource::kInstance, Access::kRead});
  set.add({Resource::kInstance, Access::kWrite});
  return set;
}

}  // namespace tg::admin
