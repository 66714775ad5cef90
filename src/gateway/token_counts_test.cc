// SPDX-License-Identifier: Apache-2.0
#include "gateway/token_counts.h"

#include <gtest/gtest.h>

#include "gateway/token_drift.h"

namespace tg::gateway {
namespace {

const tokens::ReadyTokenizers& ready() {
  static const auto* loaded = [] {
    auto* all = new tokens::ReadyTokenizers;
    all->load(tokens::Encoding::kO200kBase);
    return all;
  }();
  return *loaded;
}

constexpr auto kChat = openai::Endpoint::kChatCompletions;

std::string chat_of(std::string_view text) {
  return std::string{R"({"model":"gpt-4o","messages":[{"role":"user","content":")"}
      .append(text)
      .append(R"("}]})");
}

TEST(TokenCounts, CountsAPromptWhereItIsText) {
  const auto body = chat_of("Hello, world!");
  openai::RequestPeek request;
  TokenCounts counts{&ready()};
  EXPECT_FALSE(counts.input_tokens_at_most()) << "nothing is known yet";
  counts.about("gpt-4o-2024-08-06", kChat, request, body);
  EXPECT_EQ(counts.input_tokens_at_most(), 11);
  EXPECT_EQ(counts.exact_input(), 11);
}

TEST(TokenCounts, LeavesWhatItCannotCountAsItIs) {
  const auto body = chat_of("Hello, world!");
  const auto counted = [&](std::string_view model, const openai::RequestPeek& request,
                           std::string_view of, const tokens::ReadyTokenizers* with = &ready()) {
    TokenCounts counts{with};
    counts.about(model, kChat, request, of);
    return counts.input_tokens_at_most();
  };
  EXPECT_FALSE(counted("claude-3", {}, body)) << "an unknown vocabulary";
  EXPECT_FALSE(counted("gpt-4", {}, body)) << "a vocabulary that is not loaded";
  EXPECT_FALSE(counted("gpt-4o", {.images = 1}, body));
  EXPECT_FALSE(counted("gpt-4o", {.open_ended_input = true}, body));
  EXPECT_FALSE(counted("gpt-4o", {}, chat_of(std::string(TokenCounts::kPromptBytesMax, 'x'))));
  EXPECT_FALSE(counted("gpt-4o", {}, body, nullptr));
}

TEST(TokenCounts, CountsWhatPassesExactlyWhetherItIsShortOrLong) {
  const std::string piece = "Streams are counted as they pass, in constant memory. ";
  for (const int pieces : {1, 10, 1'000}) {
    TokenCounts counts{&ready()};
    counts.about("gpt-4o", kChat, {}, {});
    EXPECT_FALSE(counts.output()) << "nothing has passed";
    std::string all;
    for (int i = 0; i < pieces; ++i) {
      for (std::size_t at = 0; at < piece.size(); at += 3) counts.take(piece.substr(at, 3));
      all += piece;
    }
    EXPECT_EQ(counts.output(), ready().find(tokens::Encoding::kO200kBase)->count(all)) << pieces;
  }
  TokenCounts unknown{&ready()};
  unknown.about("llama-2-70b-chat", kChat, {}, {});
  for (int i = 0; i < 1'000; ++i) unknown.take(piece);
  EXPECT_FALSE(unknown.output());
}

TEST(TokenDrift, IsKeptByModelAndSide) {
  TokenDrift drift;
  drift.note("b", {.counted = 90, .reported = 100}, {});
  drift.note("a", {}, {.counted = 50, .reported = 40});
  drift.note("b", {.counted = 90, .reported = 100}, {.counted = 7, .reported = 7});
  const auto rows = drift.rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].model, "a");
  EXPECT_EQ(rows[0].input.calls, 0);
  EXPECT_DOUBLE_EQ(rows[0].output.drift(), 0.25);
  EXPECT_EQ(rows[1].input.calls, 2);
  EXPECT_DOUBLE_EQ(rows[1].input.drift(), -0.1);
  EXPECT_DOUBLE_EQ(rows[1].output.drift(), 0);
}

TEST(TokenDrift, KeepsToSoManyModels) {
  TokenDrift drift;
  for (std::size_t i = 0; i < 2 * TokenDrift::kModelsMax; ++i) {
    drift.note(std::to_string(i), {.counted = 1, .reported = 1}, {});
  }
  EXPECT_EQ(drift.rows().size(), TokenDrift::kModelsMax);
}

}  // namespace
}  // namespace tg::gateway
