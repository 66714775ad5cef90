// SPDX-License-Identifier: Apache-2.0
#include "keys/origins.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "keys/key_table.h"

namespace tg::keys {
namespace {

TEST(OriginsTest, TheSamePairIsKeptOnce) {
  Origins origins;
  const auto* first = origins.of("203.0.113.7", "OpenAI/Python 3.54.0");
  EXPECT_EQ(origins.of("203.0.113.7", "OpenAI/Python 3.54.0"), first);
  EXPECT_NE(origins.of("203.0.113.7", "curl/8"), first);
  EXPECT_NE(origins.of("203.0.113.8", "OpenAI/Python 3.54.0"), first);
  EXPECT_EQ(first->network, "203.0.113.0/24");
  EXPECT_EQ(first->client, "OpenAI/Python 3.54.0");
}

TEST(OriginsTest, AClientsNameIsCutAndPlain) {
  Origins origins;
  EXPECT_EQ(origins.of("::1", "a\x1b[2Jb\xffz")->client, "a?[2Jb?z");
  EXPECT_EQ(origins.of("::1", std::string(5000, 'x'))->client.size(), 80U);
}

TEST(OriginsTest, AFloodOfOriginsKeepsNetworksOnly) {
  Origins origins;
  for (int number = 0; number < 65'536; ++number) {
    (void)origins.of("192.0.2.1", "client " + std::to_string(number));
  }
  const auto* late = origins.of("198.51.100.9", "one more");
  EXPECT_EQ(late->address, "198.51.100.0/24");
  EXPECT_EQ(late->client, "");
  EXPECT_EQ(origins.of("198.51.100.77", "another"), late);
}

TEST(OriginsTest, EverySightingIsTakenOnceWhileOthersNote) {
  Origins origins;
  constexpr int kThreads = 4;
  constexpr int kEach = 4000;
  const auto* origin = origins.of("::1", "test");
  const std::vector<Key> keys(std::size_t{kThreads} * kEach);
  std::set<const Key*> seen;
  std::size_t taken = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&origins, &keys, origin, thread] {
        const auto first = static_cast<std::size_t>(thread) * kEach;
        for (std::size_t i = 0; i < kEach; ++i) {
          origins.note({&keys[first + i], origin});
        }
      });
    }
    while (taken < kThreads * kEach) {
      for (const auto& sighting : origins.take()) {
        seen.insert(sighting.key);
        ++taken;
      }
    }
  }
  EXPECT_EQ(seen.size(), std::size_t{kThreads * kEach});
  EXPECT_TRUE(origins.take().empty());
}

}  // namespace
}  // namespace tg::keys
