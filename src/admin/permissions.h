// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// What an operation needs and what a role gives. Each route names its permission in its table row;
// the router asks here before a handler runs, and nothing else decides.
//
// Threading:  pure.
namespace tg::admin {

enum class Resource : std::uint8_t {
  kAdminKeys,
  kAuditLog,
  kCertificates,
  kDataRetention,
  kExternalKeys,
  kExternalStorage,
  kGroups,
  kHostedTools,
  kInvites,
  kModelPermissions,
  kProjectGroups,
  kProjectKeys,
  kProjectUsers,
  kProjects,
  kRateLimits,
  kRoles,
  kServiceAccounts,
  kServiceTiers,
  kSpendAlerts,
  kSpendLimits,
  kUsage,
  kUsers,
  kWorkloadIdentity,
};

enum class Access : std::uint8_t { kRead, kWrite };

struct Permission {
  Resource resource;
  Access access;
};

// "api.projects.read": how a scope names it.
[[nodiscard]] std::string name(Permission permission);

// Of a person in an organization: "owner" or "reader". An unknown role allows nothing.
[[nodiscard]] bool allows(std::string_view organization_role, Permission permission) noexcept;

}  // namespace tg::admin
