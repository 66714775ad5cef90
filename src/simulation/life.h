// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "config/target_state.h"
#include "ledger/journal.h"
#include "ledger/journal_sync.h"
#include "ledger/refusal.h"
#include "ledger/simulated_disk.h"
#include "ledger/transfer_pass.h"
#include "simulation/world.h"

// One life of a server, from its start to its end: all that is gone afterwards.
//
// Threading:  one thread.
// Errors:     those of the journals.
namespace tg::simulation {

inline constexpr const char* kJournalFolder = "journal";

struct LifeOptions {
  std::uint32_t epoch = 0;
  std::uint16_t workers = 1;
  std::uint64_t segment_bytes = 0;
  std::uint64_t bytes_max = 0;
};

class Life {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Life>> start(store::Database& database,
                                                           ledger::SimulatedDisk& disk,
                                                           const LifeOptions& options);

  [[nodiscard]] std::size_t workers() const { return journals_.size(); }
  [[nodiscard]] ledger::Journal& journal(std::size_t worker) { return *journals_[worker]; }
  [[nodiscard]] std::vector<ledger::JournalPosition> positions() const;
  [[nodiscard]] ledger::TransferPass& transfer() { return transfer_; }
  [[nodiscard]] ledger::SyncPass& sync() { return sync_; }
  [[nodiscard]] limits::LimitSet& set_of(const PlacedRule& placed);
  [[nodiscard]] std::array<const limits::LimitSet*, ledger::kLevels> owners(std::size_t key) const;
  [[nodiscard]] config::TargetState& target(const config::Model& model) {
    return *targets_.of(ProviderId{"prov_1"}, model.name);
  }

 private:
  Life(store::Database& database, ledger::SimulatedDisk& disk, const LifeOptions& options);

  std::vector<std::unique_ptr<ledger::Journal>> journals_;
  ledger::TransferPass transfer_;
  ledger::SyncPass sync_;
  config::TargetStates targets_;
  std::array<limits::LimitSet, kKeys> keys_;
  std::array<limits::LimitSet, kOwners> owners_;
  std::array<limits::LimitSet, kProjects> projects_;
  limits::LimitSet organization_;
};

}  // namespace tg::simulation
