// SPDX-License-Identifier: Apache-2.0
// The server's ends and starts, its transfer and its sync, and what goes wrong beneath them.
#include <soci/soci.h>

#include <algorithm>
#include <iterator>

#include "ledger/limit_restore.h"
#include "ledger/transfer.h"
#include "ledger/broken_targets.h"
#include "simulation/simulation.h"
#include "simulation/trace.h"

namespace tg::simulation {
namespace {

using Fault = store::Database::Fault;

}  // namespace

void Simulation::empty_database() {
  database_.set_fault(Fault::kNone);
  const auto emptied = database_.write([](soci::session& session) -> Result<void> {
    for (const auto* table :
         {"usage_events", "usage_blocks", "usage_pending", "usage_due", "spend_slices",
          "journal_epochs", "journal_positions", "clock_floor", "broken_targets"}) {
      session << std::string{"DELETE FROM "} + table;
    }
    return {};
  });
  TG_CHECK(emptied.has_value());
}

void Simulation::stop_server(End end) {
  trace(end == End::kPowerLost ? "the power goes" : "kill -9", running_.size());
  latest_seen_ = std::max(latest_seen_, wall_now());
  if (end == End::kPowerLost) {
    disk_.lose_power(random_.engine());
  } else {
    disk_.crash();
  }
  // Nobody settles what was open; a reservation that is destroyed would look for that.
  static auto& graveyard = *new std::vector<std::unique_ptr<Running>>;
  graveyard.insert(graveyard.end(), std::make_move_iterator(running_.begin()),
                   std::make_move_iterator(running_.end()));
  running_.clear();
  for (auto& live : limits_) {
    live.limit = nullptr;
    if (!live.complete()) live.excused = true;
    // A settlement that the power took is an interruption again, charged up to all that was held.
    if (end == End::kPowerLost && live.changed) live.excused = true;
    for (const auto& call : oracle_.calls()) {
      const bool open = call.number < live.first_call && call.holds();
      if (open && live.placed.covers(call.admission)) live.excused = true;
    }
  }
  life_.reset();
  disk_.restart();
  ++told_.restarts;
  if (violated()) return;
  // What was in the ledger before stays in it; the rest is told when it is recovered.
  const auto fault_free = [&]() -> Result<void> {
    TG_TRY(const auto rows, read_rows(database_));
    const auto wrong = oracle_.compare(rows, first_of_life_, End::kRunning);
    if (!wrong.empty()) violate(wrong);
    return {};
  };
  insist(fault_free);
  clock_.forget_floor();
  if (random_.chance(20)) {
    clock_.advance(std::chrono::milliseconds{-random_.skewed(3LL * 86'400'000)});
  } else {
    clock_.advance(std::chrono::milliseconds{random_.skewed(3'600'000)});
  }
  ended_by_ = end;
}

void Simulation::start_server() {
  if (!healed_ && random_.chance(15)) toggle_fault();
  ledger::Recovered recovered;
  insist([&]() -> Result<void> {
    TG_TRY(recovered, ledger::recover_journals(database_, kJournalFolder, disk_));
    return {};
  });
  if (violated()) return;
  trace("recovered", recovered.epoch, recovered.settled_calls, recovered.interrupted_calls,
        recovered.void_calls);
  if (ended_by_ == End::kKilled && recovered.damaged_records + recovered.lost_calls > 0) {
    return violate("a kill damaged the journal");
  }
  latest_ = wall_now();
  check_ledger(ended_by_);
  if (violated()) return;
  first_of_life_ = oracle_.next_number();
  insist([&]() -> Result<void> {
    life_options_.epoch = recovered.epoch;
    TG_TRY(life_, Life::start(database_, disk_, life_options_));
    return {};
  });
  if (violated()) return;
  recall_broken_targets();
  restore_limits();
}

void Simulation::recall_broken_targets() {
  insist([&]() -> Result<void> {
    TG_TRY(const auto broken, ledger::broken_targets(database_));
    for (const auto& target : broken) {
      for (const auto& model : world_.models()) {
        if (model.name == target.upstream_model) life_->target(model).set_broke_its_word(true);
      }
    }
    return {};
  });
}

void Simulation::restore_limits() {
  insist([&]() -> Result<void> {
    std::vector<std::unique_ptr<limits::Limit>> made;
    std::vector<ledger::RestoredLimit> to_restore;
    for (const auto& live : limits_) {
      TG_TRY(auto limit, limits::Limit::make(live.placed.rule));
      to_restore.push_back({.spender = live.placed.spender(), .limit = *limit});
      made.push_back(std::move(limit));
    }
    const auto now = wall_now();
    TG_TRY_DONE(ledger::restore_limits(database_, to_restore, now));
    for (std::size_t i = 0; i < limits_.size(); ++i) {
      auto& live = limits_[i];
      made[i]->start_enforcing();
      live.limit = &life_->set_of(live.placed).add(std::move(made[i]));
      live.first_call = 0;
      live.changed = false;
      live.cut.clear();
      // Power loss took the calls that had moved the clock: an earlier period is looked at again,
      // and with it whatever had put that one over its amount.
      if (now < latest_seen_) live.excused = true;
      live.restored_at = now;
      // What has left such a window by a part of a slice is counted again.
      if (live.placed.rule.window != limits::Window::kCalendar) live.excused = true;
    }
    return {};
  });
}

void Simulation::transfer_step() {
  const auto cut = std::ranges::find_if(limits_, [](const auto& live) { return !live.complete(); });
  // Nothing beyond a cut may be in the ledger before it was asked.
  if (cut != limits_.end()) return pursue_cut(*cut);
  const auto step = life_->transfer().step();
  trace("transfer", step ? static_cast<int>(*step) : -1);
  if (random_.chance(10)) check_ledger(End::kRunning);
}

bool Simulation::sync_step() {
  const auto synced = life_->sync().run();
  trace("sync", synced.has_value());
  if (synced) oracle_.on_sync(first_of_life_);
  return synced.has_value();
}

void Simulation::toggle_fault() {
  if (healed_) return;
  const auto kind = random_.below(10);
  trace("fault", kind);
  if (kind < 2) return lift_faults();
  if (kind < 4) return database_.set_fault(Fault::kAway);
  if (kind < 6) return database_.set_fault(Fault::kAnswerLost);
  if (kind == 6) return disk_.set_full(random_.chance(60));
  if (kind == 7) return disk_.set_read_only(random_.chance(60));
  if (kind == 8) return disk_.fail_syncs(static_cast<int>(random_.between(1, 3)));
  database_.set_fault(Fault::kNone);
}

void Simulation::lift_faults() {
  database_.set_fault(Fault::kNone);
  disk_.set_full(false);
  disk_.set_read_only(false);
  disk_.fail_syncs(0);
}

}  // namespace tg::simulation
