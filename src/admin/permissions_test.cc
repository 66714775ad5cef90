// SPDX-License-Identifier: Apache-2.0
#include "admin/permissions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tg::admin {
namespace {

using enum Resource;
using enum Access;

TEST(Permissions, EachHasANameOfItsOwnThatIsReadBack) {
  auto everything = grantable(RoleScope::kOrganization);
  everything.add(permissions_of_operator());
  everything.add(permissions_of_key());
  for (const auto access : {kRead, kWrite}) everything.add({kPublic, access});
  const auto all = names(everything);
  EXPECT_EQ(all.size(), 2 * kResourceCount);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  for (const auto& text : all) EXPECT_EQ(name(parse_permission(text).value()), text);
}

TEST(Permissions, NamesThatOpenAIShowsAreTheirs) {
  EXPECT_EQ(name({kGroups, kRead}), "api.groups.read");
  EXPECT_EQ(name({kProjectKeys, kWrite}), "api.organization.projects.api_keys.write");
}

TEST(Permissions, UnknownNamesAreNoPermissions) {
  for (const auto* text : {"", "api.groups", "api.groups.request", "API.groups.read",
                           "api.all.read", "api.groups.read ", "api.unknown.read"}) {
    EXPECT_FALSE(parse_permission(text)) << text;
  }
}

TEST(Permissions, AnOwnerHasAllButTheInstancesAndWhatAKeyIs) {
  const auto owner = permissions_of_role("owner");
  EXPECT_EQ(names(owner).size(), 2 * (kResourceCount - 3));
  for (const auto resource : {kInstance, kPublic, kSelf}) {
    EXPECT_FALSE(owner.has({resource, kRead}) || owner.has({resource, kWrite}));
  }
}

TEST(Permissions, AReaderChangesNothingButTheirOwn) {
  for (const auto& text : names(permissions_of_role("reader"))) {
    const auto permission = parse_permission(text).value();
    const bool is_own = permission.resource == kOwnKeys || permission.resource == kOwnProfile;
    EXPECT_TRUE(is_own || permission.access == kRead) << text;
  }
  EXPECT_FALSE(permissions_of_role("reader").has({kAuditLog, kRead}));
  EXPECT_FALSE(permissions_of_role("reader").has({kProjectKeys, kRead}));
}

TEST(Permissions, WhatAProjectsRolesGiveStaysWithinProjects) {
  const auto owner = permissions_of_role("owner", RoleScope::kProject);
  EXPECT_EQ(owner, grantable(RoleScope::kProject));
  EXPECT_TRUE(owner.covers(permissions_of_role("member", RoleScope::kProject)));
  for (const auto resource : {kAdminKeys, kAuditLog, kGroups, kInstance, kInvites, kOrganization,
                              kOwnProfile, kUsers, kWorkloadIdentity}) {
    EXPECT_FALSE(owner.has({resource, kRead}) || owner.has({resource, kWrite}));
  }
}

TEST(Permissions, UnknownRolesGiveNothing) {
  for (const auto* role : {"", "Owner", "member", "admin"}) {
    EXPECT_EQ(permissions_of_role(role), PermissionSet{}) << role;
  }
  EXPECT_EQ(permissions_of_role("reader", RoleScope::kProject), PermissionSet{});
}

TEST(Permissions, OneSetCoversAnotherIfItHasAllOfIt) {
  PermissionSet groups;
  groups.add({kGroups, kRead});
  auto more = groups;
  more.add({kGroups, kWrite});
  EXPECT_TRUE(more.covers(groups));
  EXPECT_FALSE(groups.covers(more));
  EXPECT_TRUE(groups.covers({}));
}

}  // namespace
}  // namespace tg::admin
