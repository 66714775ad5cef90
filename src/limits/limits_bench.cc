// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "limits/reservation.h"

namespace tg::limits {
namespace {

// What a call passes: a key, a service account, a project and an organization, which share `count`
// limits of the kinds that `rules` has.
class Owners {
 public:
  Owners(std::int64_t count, std::span<const Rule> rules) {
    for (std::int64_t at = 0; at < count; ++at) {
      const auto index = static_cast<std::size_t>(at);
      Rule rule = rules[index % rules.size()];
      rule.id = "limit_" + std::to_string(at);
      rule.amount = 1'000'000'000'000'000'000;
      sets_[index % sets_.size()].add(*Limit::make(rule)).start_enforcing();
    }
  }
  [[nodiscard]] std::span<const LimitSet* const> sets() const { return levels_; }

 private:
  std::array<LimitSet, 4> sets_;
  std::array<const LimitSet*, 4> levels_{&sets_[0], &sets_[1], &sets_[2], &sets_[3]};
};

const Rule kMonth{.metric = Metric::kMoney, .period = Period::kMonth};
const Rule kTotal{.metric = Metric::kMoney};
const Rule kRolling{
    .metric = Metric::kTokens, .period = Period::kMinute, .window = Window::kRolling};
const Rule kRate{.metric = Metric::kRequests, .period = Period::kMinute, .window = Window::kRate};
const std::array kEach{kMonth, kRolling, kRate, kTotal};

void hold_and_settle(benchmark::State& state, std::span<const Rule> rules) {
  static std::unique_ptr<Owners> owners;
  if (state.thread_index() == 0) owners = std::make_unique<Owners>(state.range(0), rules);
  const Amounts bound{.money = NanoUsd{1'000'000}, .tokens = 2'000};
  const Claim claim{.bound = bound, .untrusted = bound};
  for (auto _ : state) {
    Reservation reservation;
    auto now = wall_now();
    benchmark::DoNotOptimize(reservation.try_hold(owners->sets(), "gpt-5", claim, now));
    reservation.settle({.money = NanoUsd{400'000}, .tokens = 900});
  }
}

// Part of each of the others.
void clock_alone(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(wall_now());
}
BENCHMARK(clock_alone);

void no_limits(benchmark::State& state) { hold_and_settle(state, kEach); }
BENCHMARK(no_limits)->Arg(0);

void limits_of_each_kind(benchmark::State& state) { hold_and_settle(state, kEach); }
BENCHMARK(limits_of_each_kind)->Arg(1)->Arg(4)->Arg(8)->Arg(16);
BENCHMARK(limits_of_each_kind)->Arg(4)->Threads(2)->UseRealTime();

void calendar(benchmark::State& state) { hold_and_settle(state, {&kMonth, 1}); }
BENCHMARK(calendar)->Arg(1)->Arg(8);
void rolling(benchmark::State& state) { hold_and_settle(state, {&kRolling, 1}); }
BENCHMARK(rolling)->Arg(1)->Arg(8);
void rate(benchmark::State& state) { hold_and_settle(state, {&kRate, 1}); }
BENCHMARK(rate)->Arg(1)->Arg(8);
void total(benchmark::State& state) { hold_and_settle(state, {&kTotal, 1}); }
BENCHMARK(total)->Arg(1)->Arg(8);

// The dearest refusal: every slot is looked at.
void refused_by_a_rolling_window(benchmark::State& state) {
  LimitSet set;
  Rule rule = kRolling;
  rule.id = "limit_full";
  rule.amount = 59;
  set.add(*Limit::make(rule)).start_enforcing();
  auto& limit = *set.limits().front();
  auto now = wall_now() - std::chrono::minutes{1};
  for (int slot = 0; slot < 59; ++slot, now += std::chrono::milliseconds{1017}) limit.add(1, now);
  const std::array<const LimitSet*, 1> sets{&set};
  const Amounts bound{.tokens = 2'000};
  for (auto _ : state) {
    Reservation reservation;
    benchmark::DoNotOptimize(reservation.try_hold(sets, "gpt-5", {bound, bound}, now));
  }
}
BENCHMARK(refused_by_a_rolling_window);

}  // namespace
}  // namespace tg::limits

BENCHMARK_MAIN();
