// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_lines.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace tg::gateway {
namespace {

CallLine line_of(std::int64_t number, std::string_view model) {
  CallLine line;
  line.numbers.input_tokens = number;
  line.numbers.status = 200;
  line.request = "call_1-0-7";
  line.model = model;
  line.address = "203.0.113.9";
  return line;
}

TEST(CallLines, WhatIsTakenIsWhatWasAdded) {
  CallLines lines;
  CallLine taken;
  EXPECT_FALSE(lines.take(taken));
  ASSERT_TRUE(lines.add(line_of(3, "gpt-4")));
  ASSERT_TRUE(lines.add(line_of(4, "")));
  ASSERT_TRUE(lines.take(taken));
  EXPECT_EQ(taken.numbers.input_tokens, 3);
  EXPECT_EQ(taken.numbers.status, 200);
  EXPECT_EQ(taken.request, "call_1-0-7");
  EXPECT_EQ(taken.model, "gpt-4");
  EXPECT_EQ(taken.address, "203.0.113.9");
  EXPECT_EQ(taken.key, "");
  lines.drop();
  ASSERT_TRUE(lines.take(taken));
  EXPECT_EQ(taken.numbers.input_tokens, 4);
  lines.drop();
  EXPECT_FALSE(lines.take(taken));
}

TEST(CallLines, ALongTextIsCut) {
  CallLines lines;
  ASSERT_TRUE(lines.add(line_of(1, std::string(100'000, 'm'))));
  CallLine taken;
  ASSERT_TRUE(lines.take(taken));
  EXPECT_EQ(taken.model, std::string(CallLine::kTextBytesMax, 'm'));
  EXPECT_EQ(taken.address, "203.0.113.9");
}

TEST(CallLines, AFullRingTakesNoMoreUntilThereIsRoom) {
  CallLines lines;
  std::int64_t added = 0;
  while (lines.add(line_of(added, "gpt-4"))) {
    ++added;
    if (added < 10) EXPECT_FALSE(lines.half_full());
  }
  EXPECT_GT(added, 3'000);
  EXPECT_TRUE(lines.half_full());
  CallLine taken;
  for (std::int64_t number = 0; number < added; ++number) {
    ASSERT_TRUE(lines.take(taken));
    ASSERT_EQ(taken.numbers.input_tokens, number);
    lines.drop();
    if (number == 0) ASSERT_TRUE(lines.add(line_of(added++, "gpt-4")));
  }
  EXPECT_FALSE(lines.take(taken));
}

TEST(CallLines, LinesOfEverySizeGoRoundAndRoundBetweenTwoThreads) {
  constexpr std::int64_t kLines = 200'000;
  CallLines lines;
  const auto model_of = [](std::int64_t number) {
    return std::string(static_cast<std::size_t>(number * 7 % 500),
                       static_cast<char>('a' + number % 26));
  };
  std::jthread writer{[&] {
    for (std::int64_t number = 0; number < kLines; ++number) {
      const auto model = model_of(number);
      while (!lines.add(line_of(number, model))) std::this_thread::yield();
    }
  }};
  for (std::int64_t number = 0; number < kLines; ++number) {
    CallLine taken;
    while (!lines.take(taken)) std::this_thread::yield();
    ASSERT_EQ(taken.numbers.input_tokens, number);
    ASSERT_EQ(taken.model, model_of(number));
    ASSERT_EQ(taken.address, "203.0.113.9");
    lines.drop();
  }
}

}  // namespace
}  // namespace tg::gateway
