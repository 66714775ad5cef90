// SPDX-License-Identifier: Apache-2.0
#include "gateway/control_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>

namespace tg::gateway {
namespace {

TEST(ControlPool, AnswersWhatItWasGiven) {
  ControlPool pool{[](const http::Request& request, ControlPool::Done done) {
    done({.status = 200, .fields = {}, .body = request.path});
  }};
  std::latch done{1};
  std::string body;
  ASSERT_TRUE(pool.submit({.method = "GET", .path = "/here"}, [&](const http::Response& response) {
    body = response.body;
    done.count_down();
  }));
  done.wait();
  EXPECT_EQ(body, "/here");
}

TEST(ControlPool, DeclinesWhatItCannotQueueAndFinishesTheRest) {
  std::latch release{1};
  ControlPool pool{[&release](const http::Request&, ControlPool::Done done) {
    release.wait();
    done({});
  }};
  std::atomic<int> answered{0};
  int taken = 0;
  while (taken < 10'000 && pool.submit({}, [&](const http::Response&) { ++answered; })) ++taken;
  EXPECT_GE(taken, 256);
  EXPECT_LT(taken, 10'000);
  release.count_down();
  pool.stop();
  EXPECT_EQ(answered, taken);
  EXPECT_FALSE(pool.submit({}, [](const http::Response&) {}));
}

}  // namespace
}  // namespace tg::gateway
