// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/call_account.h"
#include "simulation/fake_clock.h"
#include "simulation/life.h"
#include "simulation/oracle.h"
#include "simulation/random.h"
#include "simulation/upstream.h"
#include "simulation/world.h"

// One history of the real money code, from one seed: calls, faults, ends and starts in an order
// that chance chooses, against an oracle that looks after every step.
//
// Threading:  one thread, one at a time in a process.
// Lifetime:   the database outlives it, and is emptied by its constructor.
namespace tg::simulation {

enum class Mode : std::uint8_t {
  kSafety,    // faults everywhere, to the end: nothing false may ever be seen
  kLiveness,  // at some point all faults stop for good: then everything must come to its end
};

struct History {
  std::uint64_t seed = 0;
  Mode mode = Mode::kSafety;
  bool verbose = false;
};

struct Told {
  std::string violation;    // empty: none
  std::uint64_t trace = 0;  // the same for the same seed
  std::int64_t calls = 0;
  std::int64_t refusals = 0;
  std::int64_t restarts = 0;
};

class Simulation {
 public:
  Simulation(store::Database& database, const History& history);
  [[nodiscard]] Told run();

 private:
  struct Running {
    Order order;
    std::int64_t number = 0;  // the oracle's
    std::unique_ptr<ledger::CallAccount> account;
    std::optional<Upstream> upstream;
    openai::Answer answer;
    bool sent = false;
  };
  struct LiveLimit {
    PlacedRule placed;
    limits::Limit* limit = nullptr;
    std::int64_t first_call = 0;               // those before do not hold on it
    std::vector<ledger::JournalPosition> cut;  // not empty: what was before is not restored yet
    WallTime cut_at;
    WallTime restored_at = WallTime::min();
    bool changed = false;  // in this life: calls that were held before it do not fit it
    bool excused = false;  // why it is over its amount is known
    [[nodiscard]] bool complete() const { return cut.empty(); }
  };
  // What a call asks of a limit at first, by the rules of the room ledger/.
  struct Asked {
    ledger::Bound bound;
    ledger::Bound untrusted;
    std::int64_t first_output = 0;
    [[nodiscard]] std::int64_t of(const limits::Rule& rule) const;
  };

  // The scheduler (simulation.cc)
  void step();
  void step_calls();
  void step_machine();
  void step_limits();
  void come_to_an_end();
  void come_to_rest();

  // Calls (simulation_calls.cc)
  void start_call();
  void judge_start(const Order& order, const Asked& asked, const ledger::Refusal* refusal,
                   const ledger::CallAccount& account, const std::vector<limits::Reading>& before);
  [[nodiscard]] Asked ask(const Order& order);
  void advance_call(Running& call);
  void send(Running& call);
  void pass_piece(Running& call);
  void finish(Running& call, ledger::CallAccount::End end);
  void judge_charge(const Running& call);
  void abort_call();
  Running* any_call();
  void sweep();

  // Machine (simulation_machine.cc)
  void empty_database();
  void stop_server(End end);
  void start_server();
  void restore_limits();
  void recall_broken_targets();
  void transfer_step();
  bool sync_step();
  void toggle_fault();
  void lift_faults();
  // Until it works: after some tries without faults.
  template <typename Act>
  void insist(const Act& act);

  // Limits (simulation_limits.cc)
  void add_limit();
  void pursue_cut(LiveLimit& added);
  void set_amount();
  void remove_limit();
  void check_limits();
  void check_limit(LiveLimit& live, WallTime now);
  void check_spent(const LiveLimit& live, const limits::Reading& reading, WallTime now);
  void check_held(const LiveLimit& live, const limits::Reading& reading, WallTime now);
  void check_ledger(End end);
  void check_nothing_is_held();
  void verify_ledger();

  template <typename... Values>
  void trace(const char* what, const Values&... values);
  void violate(std::string what);
  [[nodiscard]] bool violated() const { return !told_.violation.empty(); }

  WallTime latest_seen_;  // by any server before this one
  store::Database& database_;
  const History history_;
  Random random_;
  FakeClock clock_;
  World world_;
  ledger::SimulatedDisk disk_;
  std::unique_ptr<Life> life_;
  Oracle oracle_;
  std::vector<std::unique_ptr<Running>> running_;
  std::vector<LiveLimit> limits_;
  Told told_;
  LifeOptions life_options_;
  enum class Durability : std::uint8_t { kProcess, kInterval, kCall } durability_{};
  std::int64_t first_of_life_ = 0;  // the number of its first call
  End ended_by_ = End::kKilled;
  WallTime latest_;  // that wall_now() has told in this life
  bool healed_ = false;
  bool may_lie_ = false;
  int step_number_ = 0;
};

// The next history's seed follows from the last one's, so that one number names a run of many.
[[nodiscard]] std::uint64_t next_seed(std::uint64_t seed);

}  // namespace tg::simulation
