// SPDX-License-Identifier: Apache-2.0
#include "simulation/simulation.h"

#include "simulation/trace.h"

namespace tg::simulation {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;

constexpr int kStepsMin = 40;
constexpr int kStepsMore = 260;
constexpr WallTime kStart{milliseconds{1'795'521'600'000}};  // 2026-11-24, noon

// As many steps as any rest could need: each moves a call or a batch on.
constexpr int kRestMax = 10'000;

}  // namespace

std::uint64_t next_seed(std::uint64_t seed) {
  auto mixed = seed + 0x9e3779b97f4a7c15U;  // splitmix64
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

Simulation::Simulation(store::Database& database, const History& history)
    : database_{database}, history_{history}, random_{history.seed}, clock_{kStart} {
  told_.trace = 14'695'981'039'346'656'037U;
  empty_database();
  clock_.advance(milliseconds{random_.below(400LL * 86'400'000)});
  durability_ = static_cast<Durability>(random_.below(3));
  may_lie_ = random_.chance(50);
  life_options_.workers = static_cast<std::uint16_t>(random_.between(1, 3));
  life_options_.segment_bytes = static_cast<std::uint64_t>(random_.between(2, 8)) * 8192;
  life_options_.bytes_max =
      life_options_.segment_bytes * static_cast<std::uint64_t>(random_.chance(30) ? 3 : 64);
}

Told Simulation::run() {
  start_server();
  for (auto limits = random_.between(0, 5); limits > 0 && !violated(); --limits) add_limit();
  const auto steps = kStepsMin + random_.below(kStepsMore);
  for (step_number_ = 1; step_number_ <= steps && !violated(); ++step_number_) {
    if (history_.mode == Mode::kLiveness && step_number_ == steps * 2 / 3) {
      lift_faults();
      healed_ = true;
      trace("all faults stop");
      if (!life_->sync().healthy()) {
        stop_server(End::kKilled);
        start_server();
      }
    }
    step();
    if (!violated()) check_limits();
  }
  if (!violated()) come_to_an_end();
  // A call that a violation left open is open for ever.
  sweep();
  for (auto& call : running_) (void)call.release();
  return told_;
}

void Simulation::step() {
  const auto kind = random_.below(100);
  if (kind < 75) return step_calls();
  if (kind < 95) return step_machine();
  step_limits();
}

void Simulation::step_calls() {
  const auto kind = random_.below(100);
  if (running_.empty() || (kind < 35 && running_.size() < 30)) return start_call();
  if (kind < 42) return abort_call();
  advance_call(*any_call());
  sweep();
}

void Simulation::step_machine() {
  const auto kind = random_.below(100);
  if (kind < 30) return transfer_step();
  if (kind < 45) {
    (void)sync_step();
    return;
  }
  if (kind < 50) return disk_.write_back(random_.engine());
  if (kind < 75) {
    clock_.advance(
        milliseconds{1 + random_.skewed(random_.chance(40) ? 40LL * 86'400'000 : 3'600'000)});
    trace("the clock goes on");
  } else if (kind < 79) {
    clock_.advance(milliseconds{-1 - random_.skewed(2LL * 86'400'000)});
    trace("the clock is set back");
  } else if (kind < 90) {
    return toggle_fault();
  } else if (!healed_) {
    stop_server(random_.chance(50) ? End::kPowerLost : End::kKilled);
    if (!violated()) start_server();
  }
  const auto now = wall_now();
  if (now < latest_) violate("the clock that money goes by went back");
  latest_ = now;
}

void Simulation::step_limits() {
  for (auto& live : limits_) {
    if (!live.complete() && random_.chance(70)) return pursue_cut(live);
  }
  const auto kind = random_.below(10);
  if (kind < 4 && limits_.size() < 12) return add_limit();
  if (kind < 8) return set_amount();
  remove_limit();
}

// All calls settle, and all of them are in the ledger.
void Simulation::come_to_rest() {
  int rest = 0;
  while (!running_.empty() && !violated() && ++rest < kRestMax) {
    ++step_number_;
    advance_call(*any_call());
    sweep();
    if (!violated()) check_limits();
  }
  for (auto& live : limits_) {
    for (rest = 0; !live.complete() && !violated() && ++rest < kRestMax;) pursue_cut(live);
  }
  auto last = ledger::TransferPass::Step::kSome;
  for (rest = 0; last != ledger::TransferPass::Step::kNothing && ++rest < kRestMax;) {
    const auto step = life_->transfer().step();
    if (!step) return violate("the transfer fails without a fault");
    last = *step;
  }
  if (rest >= kRestMax) violate("the transfer does not come to an end");
}

void Simulation::come_to_an_end() {
  if (history_.mode == Mode::kSafety) {
    stop_server(random_.chance(50) ? End::kPowerLost : End::kKilled);
    if (!violated()) start_server();
    if (!violated()) check_limits();
    lift_faults();
  }
  come_to_rest();
  if (violated()) return;
  check_limits();
  check_nothing_is_held();
  // All have settled, and the disk is as it should be: to a start, this is a clean end.
  if (!violated()) check_ledger(End::kKilled);
  if (!violated()) verify_ledger();
  for (int calls = 0; calls < 3 && !violated(); ++calls) start_call();
  come_to_rest();
  if (!violated()) stop_server(End::kKilled);
  if (!violated()) start_server();
  if (!violated()) check_limits();
}

void Simulation::violate(std::string what) {
  if (!violated()) told_.violation = std::move(what);
  trace("VIOLATED");
}

}  // namespace tg::simulation
