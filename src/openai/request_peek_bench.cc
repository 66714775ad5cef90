// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "openai/answer_tap.h"
#include "openai/request_peek.h"

namespace tg::openai {
namespace {

std::string chat_body(std::size_t text_bytes) {
  return R"({"model":"gpt-5","messages":[{"role":"system","content":"You are helpful."},)"
         R"({"role":"user","content":")" +
         std::string(text_bytes, 'x') +
         R"("}],"temperature":0.2,"max_completion_tokens":256,"stream":true})";
}

void peek(benchmark::State& state) {
  const auto body = chat_body(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(peek_json(Endpoint::kChatCompletions, body));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(peek)->Arg(240)->Arg(20'000);

void peek_and_rewrite(benchmark::State& state) {
  const auto body = chat_body(240);
  for (auto _ : state) {
    const auto peek = peek_json(Endpoint::kChatCompletions, body);
    benchmark::DoNotOptimize(rewrite_json(body, *peek, {.model = "up", .include_usage = true}));
  }
}
BENCHMARK(peek_and_rewrite);

void whole_answer(benchmark::State& state) {
  const auto body =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-5","choices":[)"
      R"({"index":0,"message":{"role":"assistant","content":")" +
      std::string(400, 'x') +
      R"(","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,)"
      R"("completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":0}}})";
  for (auto _ : state) {
    Answer answer;
    read_answer(Endpoint::kChatCompletions, body, answer);
    benchmark::DoNotOptimize(answer);
  }
}
BENCHMARK(whole_answer);

void stream_event(benchmark::State& state) {
  constexpr std::string_view kData =
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5",)"
      R"("choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}],"usage":null})";
  Answer answer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_event(Endpoint::kChatCompletions, "", kData, false, answer));
  }
}
BENCHMARK(stream_event);

}  // namespace
}  // namespace tg::openai

BENCHMARK_MAIN();
