// SPDX-License-Identifier: Apache-2.0
// What a call pays for being written down: admitted, sent and settled, with the segments that this
// fills created and, as the transfer does, removed.
#include <benchmark/benchmark.h>

#include <array>
#include <filesystem>
#include <string>

#include "ledger/journal.h"
#include "ledger/record.h"
#include "ledger/segment.h"
#include "store/test_folder.h"

namespace tg::ledger {
namespace {

Admission usual_admission() {
  return {.at = from_unix_ms(1'795'521'600'000),
          .endpoint = openai::Endpoint::kChatCompletions,
          .stream = true,
          .key_id = "key_0123456789abcdef0123456789abcdef",
          .owner_id = "user-0123456789abcdef0123456789abcdef",
          .project_id = "proj_0123456789abcdef0123456789abcdef",
          .organization_id = "org-0123456789abcdef0123456789abcdef",
          .model = "gpt-4o-mini",
          .upstream_model = "gpt-4o-mini-2024-07-18",
          .provider_id = "prov_0123456789abcdef0123456789abcdef",
          .held = NanoUsd{3'752'500},
          .prompt_charge = NanoUsd{292'500},
          .interrupted_charge = NanoUsd{3'000'000}};
}

Settlement usual_settlement() {
  return {.http_status = 200,
          .served_model = "gpt-4o-mini-2024-07-18",
          .usage = {.input_text_tokens = 117,
                    .output_text_tokens = 420,
                    .source = openai::UsageSource::kProvider},
          .cost = NanoUsd{1'000'000},
          .charge = NanoUsd{1'000'000},
          .duration_ms = 812};
}

void whole_call(benchmark::State& state) {
  constexpr std::uint32_t kEpoch = 1;
  const store::TestFolder folder;
  auto journal = *Journal::open({.folder = folder.path(), .epoch = kEpoch});
  const auto admission = usual_admission();
  const auto settlement = usual_settlement();
  std::uint64_t calls = 0;
  std::uint64_t oldest = 0;
  for (auto _ : state) {
    const auto id = journal->admit(admission);
    if (!id) {
      state.SkipWithError("the journal refused");
      break;
    }
    journal->sent(*id);
    journal->settle(*id, admission, settlement);
    if (++calls % 100'000 != 0) continue;
    // All but the newest few: none of them is in use.
    state.PauseTiming();
    for (; std::filesystem::exists(folder.path() /
                                   file_name({.epoch = kEpoch, .worker = 0, .number = oldest + 3}));
         ++oldest) {
      std::filesystem::remove(folder.path() /
                              file_name({.epoch = kEpoch, .worker = 0, .number = oldest}));
    }
    state.ResumeTiming();
  }
}
BENCHMARK(whole_call);

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
