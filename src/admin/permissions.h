// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
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
  kInstance,  // providers, routes, other organizations: the operator's
  kInvites,
  kLimits,
  kModelPermissions,
  kOrganization,
  kOwnKeys,     // of whoever asks; a handler looks whose a key is
  kOwnProfile,  // password, sessions, organizations of whoever asks
  kProjectGroups,
  kProjectKeys,
  kProjectUsers,
  kProjects,
  kRateLimits,
  kRoles,
  kSelf,  // the key that asks
  kServiceAccounts,
  kServiceTiers,
  kSpendAlerts,
  kSpendLimits,
  kUsage,
  kUsers,
  kWorkloadIdentity,
};
inline constexpr std::size_t kResourceCount = 29;

enum class Access : std::uint8_t { kRead, kWrite };

struct Permission {
  Resource resource;
  Access access;
  friend bool operator==(const Permission&, const Permission&) = default;
};

// "api.projects.read": how a scope names it.
[[nodiscard]] std::string name(Permission permission);

class PermissionSet {
 public:
  void add(Permission permission) noexcept { bits_.set(index(permission)); }
  void add(const PermissionSet& others) noexcept { bits_ |= others.bits_; }
  [[nodiscard]] bool has(Permission permission) const noexcept {
    return bits_.test(index(permission));
  }

 private:
  static std::size_t index(Permission permission) noexcept {
    return 2 * static_cast<std::size_t>(permission.resource) +
           static_cast<std::size_t>(permission.access);
  }
  std::bitset<2 * kResourceCount> bits_;
};

// Of a person in an organization: "owner" or "reader". An unknown role gives nothing.
[[nodiscard]] PermissionSet permissions_of_role(std::string_view organization_role);
// What every key may do: ask about itself, and make keys below it.
[[nodiscard]] PermissionSet permissions_of_key();
// What an operator may do beyond that.
[[nodiscard]] PermissionSet permissions_of_operator();

}  // namespace tg::admin
