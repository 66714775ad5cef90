// SPDX-License-Identifier: Apache-2.0
// What a call's money costs a call: reserved on limits of key, project and organization, written
// down and settled, with a journal on the disk that is synced as by default. CPU is the whole
// process's, the sync's thread with it.
#include <benchmark/benchmark.h>

#include <cstdint>

#include "config/settings.h"
#include "ledger/bench_calls.h"
#include "ledger/call_account.h"
#include "ledger/journal.h"
#include "ledger/journal_sync.h"
#include "store/test_folder.h"

namespace tg::ledger {
namespace {

config::Model usual_model() {
  config::Model model;
  model.mode = "chat";
  model.input_tokens_max = 128'000;
  model.output_tokens_max = 16'384;
  model.prices = {{.unit = config::Unit::kInputTextToken, .nanousd_per_million = 150'000'000},
                  {.unit = config::Unit::kOutputTextToken, .nanousd_per_million = 600'000'000}};
  return model;
}

void add_limit(limits::LimitSet& set) {
  const limits::Rule rule{.id = make_id("limit_"),
                          .metric = limits::Metric::kMoney,
                          .period = limits::Period::kMonth,
                          .amount = 1'000'000'000'000'000'000};
  set.add(*limits::Limit::make(rule)).start_enforcing();
}

// `answer_tokens` of output come in pieces of 10, each of which is looked at before it passes.
void make_calls(benchmark::State& state, const openai::RequestPeek& request,
                std::int64_t answer_tokens, config::Durability durability) {
  const store::TestFolder folder;
  auto journal = *Journal::open({.folder = folder.path(), .epoch = kEpoch});
  JournalSync sync{folder.path()};
  if (durability == config::Durability::kInterval) sync.start();
  OldSegments old{folder.path()};

  const auto model = usual_model();
  config::TargetState target;
  limits::LimitSet key;
  limits::LimitSet user;
  limits::LimitSet project;
  limits::LimitSet organization;
  for (auto* set : {&key, &project, &organization}) add_limit(*set);
  const Terms terms{.model = &model,
                    .endpoint = openai::Endpoint::kChatCompletions,
                    .request = &request,
                    .owners = {&key, &user, &project, &organization},
                    .target = &target};
  const auto admission = usual_admission(request.stream);
  std::int64_t calls = 0;
  for (auto _ : state) {
    CallAccount account{*journal};
    if (!account.admit(terms, admission)) {
      state.SkipWithError("refused");
      break;
    }
    account.sent();
    openai::Answer answer;
    while (request.stream && answer.output_bytes < answer_tokens * 4) {
      answer.output_bytes += 40;
      benchmark::DoNotOptimize(account.pass(answer));
    }
    answer.usage = {.input_text_tokens = 117,
                    .output_text_tokens = answer_tokens,
                    .source = openai::UsageSource::kProvider};
    account.settle({.http_status = 200, .produced = true, .duration_ms = 812}, answer);
    if (++calls % 10'000 == 0) old.remove();
  }
  state.SetItemsProcessed(calls);
}

void whole_answer(benchmark::State& state, config::Durability durability) {
  openai::RequestPeek request;
  request.model = "gpt-4o-mini";
  request.input_bytes = 900;
  request.output_tokens_max = 500;
  make_calls(state, request, 420, durability);
}
BENCHMARK_CAPTURE(whole_answer, interval, config::Durability::kInterval)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(whole_answer, process, config::Durability::kProcess)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

// With the instalments of 4,200 tokens, and what is noted of them for a kill.
void streamed_answer(benchmark::State& state) {
  openai::RequestPeek request;
  request.model = "gpt-4o-mini";
  request.stream = true;
  request.input_bytes = 900;
  make_calls(state, request, 4'200, config::Durability::kInterval);
}
BENCHMARK(streamed_answer)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace tg::ledger

BENCHMARK_MAIN();
