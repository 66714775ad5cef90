// SPDX-License-Identifier: Apache-2.0
#include "simulation/life.h"

namespace tg::simulation {

Life::Life(store::Database& database, ledger::SimulatedDisk& disk, const LifeOptions& options)
    : transfer_{database, kJournalFolder, options.epoch, options.workers, disk},
      sync_{disk, kJournalFolder} {}

Result<std::unique_ptr<Life>> Life::start(store::Database& database, ledger::SimulatedDisk& disk,
                                          const LifeOptions& options) {
  std::unique_ptr<Life> life{new Life{database, disk, options}};
  for (std::uint16_t worker = 0; worker < options.workers; ++worker) {
    TG_TRY(auto journal, ledger::Journal::open({.folder = kJournalFolder,
                                                .epoch = options.epoch,
                                                .worker = worker,
                                                .segment_bytes = options.segment_bytes,
                                                .bytes_max = options.bytes_max,
                                                .disk = &disk}));
    life->journals_.push_back(std::move(journal));
  }
  return life;
}

std::vector<ledger::JournalPosition> Life::positions() const {
  std::vector<ledger::JournalPosition> positions;
  for (const auto& journal : journals_) positions.push_back(journal->position());
  return positions;
}

limits::LimitSet& Life::set_of(const PlacedRule& placed) {
  switch (placed.by) {
    case ledger::SpentBy::kKey: return keys_.at(placed.place);
    case ledger::SpentBy::kOwner: return owners_.at(placed.place);
    case ledger::SpentBy::kProject: return projects_.at(placed.place);
    case ledger::SpentBy::kOrganization: break;
  }
  return organization_;
}

std::array<const limits::LimitSet*, ledger::kLevels> Life::owners(std::size_t key) const {
  return {&keys_.at(key), &owners_.at(owner_of(key)), &projects_.at(project_of(key)),
          &organization_};
}

}  // namespace tg::simulation
