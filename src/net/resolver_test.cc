// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/endpoint.h"
#include "net/loop.h"

namespace tg::net {
namespace {

// The system's answer to one name.
Result<std::vector<Endpoint>> look_up(const std::string& host) {
  Worker worker{0};
  Result<std::vector<Endpoint>> answer = fail(Code::kInternal);
  worker.loop().resolver.look_up(host, 8443, [&](Result<std::vector<Endpoint>> found) {
    answer = std::move(found);
    worker.stop();
  });
  worker.run();
  return answer;
}

TEST(Resolver, NameLeadsToItsAddressesAtThePort) {
  const auto found = look_up("localhost");
  ASSERT_TRUE(found);
  ASSERT_FALSE(found->empty());
  for (const auto& endpoint : *found) {
    EXPECT_TRUE(endpoint.host() == "127.0.0.1" || endpoint.host() == "::1") << endpoint.host();
    EXPECT_EQ(endpoint.port(), 8443);
  }
}

TEST(Resolver, WhatIsNoNameIsUnreachable) {
  const auto found = look_up(std::string(64, 'a') + ".example");  // a label has 63 letters at most
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kUpstreamUnreachable);
}

TEST(Resolver, EachOfVeryManyIsAnsweredOnce) {
  constexpr int kAsked = 5'000;  // more than may wait
  Worker worker{0};
  int found = 0;
  int refused = 0;
  for (int i = 0; i < kAsked; ++i) {
    worker.loop().resolver.look_up("localhost", 1, [&](Result<std::vector<Endpoint>> answer) {
      ++(answer ? found : refused);
      if (!answer) EXPECT_EQ(answer.error().code, Code::kUpstreamUnreachable);
      if (found + refused == kAsked) worker.stop();
    });
  }
  worker.run();
  EXPECT_EQ(found + refused, kAsked);
  EXPECT_GE(found, static_cast<int>(Resolver::kWaitingMax));
}

TEST(Resolver, WhoWaitsWhenTheWorkerEndsIsNeverCalled) {
  auto held = std::make_shared<int>(0);
  {
    Worker worker{0};
    for (int i = 0; i < 100; ++i) {
      worker.loop().resolver.look_up("localhost", 1,
                                     [held](const Result<std::vector<Endpoint>>&) { ++*held; });
    }
  }
  EXPECT_EQ(*held, 0);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Endpoint, OnlyTheUsualFormOfAnAddressIsOne) {
  for (const auto* host : {"127.0.0.1", "0.0.0.0", "::1", "::", "2001:db8::1", "fe80::1%lo"}) {
    EXPECT_TRUE(is_ip_address(host)) << host;
  }
  // The resolver would take some of them for addresses.
  for (const auto* host : {"", "localhost", "127.1", "0x7f.1", "2130706433", "[::1]", "1.2.3.4.5",
                           "127.0.0.1%lo", "::1 ", "1.2.3.256"}) {
    EXPECT_FALSE(is_ip_address(host)) << host;
    EXPECT_FALSE(numeric_endpoint(host, 1)) << host;
  }
}

TEST(Endpoint, SaysItsAddressAndItsPort) {
  for (const auto* host : {"192.0.2.7", "2001:db8::1"}) {
    const auto endpoint = numeric_endpoint(host, 65535);
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->host(), host);
    EXPECT_EQ(endpoint->port(), 65535);
  }
}

}  // namespace
}  // namespace tg::net
