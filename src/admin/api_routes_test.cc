// SPDX-License-Identifier: Apache-2.0
#include "admin/api_routes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace tg::admin {
namespace {

std::vector<ApiRoute> all_routes() {
  std::vector<ApiRoute> all;
  for (const auto routes : {organization_routes(), tollgate_routes()}) {
    all.insert(all.end(), routes.begin(), routes.end());
  }
  return all;
}

std::string label(const ApiRoute& route) {
  return std::string{route.method} + ' ' + std::string{route.path};
}

// "GET organization/users/{}" of each line.
std::set<std::string> openai_operations() {
  std::ifstream file{std::filesystem::path(__FILE__).parent_path() /
                     "../../tests/data/admin_operations.tsv"};
  std::set<std::string> operations;
  std::string line;
  std::getline(file, line);  // the columns' names
  while (std::getline(file, line)) {
    const auto method_end = line.find('\t');
    const auto path = line.substr(method_end + 1, line.find('\t', method_end + 1) - method_end - 1);
    const auto bare =
        std::regex_replace(path.substr(sizeof("/v1/") - 1), std::regex{R"(\{[a-z_]+\})"}, "{}");
    operations.insert(line.substr(0, method_end) + ' ' + bare);
  }
  return operations;
}

TEST(ApiRoutes, ReadingNeedsReadAndEverythingElseWrite) {
  for (const auto& route : all_routes()) {
    EXPECT_EQ(route.access, route.method == "GET" ? Access::kRead : Access::kWrite) << label(route);
    EXPECT_LT(static_cast<std::size_t>(route.resource), kResourceCount) << label(route);
  }
}

TEST(ApiRoutes, EachIsThereOnceAndLeadsSomewhere) {
  std::set<std::string> seen;
  for (const auto& route : all_routes()) {
    EXPECT_TRUE(seen.insert(label(route)).second) << label(route);
    const bool names_operation = !route.operation.empty() || route.path == kOperationsPath;
    const int ways = (route.handler != nullptr ? 1 : 0) + (names_operation ? 1 : 0) +
                     (route.document != nullptr ? 1 : 0);
    EXPECT_EQ(ways, 1) << label(route);
    // What is open to everybody is constant: nobody is asked who they are.
    EXPECT_EQ(route.document != nullptr, route.resource == Resource::kPublic) << label(route);
  }
}

TEST(ApiRoutes, WhatBelongsToTheInstanceIsNoneOfAnOrganizations) {
  for (const auto& route : organization_routes()) {
    EXPECT_NE(route.resource, Resource::kInstance) << label(route);
  }
}

TEST(ApiRoutes, AllOfOpenAIsOperationsAreThereAndNoOthers) {
  std::set<std::string> ours;
  for (const auto& route : organization_routes()) ours.insert(label(route));
  const auto theirs = openai_operations();
  EXPECT_EQ(theirs.size(), 143U);
  EXPECT_EQ(ours, theirs);
}

}  // namespace
}  // namespace tg::admin
