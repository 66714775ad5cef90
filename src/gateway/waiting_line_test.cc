// SPDX-License-Identifier: Apache-2.0
#include "gateway/waiting_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "net/task.h"

namespace tg::gateway {
namespace {

using Place = WaitingLine::Place;

class WaitingLineTest : public testing::Test {
 protected:
  std::unique_ptr<limits::Limit> make_limit(const char* id) {
    limits::Rule rule;
    rule.id = id;
    rule.metric = limits::Metric::kConcurrency;
    rule.amount = 1;
    return *limits::Limit::make(rule);
  }

  net::Worker worker{0};
  Count waiting;
  WaitingLine line{worker, waiting};
  std::unique_ptr<limits::Limit> one = make_limit("limit_1");
  std::unique_ptr<limits::Limit> other = make_limit("limit_2");
};

TEST_F(WaitingLineTest, WhoCameFirstIsFirstOfItsLimit) {
  auto first = std::make_unique<Place>(worker);
  Place second{worker};
  Place elsewhere{worker};
  ASSERT_TRUE(line.join(*first, *one));
  ASSERT_TRUE(line.join(second, *one));
  ASSERT_TRUE(line.join(elsewhere, *other));
  EXPECT_TRUE(first->is_first());
  EXPECT_FALSE(second.is_first());
  EXPECT_TRUE(elsewhere.is_first());
  EXPECT_EQ(waiting.read(), 3);
  first.reset();
  EXPECT_TRUE(second.is_first());
  EXPECT_EQ(waiting.read(), 2);
}

TEST_F(WaitingLineTest, OthersWaitForALimitOnlyWhileTheyDo) {
  limits::LimitSet set;
  auto& limit = set.add(make_limit("limit_3"));
  const std::array<const limits::LimitSet*, 1> sets{&set};
  EXPECT_FALSE(line.awaited(sets));
  {
    Place elsewhere{worker};
    ASSERT_TRUE(line.join(elsewhere, *other));
    EXPECT_FALSE(line.awaited(sets));
    Place place{worker};
    ASSERT_TRUE(line.join(place, limit));
    ASSERT_TRUE(line.awaited(sets));
    EXPECT_EQ(line.awaited(sets)->limit, &limit);
    EXPECT_EQ(line.awaited(sets)->level, 0);
  }
  EXPECT_FALSE(line.awaited(sets));
}

TEST_F(WaitingLineTest, AFullLineTakesNobody) {
  std::vector<std::unique_ptr<Place>> places;
  for (std::size_t number = 0; number < WaitingLine::kPlacesMax; ++number) {
    places.push_back(std::make_unique<Place>(worker));
    ASSERT_TRUE(line.join(*places.back(), number % 2 == 0 ? *one : *other));
  }
  auto late = std::make_unique<Place>(worker);
  EXPECT_FALSE(line.join(*late, *one));
  late.reset();
  places.pop_back();
  Place in_time{worker};
  EXPECT_TRUE(line.join(in_time, *one));
}

// Waits for ever, until it is woken as the first.
net::Task<void> wait_its_turn(net::Worker* worker, WaitingLine* line, const limits::Limit* limit,
                              std::vector<int>* served, int number) {
  Place place{*worker};
  EXPECT_TRUE(line->join(place, *limit));
  while (!place.is_first()) {
    co_await place.until(std::chrono::steady_clock::now() + std::chrono::hours{1});
  }
  served->push_back(number);
}

TEST_F(WaitingLineTest, WhoLeavesTheFrontWakesTheNextAThousandTimesOver) {
  constexpr int kCalls = 900;
  std::vector<int> served;
  auto first = std::make_unique<Place>(worker);
  ASSERT_TRUE(line.join(*first, *one));
  for (int number = 0; number < kCalls; ++number) {
    net::start(wait_its_turn(&worker, &line, one.get(), &served, number));
  }
  EXPECT_TRUE(served.empty());
  std::jthread loop{[this] { worker.run(); }};
  worker.post([&] { first.reset(); });
  while (waiting.read() > 0) std::this_thread::yield();
  worker.stop();
  loop.join();
  ASSERT_EQ(served.size(), kCalls);
  EXPECT_TRUE(std::ranges::is_sorted(served));
}

}  // namespace
}  // namespace tg::gateway
