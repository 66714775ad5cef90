// SPDX-License-Identifier: Apache-2.0
// The same histories each time, so that what fails here fails again; `tollgate-sim` and ./dev proof
// draw new ones. TOLLGATE_SEED and TOLLGATE_HISTORIES say which and how many; a failure names its
// seed, which tollgate-sim replays.
#include <gtest/gtest.h>

#include <cstdlib>

#include "config/settings.h"
#include "simulation/bench.h"

namespace tg::simulation {
namespace {

std::int64_t number(const char* name, std::int64_t unless_set) {
  const auto asked = config::process_environment(name);
  return asked ? std::strtoll(asked->c_str(), nullptr, 10) : unless_set;
}

TEST(SimulationTest, NothingIsLostDoubledOrOverInAnyHistory) {
  const auto first = static_cast<std::uint64_t>(number("TOLLGATE_SEED", 1));
  Bench bench{false};
  const auto found =
      bench.run({.first_seed = first, .mode = {}, .histories = number("TOLLGATE_HISTORIES", 2000)});
  EXPECT_EQ(found.violation, "") << "tollgate-sim --seed " << found.seed << " --mode "
                                 << (found.mode == Mode::kSafety ? "safety" : "liveness");
  EXPECT_GT(found.calls, found.histories);
  std::printf("first seed %llu: %lld histories, %lld calls, %.0f s\n",
              static_cast<unsigned long long>(first), static_cast<long long>(found.histories),
              static_cast<long long>(found.calls), found.seconds);
}

TEST(SimulationTest, TheSameSeedIsTheSameHistory) {
  Bench bench{false};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto mode = seed % 2 == 0 ? Mode::kSafety : Mode::kLiveness;
    const auto once = bench.run_one(seed, mode);
    const auto again = bench.run_one(seed, mode);
    EXPECT_EQ(once.trace, again.trace) << seed;
    EXPECT_NE(once.trace, bench.run_one(seed + 1000, mode).trace) << seed;
  }
}

}  // namespace
}  // namespace tg::simulation
