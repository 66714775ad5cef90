// SPDX-License-Identifier: Apache-2.0
#include "simulation/bench.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include "base/log.h"

namespace tg::simulation {
namespace {

namespace fs = std::filesystem;

// For the handler, which may call little: the line that it writes is ready.
std::string current_line;
int line_file = STDERR_FILENO;

void tell_seed(int signal) {
  (void)!::write(line_file, current_line.data(), current_line.size());
  ::_exit(128 + signal);
}

const char* name_of(Mode mode) { return mode == Mode::kSafety ? "safety" : "liveness"; }

// In memory: a commit syncs, and no disk is under test here but the simulated one.
fs::path make_folder() {
  std::error_code ignored;
  const fs::path memory{"/dev/shm"};
  const auto base = fs::is_directory(memory, ignored) && ::access("/dev/shm", W_OK) == 0
                        ? memory
                        : fs::temp_directory_path();
  std::string name = base / "tollgate-sim-XXXXXX";
  TG_CHECK(::mkdtemp(name.data()) != nullptr);
  return name;
}

}  // namespace

Bench::Bench(bool verbose) : verbose_{verbose}, folder_{make_folder()} {
  set_log_level(LogLevel::kWarning);
  auto opened = store::Database::open({.data_folder = folder_});
  TG_CHECK(opened.has_value());
  database_ = *std::move(opened);
  line_file = standard_error_ = ::dup(STDERR_FILENO);
  // A history's faults are told in thousands of lines.
  if (!verbose_) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGILL, SIGTRAP}) (void)std::signal(signal, tell_seed);
}

Bench::~Bench() {
  for (const int signal : {SIGABRT, SIGSEGV, SIGILL, SIGTRAP}) (void)std::signal(signal, SIG_DFL);
  (void)::dup2(standard_error_, STDERR_FILENO);
  ::close(standard_error_);
  database_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Told Bench::run_one(std::uint64_t seed, Mode mode) {
  current_line = fmt::format(
      "ENDED BY A CHECK\nagain: tollgate-sim --seed {} --mode {} --verbose\n", seed, name_of(mode));
  Simulation simulation{*database_, {.seed = seed, .mode = mode, .verbose = verbose_}};
  return simulation.run();
}

Bench::Found Bench::run(const Order& order) {
  const auto start = std::chrono::steady_clock::now();
  Found found;
  auto seed = order.first_seed;
  for (; found.histories < order.histories && found.violation.empty(); seed = next_seed(seed)) {
    const auto turn = found.histories % 2 == 0 ? Mode::kSafety : Mode::kLiveness;
    found.seed = seed;
    found.mode = order.mode.value_or(turn);
    const auto told = run_one(seed, found.mode);
    ++found.histories;
    found.calls += told.calls;
    found.refusals += told.refusals;
    found.restarts += told.restarts;
    found.violation = told.violation;
  }
  found.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return found;
}

}  // namespace tg::simulation
