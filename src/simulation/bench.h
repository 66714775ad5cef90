// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "simulation/simulation.h"
#include "store/database.h"

// Where many histories run, one after the other, on one database in memory.
//
// Threading:  one thread; one in a process.
// Failure:    a check inside the code under test ends the process; the seed is told before.
namespace tg::simulation {

class Bench {
 public:
  explicit Bench(bool verbose);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  struct Order {
    std::uint64_t first_seed = 0;
    std::optional<Mode> mode;  // none: in turns
    std::int64_t histories = 0;
  };
  struct Found {
    std::string violation;  // of the first history that failed, which is the last that ran
    std::uint64_t seed = 0;
    Mode mode = Mode::kSafety;
    std::int64_t histories = 0;
    std::int64_t calls = 0;
    std::int64_t refusals = 0;
    std::int64_t restarts = 0;
    double seconds = 0;
  };
  [[nodiscard]] Found run(const Order& order);
  [[nodiscard]] Told run_one(std::uint64_t seed, Mode mode);

 private:
  bool verbose_;
  int standard_error_ = -1;  // kept, while logs go nowhere
  std::filesystem::path folder_;
  std::unique_ptr<store::Database> database_;
};

}  // namespace tg::simulation
