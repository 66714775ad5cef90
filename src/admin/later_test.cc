// SPDX-License-Identifier: Apache-2.0
#include "admin/later.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

namespace tg::admin {
namespace {

TEST(LaterTest, WhatWasHandedOverIsFinishedBeforeTheEnd) {
  std::atomic<int> done = 0;
  {
    Later later;
    for (int i = 0; i < 256; ++i) ASSERT_TRUE(later.run([&done] { ++done; }));
  }
  EXPECT_EQ(done, 256);
}

TEST(LaterTest, TheNextIsDeclinedWhereTooManyWait) {
  std::promise<void> release;
  std::promise<void> started;
  Later later;
  ASSERT_TRUE(later.run([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  for (int i = 0; i < 256; ++i) ASSERT_TRUE(later.run([] {}));
  EXPECT_FALSE(later.run([] {}));
  release.set_value();
}

}  // namespace
}  // namespace tg::admin
