// SPDX-License-Identifier: Apache-2.0
// Random calls, growths, settlements and changes of amount through many periods, beside a model
// that keeps every call and sums them anew each time.
#include <algorithm>

#include "limits/counter.h"
#include "limits/limits_testing.h"

namespace tg::limits {
namespace {

struct Call {
  WallTime admitted;
  std::int64_t committed;
  std::int64_t spent;
  Hold hold;
  bool running;
};

class Model {
 public:
  Model(Limit& limit, Random& random) : limit_{limit}, random_{random} {}

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "step " << step);
      if (random_.one_in(3)) now_ += std::chrono::milliseconds{random_.pick(0, longest_pause())};
      act();
      compare();
    }
    settle_all();
    compare();
    EXPECT_EQ(limit_.read(now_).held, 0);
  }

 private:
  static constexpr std::int64_t kAmount = 1'000;

  std::int64_t longest_pause() { return random_.one_in(30) ? 200'000 : 3'000; }

  void act() {
    switch (random_.pick(0, 9)) {
      case 0: return limit_.set_amount(random_.pick(0, 2 * kAmount), now_);
      case 1: return add();
      case 2:
      case 3: return grow();
      case 4:
      case 5:
      case 6: return settle();
      default: return hold();
    }
  }

  [[nodiscard]] bool counts(const Call& call) const {
    return call.admitted >= limit_.counts_from(now_);
  }
  [[nodiscard]] std::int64_t sum(std::int64_t Call::* what) const {
    std::int64_t sum = 0;
    for (const auto& call : calls_) sum += counts(call) ? call.*what : 0;
    return sum;
  }

  void hold() {
    const auto units = random_.pick(0, kAmount / 2);
    const bool fits = units <= limit_.amount() - sum(&Call::committed);
    Hold hold;
    ASSERT_EQ(limit_.try_hold(units, now_, hold), fits ? Verdict::kHeld : Verdict::kRefused);
    latest_ = now_;
    if (fits) calls_.push_back({now_, units, 0, hold, true});
  }

  // Null: nothing is running.
  Call* any_running() {
    std::vector<Call*> running;
    for (auto& call : calls_) {
      if (call.running) running.push_back(&call);
    }
    if (running.empty()) return nullptr;
    return running[static_cast<std::size_t>(random_.pick(0, std::ssize(running) - 1))];
  }

  void grow() {
    auto* call = any_running();
    if (call == nullptr) return;
    const auto units = random_.pick(0, kAmount / 4);
    // Of what counted when the limit was last told the time; a calendar's period counts for ever.
    const bool calendar = limit_.rule().window == Window::kCalendar;
    const auto period_begin = limit_.counts_from(calendar ? call->admitted : latest_);
    std::int64_t committed = 0;
    for (const auto& other : calls_) {
      const bool same = calendar ? limit_.counts_from(other.admitted) == period_begin
                                 : other.admitted >= period_begin;
      committed += same ? other.committed : 0;
    }
    const bool left = call->admitted < period_begin;
    const bool fits = left || units <= limit_.amount() - committed;
    ASSERT_EQ(limit_.try_grow(call->hold, units, now_), fits);
    if (!fits) return;
    call->committed += units;
    if (!random_.one_in(4)) return;
    limit_.shrink(call->hold, units);
    call->committed -= units;
  }

  void settle() {
    if (auto* call = any_running()) settle(*call);
  }
  void settle(Call& call) {
    const auto used =
        random_.one_in(20) ? random_.pick(0, 2 * kAmount) : random_.pick(0, call.hold.units);
    limit_.settle(call.hold, used);
    call.committed = call.spent = used;
    call.running = false;
  }
  void settle_all() {
    for (auto& call : calls_) {
      if (call.running) settle(call);
    }
  }

  void add() {
    const auto admitted = now_ - std::chrono::milliseconds{random_.pick(0, 90'000)};
    const auto used = random_.pick(0, kAmount / 20);
    limit_.add(used, admitted);
    latest_ = std::max(latest_, admitted);
    // What had left when the limit was last told the time is not counted any more.
    if (admitted >= limit_.counts_from(latest_)) {
      calls_.push_back({admitted, used, used, {}, false});
    }
  }

  void compare() {
    const auto reading = limit_.read(now_);
    ASSERT_EQ(reading.spent, sum(&Call::spent));
    ASSERT_EQ(reading.spent + reading.held, sum(&Call::committed));
    forget_what_matters_no_more();
  }

  void forget_what_matters_no_more() {
    auto oldest = latest_;
    for (const auto& call : calls_) {
      if (call.running) oldest = std::min(oldest, call.admitted);
    }
    const auto from = limit_.counts_from(oldest);
    std::erase_if(calls_, [&](const Call& call) { return call.admitted < from; });
  }

  Limit& limit_;
  Random& random_;
  WallTime now_ = kStart;
  WallTime latest_ = kStart;
  std::vector<Call> calls_;
};

void follow_model(const Rule& rule) {
  Random random;
  SCOPED_TRACE(testing::Message() << "seed " << random.seed());
  for (int round = 0; round < 20 && !testing::Test::HasFailure(); ++round) {
    const auto limit = make_limit(rule);
    Model{*limit, random}.run(2'000);
  }
}

TEST(LimitProperty, ACalendarLimitAgreesWithTheSumOfItsCalls) {
  follow_model({.period = Period::kMinute, .amount = 1'000});
}

TEST(LimitProperty, ARollingLimitAgreesWithTheSumOfItsCalls) {
  follow_model({.period = Period::kMinute, .window = Window::kRolling, .amount = 1'000});
}

TEST(LimitProperty, ATotalAgreesWithTheSumOfItsCalls) { follow_model({.amount = 1'000'000}); }

// Without a model of slots: what is charged in a window, at its every instant.
TEST(LimitProperty, NoRollingWindowEverHoldsMoreThanItsAmount) {
  Random random;
  SCOPED_TRACE(testing::Message() << "seed " << random.seed());
  constexpr std::chrono::minutes kWindow{1};
  for (int round = 0; round < 50; ++round) {
    const auto amount = random.pick(1, 500);
    const auto limit =
        make_limit({.period = Period::kMinute, .window = Window::kRolling, .amount = amount});
    std::vector<std::pair<WallTime, std::int64_t>> charged;
    auto now = kStart + std::chrono::milliseconds{random.pick(0, 60'000)};
    for (int call = 0; call < 1'000; ++call) {
      now += std::chrono::milliseconds{random.one_in(50) ? random.pick(0, 90'000)
                                                         : random.pick(0, 1'000)};
      const auto units = random.pick(1, amount);
      Hold hold;
      if (limit->try_hold(units, now, hold) != Verdict::kHeld) continue;
      const auto used = random.pick(0, units);
      limit->settle(hold, used);
      charged.emplace_back(now, used);
    }
    // A window is fullest when it has just taken a charge in.
    std::int64_t in_window = 0;
    for (std::size_t first = 0, last = 0; last < charged.size(); ++last) {
      in_window += charged[last].second;
      for (; charged[first].first <= charged[last].first - kWindow; ++first) {
        in_window -= charged[first].second;
      }
      ASSERT_LE(in_window, amount);
    }
  }
}

}  // namespace
}  // namespace tg::limits
