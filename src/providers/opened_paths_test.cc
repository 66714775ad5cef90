// SPDX-License-Identifier: Apache-2.0
#include "providers/opened_paths.h"

#include <gtest/gtest.h>

#include <string>

#include "store/test_folder.h"

namespace tg::providers {
namespace {

class OpenedPathsTest : public testing::Test {
 protected:
  Result<void> open(std::string method, std::string path, std::int64_t price = 5) {
    return open_path(*database_, {.method = std::move(method),
                                  .path = std::move(path),
                                  .provider = {},
                                  .price = NanoUsd{price}});
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_ = *store::Database::open(folder_.place());
};

TEST_F(OpenedPathsTest, AreListedReplacedAndClosed) {
  ASSERT_TRUE(open("POST", "/v1/videos", 100));
  ASSERT_TRUE(open("GET", "/v1/videos/{id}", 0));
  ASSERT_TRUE(open("POST", "/v1/videos", 200));
  const auto listed = list_opened_paths(*database_).value();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].path, "/v1/videos");
  EXPECT_EQ(listed[0].price, NanoUsd{200});
  ASSERT_TRUE(close_path(*database_, "POST", "/v1/videos"));
  EXPECT_EQ(close_path(*database_, "POST", "/v1/videos").error().code, Code::kNotFound);
  EXPECT_EQ(list_opened_paths(*database_)->size(), 1U);
}

TEST_F(OpenedPathsTest, WhatIsOursOrMeteredOrLeadsElsewhereCannotBeOpened) {
  for (const auto* path :
       {"/v1/organization/users", "/v1/projects", "/v1/tollgate/keys", "/v1/models", "/v1/realtime",
        "/v1/chat/completions", "/v1/files", "/v1/fine_tuning/jobs", "/v1/batches/{id}/cancel",
        "/v2/x", "/v1/", "/v1", "", "/v1/a//b", "/v1/../x", "/v1/{}", "/v1/a b", "/v1/a%2fb",
        "/v1/{a}x/"}) {
    const auto opened = open("POST", path);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().code, Code::kFieldInvalid) << path;
    EXPECT_STRNE(opened.error().detail, "") << path;
  }
  EXPECT_FALSE(open("TRACE", "/v1/videos"));
  EXPECT_FALSE(open("post", "/v1/videos"));
  // Closed because nobody can meter it: that is what a flat price is for.
  EXPECT_TRUE(open("POST", "/v1/vector_stores"));
  EXPECT_TRUE(open("POST", "/v1/vector_stores/{id}/files"));
}

}  // namespace
}  // namespace tg::providers
