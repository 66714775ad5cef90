// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "config/snapshot.h"
#include "providers/catalogue.h"
#include "store/database.h"

// Turns the operator's providers and the catalogue into what a call reads: routes, prices,
// defaults.
//
// Routes:     every model that a provider's list names; for a provider without a list, every priced
//             model of its part of the catalogue. A model of several providers has several targets,
//             the oldest provider first. The operator's own routes replace these.
// Successors: a name that is gone (not listed, or past the day it retires where there is no list)
//             goes to the operator's choice, else to the first shipped candidate that is served and
//             has a price. A name that an upstream still lists is never redirected.
// Prices:     the operator's for that provider, else the operator's for all, else the catalogue's.
// The sandbox is no route: test keys go there whatever they name.
//
// Threading:  control threads; reads the database once.
// Errors:     kDatabase, kCorrupt (a credential that the master key does not open).
namespace tg::providers {

// `states` outlives the snapshot's building; null: the snapshot is only looked at.
[[nodiscard]] Result<std::shared_ptr<const config::Snapshot>> build_snapshot(
    store::Database& database, const SecretBytes& master_key, const Catalogue& catalogue,
    config::TargetStates* states = nullptr, WallTime now = wall_now());

// What `providers add` shows and operators may change: "gpt-4 → gpt-4.1", by name.
struct Redirection {
  std::string asked;
  std::string served;
};
[[nodiscard]] std::vector<Redirection> redirections(const config::Snapshot& snapshot);

}  // namespace tg::providers
