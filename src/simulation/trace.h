// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdio>

#include "simulation/simulation.h"

// For this room's own files: what happened, hashed (FNV-1a) and told.
namespace tg::simulation {

template <typename... Values>
void Simulation::trace(const char* what, const Values&... values) {
  const auto add = [this](std::uint64_t number) {
    told_.trace = (told_.trace ^ number) * 1'099'511'628'211U;
  };
  for (const char* letter = what; *letter != 0; ++letter) add(static_cast<unsigned char>(*letter));
  (add(static_cast<std::uint64_t>(values)), ...);
  if (!history_.verbose) return;
  std::string line = fmt::format("{:5} {} {}", step_number_, format_utc(wall_now()), what);
  ((line += fmt::format(" {}", static_cast<std::int64_t>(values))), ...);
  line += '\n';
  (void)std::fputs(line.c_str(), stdout);
}

template <typename Act>
void Simulation::insist(const Act& act) {
  for (int tries = 0; tries < 5 && !violated(); ++tries) {
    const Result<void> done = act();
    if (done) return;
    trace("tried in vain", static_cast<int>(done.error().code));
    if (tries > 0) lift_faults();
  }
  violate("what must work without faults does not");
}

}  // namespace tg::simulation
