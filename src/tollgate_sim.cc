// SPDX-License-Identifier: Apache-2.0
// Histories of the money code from seeds: `tollgate-sim --seed N` replays one, without --seed it
// runs many, each other's successors, from a random one.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "simulation/bench.h"

namespace {

using tg::simulation::Mode;

struct Arguments {
  std::optional<std::uint64_t> seed;
  std::optional<Mode> mode;  // none: in turns
  std::int64_t histories = 0;
  bool verbose = false;
};

std::optional<Arguments> parse(int count, char** values) {
  Arguments arguments;
  for (int at = 1; at < count; ++at) {
    const std::string_view name = values[at];
    if (name == "--verbose") {
      arguments.verbose = true;
      continue;
    }
    if (at + 1 == count) return std::nullopt;
    const std::string value = values[++at];
    if (name == "--seed") {
      arguments.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--histories") {
      arguments.histories = std::strtoll(value.c_str(), nullptr, 10);
    } else if (name == "--mode" && (value == "safety" || value == "liveness")) {
      arguments.mode = value == "safety" ? Mode::kSafety : Mode::kLiveness;
    } else {
      return std::nullopt;
    }
  }
  if (arguments.histories <= 0) arguments.histories = arguments.seed ? 1 : 1000;
  return arguments;
}

}  // namespace

int main(int count, char** values) {
  const auto arguments = parse(count, values);
  if (!arguments) {
    (void)std::fputs(
        "tollgate-sim [--seed N] [--mode safety|liveness] [--histories K] [--verbose]\n", stderr);
    return 64;
  }
  const auto first = arguments->seed.value_or(std::random_device{}());
  fmt::print("first seed {}\n", first);
  tg::simulation::Bench bench{arguments->verbose};
  const auto found =
      bench.run({.first_seed = first, .mode = arguments->mode, .histories = arguments->histories});
  fmt::print("{} histories, {} calls, {} refusals, {} restarts, {:.0f} histories a second\n",
             found.histories, found.calls, found.refusals, found.restarts,
             static_cast<double>(found.histories) / std::max(found.seconds, 0.001));
  if (found.violation.empty()) return 0;
  fmt::print("VIOLATED: {}\nagain: tollgate-sim --seed {} --mode {} --verbose\n", found.violation,
             found.seed, found.mode == Mode::kSafety ? "safety" : "liveness");
  return 1;
}
