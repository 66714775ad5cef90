// SPDX-License-Identifier: Apache-2.0
#include "openai/closed_path.h"

#include <gtest/gtest.h>

namespace tg::openai {
namespace {

TEST(ClosedPath, AFamilyIsAPathAndAllBelowIt) {
  EXPECT_EQ(closed_family("/v1/videos"), "/v1/videos");
  EXPECT_EQ(closed_family("/v1/videos/video_1/content"), "/v1/videos");
  EXPECT_EQ(closed_family("/v1/fine_tuning/alpha/graders/run"), "/v1/fine_tuning/alpha");
  EXPECT_EQ(closed_family("/v1/files/file-1"), "");
  EXPECT_EQ(closed_family("/v1/videosomething"), "");
  EXPECT_EQ(closed_family("/v1/models"), "");
  EXPECT_EQ(closed_family("/v1/organization/users"), "");
  EXPECT_EQ(closed_family("/videos"), "");
  EXPECT_EQ(closed_family(""), "");
}

}  // namespace
}  // namespace tg::openai
