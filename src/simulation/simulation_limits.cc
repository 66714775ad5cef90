// SPDX-License-Identifier: Apache-2.0
// Limits come, change and go; what they tell is held against the oracle after every step.
#include <fmt/format.h>

#include <algorithm>

#include "ledger/limit_restore.h"
#include "ledger/verify.h"
#include "simulation/simulation.h"
#include "simulation/trace.h"

namespace tg::simulation {
namespace {

using limits::Metric;
using limits::Window;
using std::chrono::milliseconds;

// A rolling window's slots, as rolling_limit.h describes them.
constexpr std::int64_t kSlots = 60;

milliseconds slot_of(const limits::Rule& rule) {
  const auto length = limits::length(rule.period).count();
  return milliseconds{(length + kSlots - 2) / (kSlots - 1)};
}

bool is_rate(const limits::Rule& rule) { return rule.window == Window::kRate; }

// The longest time of which a restored limit knows only the sum.
milliseconds grain_of(const limits::Rule& rule) {
  return std::min<milliseconds>(limits::length(rule.period) / kSlots, ledger::kSliceLength);
}

}  // namespace

// As cli/live_limits.cc does it, a step at a time: other calls go on between the cut and the
// restore.
void Simulation::add_limit() {
  if (std::ranges::any_of(limits_, [](const auto& live) { return !live.complete(); })) return;
  LiveLimit added{.placed = world_.draw_rule(random_)};
  auto made = limits::Limit::make(added.placed.rule);
  if (!made) return violate("a rule that was checked makes no limit");
  added.cut = life_->positions();
  added.cut_at = wall_now();
  added.first_call = oracle_.next_number();
  added.changed = true;
  added.limit = &life_->set_of(added.placed).add(*std::move(made));
  const auto& rule = added.placed.rule;
  trace("limit added", static_cast<int>(rule.metric), static_cast<int>(rule.period),
        static_cast<int>(rule.window), rule.amount, rule.hard, rule.trusts_upstream);
  limits_.push_back(std::move(added));
}

void Simulation::pursue_cut(LiveLimit& added) {
  const auto step = life_->transfer().step(added.cut);
  trace("transfer to the cut", step ? static_cast<int>(*step) : -1);
  if (!step || *step != ledger::TransferPass::Step::kNothing) return;
  const auto restored =
      ledger::restore_limit(database_, added.placed.spender(), *added.limit, added.cut_at);
  if (!restored) return;
  added.limit->start_enforcing();
  added.cut.clear();
  added.restored_at = added.cut_at;
  added.excused = true;  // it starts over its amount, or not
  trace("limit enforced");
}

void Simulation::set_amount() {
  if (limits_.empty()) return;
  auto& live =
      limits_[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(limits_.size())))];
  auto& rule = live.placed.rule;
  rule.amount = World::draw_amount(random_, rule.metric);
  live.limit->set_amount(rule.amount, wall_now());
  live.changed = true;
  live.excused = true;  // lowered below what is committed already, or not: the next look tells
  trace("amount set", rule.amount);
}

void Simulation::remove_limit() {
  if (limits_.empty()) return;
  const auto at = random_.below(static_cast<std::int64_t>(limits_.size()));
  const auto found = limits_.begin() + at;
  if (!found->complete()) return;
  trace("limit removed", at);
  if (!life_->set_of(found->placed).remove(found->placed.rule.id)) {
    violate("a limit cannot be removed");
  }
  limits_.erase(found);
}

void Simulation::check_limits() {
  const auto now = wall_now();
  for (auto& live : limits_) {
    if (live.limit != nullptr && !violated()) check_limit(live, now);
  }
}

void Simulation::check_limit(LiveLimit& live, WallTime now) {
  const auto reading = live.limit->read(now);
  const auto& rule = live.placed.rule;
  if (reading.spent + reading.held <= reading.amount) {
    live.excused = false;
  } else if (live.limit->refuses() && !live.excused) {
    return violate(fmt::format("{} is over: spent {}, held {}, amount {}", rule.id, reading.spent,
                               reading.held, reading.amount));
  }
  if (reading.amount != rule.amount) return violate(fmt::format("{}: amount", rule.id));
  if (rule.metric == Metric::kConcurrency && reading.spent != 0) {
    return violate("calls at once are told as spent");
  }
  if (is_rate(rule)) return;
  if (live.complete() && rule.metric != Metric::kConcurrency) check_spent(live, reading, now);
  if (!violated()) check_held(live, reading, now);
}

void Simulation::check_spent(const LiveLimit& live, const limits::Reading& reading, WallTime now) {
  const auto& rule = live.placed.rule;
  auto least = std::int64_t{0};
  auto most = std::int64_t{0};
  if (rule.window == Window::kCalendar) {
    const auto period = period_of(rule, now);
    least = most = oracle_.used(live.placed, period.begin, period.end);
  } else {
    const auto length = limits::length(rule.period);
    const auto slots = slot_of(rule) * kSlots;
    const bool restored_within = now - live.restored_at <= slots + grain_of(rule);
    const auto wider = restored_within ? grain_of(rule) : milliseconds{0};
    least = oracle_.used(live.placed, now - length, WallTime::max());
    most = oracle_.used(live.placed, now - slots - wider, WallTime::max());
  }
  if (reading.spent >= least && reading.spent <= most) return;
  violate(fmt::format("{}: spent is {}, should be {} to {}", rule.id, reading.spent, least, most));
}

void Simulation::check_held(const LiveLimit& live, const limits::Reading& reading, WallTime now) {
  const auto& rule = live.placed.rule;
  const bool rolling = rule.window == Window::kRolling;
  const auto from = rolling ? now - limits::length(rule.period) : period_of(rule, now).begin;
  const auto perhaps_from = rolling ? now - slot_of(rule) * kSlots : from;
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (const auto& call : running_) {
    const auto& known = oracle_.calls()[static_cast<std::size_t>(call->number)];
    if (known.number < live.first_call || !live.placed.covers(known.admission)) continue;
    const bool counts = rule.metric == Metric::kMoney || rule.metric == Metric::kTokens;
    const auto units = rule.metric == Metric::kMoney ? known.admission.held.count() : 1;
    if (known.admission.at >= from) least += units;
    if (known.admission.at >= perhaps_from) most += counts ? (std::int64_t{1} << 50U) : 1;
  }
  if (reading.held >= least && reading.held <= most) return;
  violate(fmt::format("{}: held is {}, should be {} to {}", rule.id, reading.held, least, most));
}

void Simulation::check_ledger(End end) {
  LedgerRows rows;
  const auto look = [&]() -> Result<void> {
    TG_TRY(rows, read_rows(database_));
    return {};
  };
  if (end == End::kRunning) {
    if (!look()) return;  // it is away
  } else {
    insist(look);
    lift_faults();
  }
  if (violated()) return;
  for (const auto& [id, row] : rows) {
    if (from_unix_ms(row.admitted_ms) > wall_now()) {
      return violate("the clock that money goes by is behind what it has charged");
    }
  }
  if (auto wrong = oracle_.compare(rows, first_of_life_, end); !wrong.empty()) {
    return violate(std::move(wrong));
  }
  if (end == End::kRunning) return;
  if (auto wrong = first_disagreement(database_); !wrong.empty()) violate(std::move(wrong));
}

// The operator's own proof says the same: the journal, the ledger and the limits agree.
void Simulation::verify_ledger() {
  ledger::VerifyOptions options{.journal_folder = kJournalFolder, .running = true, .disk = &disk_};
  const auto now = wall_now();
  for (const auto& live : limits_) {
    options.live.push_back({.spender = live.placed.spender(),
                            .rule = live.placed.rule,
                            .counts_from = live.limit->counts_from(now),
                            .spent = live.limit->read(now).spent});
  }
  const auto report = ledger::verify_ledger(database_, options);
  if (!report) return violate("the ledger cannot be verified");
  if (const auto& found = report->difference) {
    violate(fmt::format("verify: {}: expected {}, found {}", found->what, found->expected,
                        found->found));
  }
}

void Simulation::check_nothing_is_held() {
  const auto now = wall_now();
  for (const auto& live : limits_) {
    const auto reading = live.limit->read(now);
    if (reading.held != 0) {
      violate(fmt::format("{} holds {} when no call runs", live.placed.rule.id, reading.held));
    }
  }
}

}  // namespace tg::simulation
