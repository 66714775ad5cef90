// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

// The only source of chance in a history. Own arithmetic, because the standard's distributions
// differ between libraries, and a seed must mean the same history everywhere.
//
// Threading:  one thread.
namespace tg::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_{seed} {}

  // 0 … n - 1
  [[nodiscard]] std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(engine_() %
                                     static_cast<std::uint64_t>(std::max<std::int64_t>(1, n)));
  }
  [[nodiscard]] std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + below(most - least + 1);
  }
  [[nodiscard]] bool chance(int percent) { return below(100) < percent; }
  // Small numbers are as likely as large ones: a magnitude first, then a number of it.
  [[nodiscard]] std::int64_t skewed(std::int64_t most) {
    std::int64_t top = most;
    for (auto halvings = below(12); halvings > 0 && top > 1; --halvings) top /= 2;
    return between(0, top);
  }
  [[nodiscard]] std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace tg::simulation
