// SPDX-License-Identifier: Apache-2.0
// How fast a text is counted, and that no text is slow. bench/tokens.py gives it the texts, in a
// folder that TOLLGATE_TOKEN_TEXTS names; without one it has only those that it makes itself.
#include "tokens/tokenizer.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tokens/token_counter.h"

namespace {

using tg::tokens::Encoding;
using tg::tokens::Tokenizers;

const Tokenizers& tokenizers() {
  static const Tokenizers kTokenizers;
  return kTokenizers;
}

void count_text(benchmark::State& state, Encoding encoding, const std::string& text) {
  const auto& tokenizer = tokenizers().of(encoding);
  std::int64_t tokens = 0;
  for (auto _ : state) tokens = tokenizer.count(text);
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
  state.counters["tokens"] = static_cast<double>(tokens);
}

void encode_text(benchmark::State& state, Encoding encoding, const std::string& text) {
  const auto& tokenizer = tokenizers().of(encoding);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.encode(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

// As an answer's deltas come: some bytes at a time.
void stream_text(benchmark::State& state, Encoding encoding, const std::string& text) {
  constexpr std::size_t kDelta = 5;
  for (auto _ : state) {
    tg::tokens::TokenCounter counter{tokenizers().of(encoding)};
    for (std::size_t at = 0; at < text.size(); at += kDelta) {
      counter.feed(std::string_view{text}.substr(at, kDelta));
    }
    benchmark::DoNotOptimize(counter.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void build(benchmark::State& state, Encoding encoding) {
  std::size_t memory = 0;
  for (auto _ : state) {
    const Tokenizers fresh;
    memory = fresh.of(encoding).vocabulary().memory_bytes();
  }
  state.counters["memory_bytes"] = static_cast<double>(memory);
}

void add(std::string_view name, const std::string& text) {
  for (const auto encoding : tg::tokens::kEncodings) {
    const auto label = fmt::format("{}/{}", tg::tokens::name_of(encoding), name);
    benchmark::RegisterBenchmark(("count/" + label).c_str(), count_text, encoding, text);
    benchmark::RegisterBenchmark(("encode/" + label).c_str(), encode_text, encoding, text);
    benchmark::RegisterBenchmark(("stream/" + label).c_str(), stream_text, encoding, text);
  }
}

std::string megabyte_of(std::string_view piece) {
  std::string text;
  while (text.size() < 1'000'000) text += piece;
  return text;
}

void add_all() {
  for (const auto encoding : tg::tokens::kEncodings) {
    benchmark::RegisterBenchmark(fmt::format("build/{}", tg::tokens::name_of(encoding)).c_str(),
                                 build, encoding)
        ->Unit(benchmark::kMillisecond);
  }
  add("a_megabyte_of_one_letter", megabyte_of("a"));
  add("a_megabyte_of_spaces", megabyte_of(" "));
  add("a_megabyte_of_newlines", megabyte_of("\n"));
  add("a_megabyte_of_one_emoji", megabyte_of("\U0001F642"));
  add("a_megabyte_of_one_mark", megabyte_of("\u0301"));
  add("a_megabyte_of_one_ideograph", megabyte_of("\u65E5"));
  add("a_megabyte_of_zeros", megabyte_of("0"));
  add("a_megabyte_of_exclamation_marks", megabyte_of("!"));
  const char* const folder = std::getenv("TOLLGATE_TOKEN_TEXTS");
  if (folder == nullptr) return;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    std::ifstream file{entry.path(), std::ios::binary};
    add(entry.path().stem().string(), std::string{std::istreambuf_iterator<char>{file}, {}});
  }
}

}  // namespace

int main(int argc, char** argv) {
  add_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
