// SPDX-License-Identifier: Apache-2.0
// The end of the process at any instant loses no acknowledged call and charges none twice.
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <deque>
#include <random>

#include "ledger/test_calls.h"
#include "ledger/transfer.h"

namespace tg::ledger {
namespace {

constexpr std::uint32_t kCallsMax = 100'000;

// What the server that will be killed has acknowledged, in memory that survives it.
struct Acknowledged {
  std::atomic<std::uint32_t> epoch;
  std::atomic<std::uint32_t> steps;
  std::atomic<std::uint32_t> sent;     // calls 1 to this one
  std::atomic<std::uint32_t> settled;  // likewise: the oldest is settled first
};

class SharedMemory {
 public:
  SharedMemory()
      : at_{::mmap(nullptr, sizeof(Acknowledged), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0)} {
    TG_CHECK(at_ != MAP_FAILED);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() { ::munmap(at_, sizeof(Acknowledged)); }

  [[nodiscard]] Acknowledged& get() const { return *static_cast<Acknowledged*>(at_); }

 private:
  void* at_;
};

// Calls in `journal` until the process ends; some stay open for a while.
void make_calls(Journal& journal, Acknowledged& acknowledged, std::mt19937& random) {
  std::deque<EventId> open;
  for (std::uint32_t number = 1; number <= kCallsMax; ++number) {
    auto id = journal.admit(test_admission(number));
    while (!id) id = journal.admit(test_admission(number));  // until the transfer made room
    journal.sent(*id);
    acknowledged.sent = number;
    ++acknowledged.steps;
    if (number % 3 == 0) journal.instalment(*id, {.output_charge = NanoUsd{1}});
    open.push_back(*id);
    while (open.size() > random() % 8) {
      const auto oldest = static_cast<std::int64_t>(open.front().sequence);
      journal.settle(open.front(), test_admission(oldest), test_settlement(oldest));
      open.pop_front();
      acknowledged.settled = static_cast<std::uint32_t>(oldest);
      ++acknowledged.steps;
    }
  }
}

[[noreturn]] void serve(const store::DatabasePlace& place, Acknowledged& acknowledged,
                        std::uint32_t seed) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto& folder = place.data_folder;
  auto database = store::Database::open(place);
  TG_CHECK(database.has_value());
  const auto recovered = recover_journals(**database, folder / "journal");
  TG_CHECK(recovered.has_value());
  Transfer transfer{**database, folder / "journal", recovered->epoch, 1};
  transfer.start();
  auto journal = Journal::open({.folder = folder / "journal",
                                .epoch = recovered->epoch,
                                .segment_bytes = 32 << 10,
                                .bytes_max = 1 << 20});
  TG_CHECK(journal.has_value());
  acknowledged.epoch = recovered->epoch;
  ++acknowledged.steps;
  std::mt19937 random{seed};
  make_calls(**journal, acknowledged, random);
  for (;;) ::sched_yield();
}

// Kills it after a random number of steps and a random moment more.
void kill_at_random(pid_t server, const Acknowledged& acknowledged, std::mt19937& random) {
  const auto steps = random() % 6'000;  // zero: in its recovery already
  const auto moment = std::chrono::nanoseconds{random() % 300'000};
  int status = 0;
  while (acknowledged.steps < steps) {
    ASSERT_EQ(::waitpid(server, &status, WNOHANG), 0)
        << "the server ended by itself, wait status " << status;
    ::sched_yield();
  }
  const auto end = std::chrono::steady_clock::now() + moment;
  while (std::chrono::steady_clock::now() < end) {
  }
  ::kill(server, SIGKILL);
  ASSERT_EQ(::waitpid(server, &status, 0), server);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "wait status " << status;
}

class KillTest : public LedgerTest {
 protected:
  void SetUp() override {}  // the database belongs to the server until it is killed

  long long count(const std::string& condition) {
    return number_from("SELECT COUNT(*) FROM usage_events WHERE " + condition);
  }

  // Calls up to `settled` were acknowledged with their charge, up to `sent` as sent.
  void expect_all(std::uint32_t epoch, std::uint32_t settled, std::uint32_t sent) {
    const auto of_epoch = "epoch = " + std::to_string(epoch) + " AND ";
    EXPECT_EQ(count(of_epoch + "outcome <> 6 AND charge = 600 * sequence + 2 AND sequence <= " +
                    std::to_string(settled)),
              settled);
    EXPECT_EQ(count(of_epoch + "sequence <= " + std::to_string(sent)), sent);
    // One step may have been written and not yet acknowledged.
    EXPECT_LE(count(of_epoch + "sequence > 0"), sent + 1);
    EXPECT_LE(count(of_epoch + "outcome <> 6"), settled + 1);
    EXPECT_EQ(count(of_epoch + "outcome = 6 AND charge NOT IN (100 * sequence + 3,"
                               " 100 * sequence + 4)"),
              0);
  }
};

TEST_F(KillTest, AServerKilledAtAnyInstantLosesNothingAndChargesNothingTwice) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  const auto place = folder_.place();
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    const SharedMemory memory;
    const auto server_seed = static_cast<std::uint32_t>(random());
    const auto server = ::fork();
    ASSERT_GE(server, 0);
    if (server == 0) serve(place, memory.get(), server_seed);
    ASSERT_NO_FATAL_FAILURE(kill_at_random(server, memory.get(), random));

    open_database();
    const auto recovered = recover_journals(*database_, journal_folder());
    ASSERT_TRUE(recovered);
    EXPECT_EQ(recovered->damaged_records, 0);
    const auto& acknowledged = memory.get();
    if (acknowledged.epoch != 0) {
      expect_all(acknowledged.epoch, acknowledged.settled, acknowledged.sent);
    }
    expect_sums_agree();
    database_.reset();
  }
}

}  // namespace
}  // namespace tg::ledger
