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
    case Resource::kProjectGroups: return "organization.projects.groups";
    case Resource::kProjectKeys: return "organization.projects.api_keys";
    case Resource::kProjectUsers: return "organization.projects.users";
    case Resource::kProjects: return "projects";
    case Resource::kPublic: return "public";
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

// What no role gives: the operator's, a key's about itself, and what needs no permission.
bool is_for_roles(Resource resource) noexcept {
  return resource != Resource::kInstance && resource != Resource::kSelf &&
         resource != Resource::kPublic;
}

// What a project has of its own. Everything else belongs to the organization or to a person.
bool is_in_project(Resource resource) noexcept {
  switch (resource) {
    case Resource::kCertificates:
    case Resource::kDataRetention:
    case Resource::kHostedTools:
    case Resource::kLimits:
    case Resource::kModelPermissions:
    case Resource::kOwnKeys:
    case Resource::kProjectGroups:
    case Resource::kProjectKeys:
    case Resource::kProjectUsers:
    case Resource::kProjects:
    case Resource::kRateLimits:
    case Resource::kRoles:
    case Resource::kServiceAccounts:
    case Resource::kServiceTiers:
    case Resource::kSpendAlerts:
    case Resource::kSpendLimits:
    case Resource::kUsage: return true;
    default: return false;
  }
}

// What a project's member may do in it, and in no other.
bool is_for_project_member(Permission permission) noexcept {
  switch (permission.resource) {
    case Resource::kOwnKeys: return true;
    case Resource::kProjectUsers:
    case Resource::kProjects: return permission.access == Access::kRead;
    default: return false;
  }
}

// All that fulfil `condition`.
template <typename Condition>
PermissionSet all_that(Condition condition) {
  PermissionSet set;
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    for (const auto access : {Access::kRead, Access::kWrite}) {
      const Permission permission{static_cast<Resource>(i), access};
      if (condition(permission)) set.add(permission);
    }
  }
  return set;
}

}  // namespace

std::string name(Permission permission) {
  return fmt::format("api.{}.{}", name(permission.resource),
                     permission.access == Access::kRead ? "read" : "write");
}

std::optional<Permission> parse_permission(std::string_view text) {
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    for (const auto access : {Access::kRead, Access::kWrite}) {
      const Permission permission{static_cast<Resource>(i), access};
      if (name(permission) == text) return permission;
    }
  }
  return std::nullopt;
}

std::vector<std::string> names(const PermissionSet& permissions) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    for (const auto access : {Access::kRead, Access::kWrite}) {
      const Permission permission{static_cast<Resource>(i), access};
      if (permissions.has(permission)) all.push_back(name(permission));
    }
  }
  return all;
}

PermissionSet grantable(RoleScope scope) {
  return all_that([scope](Permission permission) {
    return scope == RoleScope::kProject ? is_in_project(permission.resource)
                                        : is_for_roles(permission.resource);
  });
}

PermissionSet permissions_of_role(std::string_view role, RoleScope scope) {
  if (role == "owner") return grantable(scope);
  if (scope == RoleScope::kOrganization && role == "reader") return all_that(is_for_everyone);
  if (scope == RoleScope::kProject && role == "member") return all_that(is_for_project_member);
  return {};
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
