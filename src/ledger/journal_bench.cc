// SPDX-License-Identifier: Apache-2.0
// What a call pays for being written down: admitted, sent and settled, with the segments that this
// fills created and, as the transfer does, removed. CPU is the whole process's, the sync's thread
// with it; the wall clock is the worker's.
#include <benchmark/benchmark.h>

#include <array>
#include <filesystem>
#include <latch>
#include <vector>

#include "ledger/bench_calls.h"
#include "ledger/journal.h"
#include "ledger/journal_sync.h"
#include "ledger/record.h"
#include "store/test_folder.h"

namespace tg::ledger {
namespace {

void make_calls(benchmark::State& state, const std::filesystem::path& folder) {
  auto journal = *Journal::open({.folder = folder, .epoch = kEpoch});
  OldSegments old{folder};
  const auto admission = usual_admission();
  const auto settlement = usual_settlement();
  std::int64_t calls = 0;
  for (auto _ : state) {
    const auto id = journal->admit(admission);
    if (!id) {
      state.SkipWithError("the journal refused");
      break;
    }
    journal->sent(*id);
    journal->settle(*id, admission, settlement);
    if (++calls % 10'000 == 0) old.remove();
  }
  state.SetItemsProcessed(calls);
}

void whole_call_process(benchmark::State& state) {
  const store::TestFolder folder;
  make_calls(state, folder.path());
}
BENCHMARK(whole_call_process)->MeasureProcessCPUTime()->UseRealTime();

void whole_call_interval(benchmark::State& state) {
  const store::TestFolder folder;
  JournalSync sync{folder.path()};
  sync.start();
  make_calls(state, folder.path());
}
BENCHMARK(whole_call_interval)->MeasureProcessCPUTime()->UseRealTime();

// As many calls as range(0) wait for a sync together; the time is one such round's.
void group_commit(benchmark::State& state) {
  const store::TestFolder folder;
  JournalSync sync{folder.path()};
  auto journal = *Journal::open({.folder = folder.path(), .epoch = kEpoch});
  sync.start();
  OldSegments old{folder.path()};
  const auto admission = usual_admission();
  const auto settlement = usual_settlement();
  std::vector<EventId> ids(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    std::latch answered{state.range(0)};
    for (auto& id : ids) {
      id = *journal->admit(admission);
      journal->sent(id);
      sync.after_sync([&](Result<void>) { answered.count_down(); });
    }
    answered.wait();
    for (const auto& id : ids) journal->settle(id, admission, settlement);
    old.remove();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(group_commit)->Arg(1)->Arg(16)->Arg(256)->MeasureProcessCPUTime()->UseRealTime();

void write_settled_record(benchmark::State& state) {
  alignas(8) std::array<std::byte, kRecordBytesMax> out{};
  const auto admission = usual_admission();
  const auto settlement = usual_settlement();
  for (auto _ : state) {
    const auto size = write_settled(out.data(), 1, admission, settlement);
    publish(out.data(), size, {.salt = 7, .offset = 192});
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(write_settled_record);

}  // namespace
}  // namespace tg::ledger

BENCHMARK_MAIN();
