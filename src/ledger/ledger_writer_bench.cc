// SPDX-License-Identifier: Apache-2.0
// What an event costs on its way into SQLite, rollups and slices included, in batches as a transfer
// makes them. `items_per_second` is events per second of CPU time. 10,000 keys: in `usual`, a tenth
// of them makes four calls of five, and a key keeps to its model nine times of ten; in `alike`, the
// worst case, key and model are drawn anew for each call, so that hardly two events share a row.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ledger/ledger_writer.h"
#include "ledger/transfer.h"
#include "ledger/verify.h"
#include "store/database.h"
#include "store/test_folder.h"

namespace tg::ledger {
namespace {

constexpr std::int64_t kNoonMs = 1'795'521'600'000;
constexpr int kKeys = 10'000;
constexpr int kBusyKeys = kKeys / 10;
constexpr int kOwners = 2'000;
constexpr int kProjects = 3;

enum class Use : std::uint8_t { kUsual, kAlike };

struct Model {
  const char* asked;
  const char* sent;
};
constexpr std::array<Model, 5> kModels{{{"gpt-4o", "gpt-4o-2024-08-06"},
                                        {"gpt-4o-mini", "gpt-4o-mini-2024-07-18"},
                                        {"gpt-5", "gpt-5-2025-08-07"},
                                        {"claude-sonnet-4-5", "claude-sonnet-4-5-20250929"},
                                        {"text-embedding-3-small", "text-embedding-3-small"}}};

// Calls of one organization, of which every second one is made a millisecond later.
class Calls {
 public:
  explicit Calls(Use use) : use_{use} {
    for (int i = 0; i < kKeys; ++i) keys_.push_back(make_key_id().text());
    for (int i = 0; i < kOwners; ++i) owners_.push_back(make_user_id().text());
    for (int i = 0; i < kProjects; ++i) projects_.push_back(make_project_id().text());
  }

  void fill(LedgerBatch& batch, std::size_t events) {
    batch.events.resize(events);
    for (auto& event : batch.events) event = next();
    batch.positions = {{.epoch = 1, .worker = 0, .segment = 1, .offset = sequence_}};
  }

 private:
  [[nodiscard]] bool usual(unsigned in_ten) {
    return use_ == Use::kUsual && random_() % 10 < in_ten;
  }

  UsageEvent next() {
    const auto key = random_() % (usual(8) ? kBusyKeys : kKeys);
    const auto& model = kModels[(usual(9) ? key : random_()) % kModels.size()];
    const auto charge = static_cast<std::int64_t>(random_() % 5'000'000);
    UsageEvent event;
    event.id = {.epoch = 1, .worker = 0, .sequence = ++sequence_};
    event.admission = {.at = from_unix_ms(kNoonMs + static_cast<std::int64_t>(sequence_ / 2)),
                       .endpoint = openai::Endpoint::kChatCompletions,
                       .stream = true,
                       .key_id = keys_[key],
                       .owner_id = owners_[key % kOwners],
                       .project_id = projects_[key % kProjects],
                       .organization_id = organization_,
                       .model = model.asked,
                       .upstream_model = model.sent,
                       .provider_id = provider_,
                       .held = NanoUsd{charge + 1'000'000},
                       .prompt_charge = NanoUsd{292'500},
                       .interrupted_charge = NanoUsd{3'000'000},
                       .prompt_tokens = 117,
                       .interrupted_tokens = 620};
    event.settlement = {.http_status = 200,
                        .served_model = model.sent,
                        .usage = {.input_text_tokens = 117,
                                  .output_text_tokens = charge / 10'000,
                                  .source = openai::UsageSource::kProvider},
                        .cost = NanoUsd{charge},
                        .charge = NanoUsd{charge},
                        .duration_ms = 812};
    return event;
  }

  const Use use_;
  std::mt19937_64 random_{42};
  std::vector<std::string> keys_;
  std::vector<std::string> owners_;
  std::vector<std::string> projects_;
  std::string organization_ = make_organization_id().text();
  std::string provider_ = make_provider_id().text();
  std::uint64_t sequence_ = 0;
};

void write_batches(benchmark::State& state, Use use) {
  store::TestFolder folder;
  const auto database = *store::Database::open(folder.place());
  const auto events = static_cast<std::size_t>(state.range(0));
  Calls calls{use};
  LedgerBatch batch;
  for (auto _ : state) {
    state.PauseTiming();
    calls.fill(batch, events);
    state.ResumeTiming();
    if (!write_ledger(*database, batch)) state.SkipWithError("the database refused");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(write_batches, usual, Use::kUsual)->Arg(1'000)->Iterations(300);
BENCHMARK_CAPTURE(write_batches, usual, Use::kUsual)->Arg(10'000)->Iterations(50);
BENCHMARK_CAPTURE(write_batches, alike, Use::kAlike)->Arg(10'000)->Iterations(50);

void verify(benchmark::State& state) {
  store::TestFolder folder;
  const auto database = *store::Database::open(folder.place());
  const auto epoch = recover_journals(*database, folder.path() / "journal");
  Calls calls{Use::kUsual};
  LedgerBatch batch;
  for (std::int64_t events = 0; events < state.range(0); events += kBatchEventsMax) {
    calls.fill(batch, kBatchEventsMax);
    if (!epoch || !write_ledger(*database, batch)) state.SkipWithError("the database refused");
  }
  for (auto _ : state) {
    const auto report = verify_ledger(*database, {.journal_folder = folder.path() / "journal"});
    if (!report || report->difference) state.SkipWithError("they do not agree");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(verify)->Arg(200'000)->Iterations(2);

}  // namespace
}  // namespace tg::ledger

BENCHMARK_MAIN();
