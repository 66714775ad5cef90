// SPDX-License-Identifier: Apache-2.0
// Four workers on the same limits, under a clock that they move through many minutes. What must
// hold: nothing passes an amount at any instant, and when all is settled nothing is held and what
// was spent is what the workers say.
#include <algorithm>
#include <array>
#include <atomic>

#include "limits/limits_testing.h"
#include "limits/reservation.h"

namespace tg::limits {
namespace {

constexpr unsigned kWorkers = 4;
constexpr int kCallsPerWorker = 20'000;
constexpr std::int64_t kMinuteMs = 60'000;

// Moves forward only, as wall_now() does.
std::atomic<std::int64_t> clock_ms;  // NOLINT(*-global-variables): Reservation takes a function

WallTime fake_now() { return from_unix_ms(clock_ms.load()); }

void start_clock() { clock_ms = to_unix_ms(kStart); }

void move_clock(Random& random) {
  // Often enough that most calls see a period end, or several, while they run.
  if (random.one_in(4)) clock_ms.fetch_add(random.pick(0, random.one_in(50) ? 150'000 : 20'000));
}

// What a limit has committed in one period, as the callers see it: raised after a hold and lowered
// before it ends, so it is never more than the truth.
struct Shadow {
  std::atomic<std::int64_t> committed{0};
  std::atomic<std::int64_t> spent{0};
};

struct Charge {
  WallTime admitted;
  std::int64_t used;
};

std::vector<Charge> gather(const std::array<std::vector<Charge>, kWorkers>& of_workers) {
  std::vector<Charge> all;
  for (const auto& charges : of_workers) all.insert(all.end(), charges.begin(), charges.end());
  std::ranges::sort(all, {}, &Charge::admitted);
  return all;
}

// Holds, grows, settles; keeps a few calls running across periods.
template <typename OnHeld, typename OnSettled>
void work(Limit& limit, Random& random, std::int64_t units_max, OnHeld on_held,
          OnSettled on_settled) {
  struct Call {
    WallTime admitted;
    Hold hold;
  };
  std::vector<Call> running;
  const auto settle = [&](Call& call) {
    const auto used = random.pick(0, call.hold.units);
    on_settled(call.admitted, call.hold.units, used);
    limit.settle(call.hold, used);
    std::swap(call, running.back());
    running.pop_back();
  };
  for (int count = 0; count < kCallsPerWorker; ++count) {
    move_clock(random);
    if (running.size() > 5) {
      settle(running[static_cast<std::size_t>(random.pick(0, std::ssize(running) - 1))]);
    }
    Call call{.admitted = fake_now(), .hold = {}};
    const auto verdict = limit.try_hold(random.pick(0, units_max), call.admitted, call.hold);
    if (verdict != Verdict::kHeld) continue;
    on_held(call.admitted, call.hold.units);
    const auto more = random.pick(0, units_max / 4);
    if (random.one_in(3) && limit.try_grow(call.hold, more, call.admitted)) {
      on_held(call.admitted, more);
    }
    running.push_back(call);
    if (random.one_in(3)) limit.shrink(running.back().hold, 0);
  }
  while (!running.empty()) settle(running.back());
}

// What all workers together were charged, in the order of admission.
std::vector<Charge> charges_of_all_workers(Limit& limit, unsigned seed, std::int64_t units_max) {
  std::array<std::vector<Charge>, kWorkers> of_workers;
  run_threads(kWorkers, [&](unsigned worker) {
    Random random{seed + worker};
    work(
        limit, random, units_max, [](WallTime, std::int64_t) {},
        [&, worker](WallTime admitted, std::int64_t, std::int64_t used) {
          of_workers[worker].push_back({admitted, used});
        });
  });
  return gather(of_workers);
}

TEST(LimitStress, NoCalendarPeriodEverExceedsItsAmountAndNothingIsLost) {
  constexpr std::int64_t kAmount = 1'000;
  start_clock();
  const auto limit = make_limit({.period = Period::kMinute, .amount = kAmount});
  // Of every minute that the clock can reach.
  std::vector<Shadow> shadows(kWorkers * kCallsPerWorker);
  const auto shadow_of = [&](WallTime time) -> Shadow& {
    const auto minute = (to_unix_ms(time) - to_unix_ms(kStart)) / kMinuteMs;
    return shadows.at(static_cast<std::size_t>(minute));
  };
  std::atomic<std::int64_t> most{0};
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  run_threads(kWorkers, [&](unsigned worker) {
    Random random{seed + worker};
    work(
        *limit, random, kAmount / 3,
        [&](WallTime admitted, std::int64_t units) {
          const auto now = shadow_of(admitted).committed.fetch_add(units) + units;
          auto before = most.load();
          while (before < now && !most.compare_exchange_weak(before, now)) {
          }
        },
        [&](WallTime admitted, std::int64_t units, std::int64_t used) {
          shadow_of(admitted).committed -= units - used;
          shadow_of(admitted).spent += used;
        });
  });
  EXPECT_LE(most, kAmount);
  EXPECT_GT(most, kAmount / 2);
  const auto reading = limit->read(fake_now());
  EXPECT_EQ(reading.held, 0);
  EXPECT_EQ(reading.spent, shadow_of(fake_now()).spent);
}

TEST(LimitStress, NoRollingWindowEverExceedsItsAmountAndNothingIsLost) {
  constexpr std::int64_t kAmount = 1'000;
  start_clock();
  const auto limit =
      make_limit({.period = Period::kMinute, .window = Window::kRolling, .amount = kAmount});
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const auto charges = charges_of_all_workers(*limit, seed, kAmount / 3);
  std::int64_t in_window = 0;
  std::int64_t still_counts = 0;
  const auto counts_from = limit->counts_from(fake_now());
  for (std::size_t first = 0, last = 0; last < charges.size(); ++last) {
    in_window += charges[last].used;
    for (; charges[first].admitted <= charges[last].admitted - std::chrono::minutes{1}; ++first) {
      in_window -= charges[first].used;
    }
    ASSERT_LE(in_window, kAmount) << "in the minute before " << to_unix_ms(charges[last].admitted);
    if (charges[last].admitted >= counts_from) still_counts += charges[last].used;
  }
  const auto reading = limit->read(fake_now());
  EXPECT_EQ(reading.held, 0);
  EXPECT_EQ(reading.spent, still_counts);
  // The total agrees with its slots: exactly what is left can be held.
  EXPECT_FALSE(holds(*limit, kAmount - still_counts + 1, fake_now()));
  EXPECT_TRUE(holds(*limit, kAmount - still_counts, fake_now()));
}

TEST(LimitStress, NoIntervalOfARateHoldsMoreThanABurstAndItsRate) {
  constexpr std::int64_t kAmount = 1'000;
  start_clock();
  const auto limit =
      make_limit({.period = Period::kMinute, .window = Window::kRate, .amount = kAmount});
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  double full_again_ms = 0;
  for (const auto& charge : charges_of_all_workers(*limit, seed, kAmount / 3)) {
    const auto at = static_cast<double>(to_unix_ms(charge.admitted));
    full_again_ms = std::max(full_again_ms, at) +
                    static_cast<double>(charge.used * kMinuteMs) / static_cast<double>(kAmount);
    ASSERT_LE(full_again_ms, at + kMinuteMs + 0.1);
  }
}

TEST(LimitStress, ReservationsOnEveryKindOfLimitAddUpAcrossPeriods) {
  start_clock();
  LimitSet key;
  LimitSet organization;
  auto& total = key.add(make_limit({.id = "limit_total", .amount = 40'000'000}));
  auto& minute = key.add(make_limit(
      {.id = "limit_minute", .metric = Metric::kTokens, .period = Period::kMinute, .amount = 500}));
  auto& calls = organization.add(
      make_limit({.id = "limit_calls", .metric = Metric::kConcurrency, .amount = 9}));
  auto& rolling = organization.add(make_limit({.id = "limit_rolling",
                                               .metric = Metric::kTokens,
                                               .period = Period::kMinute,
                                               .window = Window::kRolling,
                                               .amount = 800}));
  auto& rate = organization.add(make_limit({.id = "limit_rate",
                                            .metric = Metric::kRequests,
                                            .period = Period::kMinute,
                                            .window = Window::kRate,
                                            .amount = 60}));
  const std::array<const LimitSet*, 2> sets{&key, &organization};
  std::array<std::vector<Charge>, kWorkers> of_workers;
  std::atomic<std::int64_t> at_once{0};
  std::atomic<std::int64_t> most_at_once{0};
  std::atomic<std::int64_t> spent{0};
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  run_threads(kWorkers, [&](unsigned worker) {
    Random random{seed + worker};
    std::array<std::pair<Reservation, WallTime>, 4> slots;
    std::array<bool, 4> open{};
    for (int count = 0; count < kCallsPerWorker; ++count) {
      move_clock(random);
      const auto at = static_cast<std::size_t>(count) % slots.size();
      auto& [reservation, admitted] = slots[at];
      if (open[at]) {
        at_once -= 1;
        const auto used = random.pick(0, 100);
        of_workers[worker].push_back({admitted, used});
        spent += used;
        reservation.settle({.money = NanoUsd{used}, .tokens = used});
      }
      admitted = fake_now();
      const Amounts bound{.money = NanoUsd{100}, .tokens = 100};
      open[at] = !reservation.try_hold(sets, "", {bound, bound}, admitted, fake_now);
      if (!open[at]) continue;
      const auto now_at_once = at_once.fetch_add(1) + 1;
      auto before = most_at_once.load();
      while (before < now_at_once && !most_at_once.compare_exchange_weak(before, now_at_once)) {
      }
    }
    for (std::size_t at = 0; at < slots.size(); ++at) {
      if (!open[at]) continue;
      at_once -= 1;
      of_workers[worker].push_back({slots[at].second, 0});
      slots[at].first.release();
    }
  });
  const auto now = fake_now();
  EXPECT_LE(most_at_once, 9);
  EXPECT_EQ(total.read(now).spent, spent);
  for (const auto* limit : {&total, &minute, &calls, &rolling, &rate}) {
    EXPECT_EQ(limit->read(now).held, 0) << limit->rule().id;
  }
  const auto charges = gather(of_workers);
  for (const auto* limit : {&minute, &rolling}) {
    std::int64_t counted = 0;
    for (const auto& charge : charges) {
      if (charge.admitted >= limit->counts_from(now)) counted += charge.used;
    }
    EXPECT_EQ(limit->read(now).spent, counted) << limit->rule().id;
  }
}

TEST(LimitStress, LimitsCanBeSetAndRemovedWhileCallsRun) {
  start_clock();
  LimitSet set;
  auto& always = set.add(make_limit({.id = "limit_always", .amount = 1'000'000'000}));
  const std::array<const LimitSet*, 1> sets{&set};
  std::atomic<bool> done{false};
  std::jthread control{[&] {
    for (int count = 0; count < 300 && !done; ++count) {
      set.add(make_limit({.id = "limit_passing", .period = Period::kMinute, .amount = 1'000'000}));
      always.set_amount(1'000'000'000 + count);
      std::this_thread::yield();
      EXPECT_TRUE(set.remove("limit_passing"));
    }
  }};
  std::atomic<std::int64_t> spent{0};
  run_threads(kWorkers, [&](unsigned worker) {
    Random random{worker};
    for (int count = 0; count < kCallsPerWorker / 4; ++count) {
      move_clock(random);
      Reservation reservation;
      auto now = fake_now();
      const Amounts bound{.money = NanoUsd{100}};
      if (reservation.try_hold(sets, "", {bound, bound}, now, fake_now)) continue;
      const auto used = random.pick(0, 100);
      spent += used;
      reservation.settle({.money = NanoUsd{used}});
    }
  });
  done = true;
  control.join();
  EXPECT_EQ(always.read(fake_now()).spent, spent);
  EXPECT_EQ(always.read(fake_now()).held, 0);
}

}  // namespace
}  // namespace tg::limits
