// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

// Identifiers: the contract's prefix and 128 random bits. They never change, are never used twice
// and say nothing but what kind of thing they name.
namespace tg {

template <typename Kind>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_{std::move(text)} {}

  // Another in its place, in the same memory: for rows by the million.
  void assign(std::string_view text) { text_.assign(text); }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

using OrganizationId = Id<struct OrganizationKind>;
using ProjectId = Id<struct ProjectKind>;
using UserId = Id<struct UserKind>;
using ServiceAccountId = Id<struct ServiceAccountKind>;
using KeyId = Id<struct KeyKind>;
using ProviderId = Id<struct ProviderKind>;
using GroupId = Id<struct GroupKind>;
using RoleId = Id<struct RoleKind>;

// `prefix` followed by 22 base62 characters.
[[nodiscard]] std::string make_id(std::string_view prefix);

inline OrganizationId make_organization_id() { return OrganizationId{make_id("org-")}; }
inline ProjectId make_project_id() { return ProjectId{make_id("proj_")}; }
inline UserId make_user_id() { return UserId{make_id("user-")}; }
inline ServiceAccountId make_service_account_id() { return ServiceAccountId{make_id("svc_acct_")}; }
inline KeyId make_key_id() { return KeyId{make_id("key_")}; }
inline ProviderId make_provider_id() { return ProviderId{make_id("provider_")}; }
inline GroupId make_group_id() { return GroupId{make_id("group_")}; }
inline RoleId make_role_id() { return RoleId{make_id("role_")}; }

}  // namespace tg

template <typename Kind>
struct std::hash<tg::Id<Kind>> {
  std::size_t operator()(const tg::Id<Kind>& id) const noexcept {
    return std::hash<std::string>{}(id.text());
  }
};
