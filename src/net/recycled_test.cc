// SPDX-License-Identifier: Apache-2.0
#include "net/recycled.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace tg::net {
namespace {

template <std::size_t kBytes>
struct Block : Recycled {
  std::array<char, kBytes> bytes{};
};

#if !__has_feature(address_sanitizer)
TEST(Recycled, WhatWasFreedComesAgain) {
  // On a thread that keeps nothing yet: one that keeps all it may hands the rest back.
  std::jthread{[] {
    auto first = std::make_unique<Block<300>>();
    const void* const place = first.get();
    first.reset();
    EXPECT_EQ(std::make_unique<Block<300>>().get(), place);
  }}.join();
}
#endif

TEST(Recycled, ASizeNeverGetsWhatWasASmallerOnes) {
  std::make_unique<Block<100>>().reset();
  const auto larger = std::make_unique<Block<7'000>>();
  larger->bytes.fill('x');  // AddressSanitizer and malloc's own checks would see it
  const auto huge = std::make_unique<Block<100'000>>();
  huge->bytes.fill('y');
  EXPECT_EQ(larger->bytes.back(), 'x');
}

TEST(Recycled, NoTwoLiveOnesShareAPlace) {
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<Block<900>>> blocks;
    std::set<const void*> places;
    for (int i = 0; i < 1'000; ++i) {
      blocks.push_back(std::make_unique<Block<900>>());
      EXPECT_TRUE(places.insert(blocks.back().get()).second);
    }
  }
}

TEST(Recycled, MayBeFreedByAnotherThread) {
  auto block = std::make_unique<Block<500>>();
  std::jthread{[taken = std::move(block)]() mutable { taken.reset(); }}.join();
  EXPECT_NE(std::make_unique<Block<500>>(), nullptr);
}

}  // namespace
}  // namespace tg::net
