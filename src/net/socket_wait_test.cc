// SPDX-License-Identifier: Apache-2.0
#include "net/socket_wait.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/files.h"

namespace tg::net {
namespace {

using namespace std::chrono_literals;

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

class SocketWaitTest : public testing::Test {
 public:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    near_.reset(ends[0]);
    far_.reset(ends[1]);
  }

  using Scenario = Task<void> (*)(SocketWaitTest*);

  void run(Scenario scenario) {
    worker_.post([this, scenario] { start(run_to_end(scenario)); });
    worker_.run();
  }

  Task<void> run_to_end(Scenario scenario) {
    co_await scenario(this);
    worker_.stop();
  }

  Worker worker_{0};
  FileDescriptor near_, far_;
};

TEST_F(SocketWaitTest, TimesOutAndCanBeWaitedForAgain) {
  run([](SocketWaitTest* test) -> Task<void> {
    const int socket = test->near_.get();
    auto ready = co_await until_ready(&test->worker_, socket, EPOLLIN, in(30ms));
    EXPECT_EQ(ready.error().code, Code::kTimedOut);
    EXPECT_EQ(::write(test->far_.get(), "x", 1), 1);
    EXPECT_TRUE(co_await until_ready(&test->worker_, socket, EPOLLIN, in(5s)));
    EXPECT_TRUE(co_await until_ready(&test->worker_, socket, EPOLLOUT, in(5s)));
  });
}

TEST_F(SocketWaitTest, PeerThatGoesAwayIsReady) {
  run([](SocketWaitTest* test) -> Task<void> {
    Timer leaves{test->worker_.timers(), [test] { test->far_.reset(); }};
    leaves.set(in(30ms));
    EXPECT_TRUE(co_await until_ready(&test->worker_, test->near_.get(), EPOLLIN, in(5s)));
  });
}

TEST_F(SocketWaitTest, WhatIsNoSocketIsAnError) {
  run([](SocketWaitTest* test) -> Task<void> {
    test->near_.reset();
    const auto ready = co_await until_ready(&test->worker_, -1, EPOLLIN, in(5s));
    EXPECT_EQ(ready.error().code, Code::kIo);
  });
}

}  // namespace
}  // namespace tg::net
