// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  kPublic,  // what anybody may read, without a key or session; no role gives it
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
inline constexpr std::size_t kResourceCount = 30;

enum class Access : std::uint8_t { kRead, kWrite };

struct Permission {
  Resource resource;
  Access access;
  friend bool operator==(const Permission&, const Permission&) = default;
};

// "api.projects.read": how a role names it. Where OpenAI's description shows a name, it is that.
[[nodiscard]] std::string name(Permission permission);
[[nodiscard]] std::optional<Permission> parse_permission(std::string_view name);

class PermissionSet {
 public:
  void add(Permission permission) noexcept { bits_.set(index(permission)); }
  void add(const PermissionSet& others) noexcept { bits_ |= others.bits_; }
  [[nodiscard]] bool has(Permission permission) const noexcept {
    return bits_.test(index(permission));
  }
  // Whether it has all that the others are.
  [[nodiscard]] bool covers(const PermissionSet& others) const noexcept {
    return (others.bits_ & ~bits_).none();
  }

  friend bool operator==(const PermissionSet&, const PermissionSet&) = default;

 private:
  static std::size_t index(Permission permission) noexcept {
    return 2 * static_cast<std::size_t>(permission.resource) +
           static_cast<std::size_t>(permission.access);
  }
  std::bitset<2 * kResourceCount> bits_;
};

// In the order of Resource, read before write.
[[nodiscard]] std::vector<std::string> names(const PermissionSet& permissions);

// Where a role gives what it gives. A role of a project can only give what there is in a project.
enum class RoleScope : std::uint8_t { kOrganization, kProject };
[[nodiscard]] PermissionSet grantable(RoleScope scope);

// Of a predefined role: "owner" or "reader" of an organization, "owner" or "member" of a project.
// An unknown role gives nothing.
[[nodiscard]] PermissionSet permissions_of_role(std::string_view role,
                                                RoleScope scope = RoleScope::kOrganization);
// What every key may do: ask about itself, and make keys below it.
[[nodiscard]] PermissionSet permissions_of_key();
// What an operator may do beyond that.
[[nodiscard]] PermissionSet permissions_of_operator();

}  // namespace tg::admin
