// SPDX-License-Identifier: Apache-2.0
#include "gateway/running_calls.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

namespace tg::gateway {
namespace {

class FakeCall final : public RunningCall {
 public:
  explicit FakeCall(std::function<void()> on_cut = {}) : on_cut_{std::move(on_cut)} {}
  void cut() noexcept override {
    ++cuts;
    if (on_cut_) on_cut_();
  }
  int cuts = 0;

 private:
  std::function<void()> on_cut_;
};

TEST(RunningCalls, OnlyTheCallsOfTheKeyAreCut) {
  RunningCalls running;
  const keys::Key revoked{};
  const keys::Key other{};
  FakeCall first;
  FakeCall second;
  FakeCall of_other;
  running.join(first, revoked);
  running.join(of_other, other);
  running.join(second, revoked);
  running.cut(revoked);
  EXPECT_EQ(first.cuts, 1);
  EXPECT_EQ(second.cuts, 1);
  EXPECT_EQ(of_other.cuts, 0);
}

TEST(RunningCalls, CallIsCutAtMostOnce) {
  RunningCalls running;
  const keys::Key key{};
  FakeCall call;
  running.join(call, key);
  running.cut(key);
  running.cut(key);
  EXPECT_EQ(call.cuts, 1);
}

TEST(RunningCalls, CutCallMayTakeOthersWithIt) {
  RunningCalls running;
  const keys::Key key{};
  auto victim = std::make_unique<FakeCall>();
  FakeCall killer{[&victim] { victim.reset(); }};
  running.join(*victim, key);
  running.join(killer, key);  // the newest is cut first
  running.cut(key);
  EXPECT_EQ(killer.cuts, 1);
  EXPECT_EQ(victim, nullptr);
}

TEST(RunningCalls, EndedCallIsForgotten) {
  RunningCalls running;
  const keys::Key key{};
  FakeCall stays;
  running.join(stays, key);
  {
    FakeCall ends;
    running.join(ends, key);
  }
  running.cut(key);
  EXPECT_EQ(stays.cuts, 1);
}

}  // namespace
}  // namespace tg::gateway
