// SPDX-License-Identifier: Apache-2.0
// What hosted tools may cost and cost, and what is held where one of several targets answers.
#include <gtest/gtest.h>

#include "ledger/charge_terms.h"
#include "ledger/pricing.h"
#include "ledger/test_prices.h"

namespace tg::ledger {
namespace {

using config::Model;
using config::Unit;
using openai::Endpoint;
using openai::RequestPeek;
using openai::Usage;
using openai::UsageSource;

TEST(ToolsAndTargets, HostedToolsAreHeldAsOftenAsTheRequestAllows) {
  auto model = gpt_4o();
  const auto add = [&model](Unit unit, const char* size, std::int64_t micro) {
    model.prices.add(
        {.unit = unit, .size = size, .nanousd_per_million = micro_usd(micro) * 1'000'000});
  };
  add(Unit::kWebSearchCall, "low", 10'000);
  add(Unit::kWebSearchCall, "high", 50'000);
  add(Unit::kCodeInterpreterSession, "", 30'000);
  RequestPeek request{.output_tokens_max = 0, .input_bytes = 72};
  const auto held = [&](Endpoint endpoint = Endpoint::kResponses, Trust trust = Trust::kRequest) {
    return bound(model, endpoint, request, trust)->total - NanoUsd{200 * 2'500};
  };
  EXPECT_EQ(held(), NanoUsd{0});
  request.hosted_tools.web_search = true;
  request.tool_calls_max = 3;
  EXPECT_EQ(held(), *parse_usd("0.15")) << "the dearest that a search may be";
  request.hosted_tools.search_context = "low";
  EXPECT_EQ(held(), *parse_usd("0.03"));
  request.hosted_tools.code_interpreter = true;
  EXPECT_EQ(held(), *parse_usd("0.09")) << "each call may be of the dearest tool";
  request.tool_calls_max.reset();
  EXPECT_EQ(held(), *parse_usd("1.92")) << "64 where the request says nothing";
  request.hosted_tools = {.file_search = true};
  EXPECT_EQ(held(), NanoUsd{0}) << "a tool without a price";
  request.hosted_tools = {.unknown = true};
  request.tool_calls_max = 1;
  EXPECT_EQ(held(), *parse_usd("0.05"));
  request.hosted_tools = {.web_search = true, .once = true};
  request.tool_calls_max.reset();
  EXPECT_EQ(held(Endpoint::kChatCompletions), *parse_usd("0.05")) << "a chat searches once";
}

TEST(ToolsAndTargets, ToolsWithoutAPriceLeaveTheSumIncomplete) {
  const auto usage = used({.input_text_tokens = 1'000, .file_search_calls = 2});
  const auto without = itemize(gpt_4o(), usage, {});
  ASSERT_TRUE(without);
  EXPECT_EQ(without->total(), NanoUsd{2'500'000});
  EXPECT_TRUE(without->incomplete());
  auto priced = gpt_4o();
  priced.prices.add({.unit = Unit::kFileSearchCall, .nanousd_per_million = 2'500'000'000'000});
  const auto with = itemize(priced, usage, {});
  EXPECT_EQ(with->total(), NanoUsd{2'500'000 + 2 * 2'500'000});
  EXPECT_FALSE(with->incomplete());
}

TEST(ToolsAndTargets, EitherOfTwoTargetsIsWithinWhatIsHeldForBoth) {
  auto dear_output = gpt_4o();
  dear_output.prices.add(
      {.unit = Unit::kOutputTextToken, .nanousd_per_million = micro_usd(40'000'000)});
  auto dear_input = gpt_4o();
  dear_input.prices.add(
      {.unit = Unit::kInputTextToken, .nanousd_per_million = micro_usd(9'000'000)});
  const RequestPeek request{.output_tokens_max = 500, .input_bytes = 1'000};
  const auto one = *bound(dear_output, Endpoint::kChatCompletions, request);
  const auto other = *bound(dear_input, Endpoint::kChatCompletions, request);
  auto both = one;
  both.raise_to(other);
  for (std::int64_t tokens = 0; tokens <= 500; ++tokens) {
    EXPECT_GE(both.with_output(tokens), one.with_output(tokens));
    EXPECT_GE(both.with_output(tokens), other.with_output(tokens));
  }
}

}  // namespace
}  // namespace tg::ledger
