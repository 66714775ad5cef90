// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tg {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

TEST(JsonText, PlainTextStaysAsItIs) {
  EXPECT_EQ(json_of(""), R"("")");
  EXPECT_EQ(json_of("gpt-4.1-mini ~"), R"("gpt-4.1-mini ~")");
}

TEST(JsonText, WhatWouldEndTheStringOrTheLineIsEscaped) {
  EXPECT_EQ(json_of("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json_of("a\r\nb\t\x1b[31m\x7f"), R"("a\u000d\u000ab\u0009\u001b[31m\u007f")");
  EXPECT_EQ(json_of(std::string_view{"\0", 1}), R"("\u0000")");
}

TEST(JsonText, OtherScriptsAreEscaped) {
  EXPECT_EQ(json_of("zwölf"), R"("zw\u00f6lf")");
  EXPECT_EQ(json_of("€\u2028\u0085"), R"("\u20ac\u2028\u0085")");
  EXPECT_EQ(json_of("😀"), R"("\ud83d\ude00")");
  EXPECT_EQ(json_of("\U0010ffff"), R"("\udbff\udfff")");
}

TEST(JsonText, WhatIsNotUtf8IsReplacedByteByByte) {
  EXPECT_EQ(json_of("\xff"), R"("\ufffd")");
  EXPECT_EQ(json_of("a\xc3"), R"("a\ufffd")") << "cut in the middle";
  EXPECT_EQ(json_of("\xc3\"x"), R"("\ufffd\"x")") << "the quote after it is still escaped";
  EXPECT_EQ(json_of("\xc0\xaf"), R"("\ufffd\ufffd")") << "too long a form";
  EXPECT_EQ(json_of("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")") << "half of a pair";
  EXPECT_EQ(json_of("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")") << "beyond Unicode";
}

TEST(JsonText, WhateverComesInIsOneLineOfAscii) {
  std::string every;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      every += static_cast<char>(first);
      every += static_cast<char>(second);
    }
  }
  const auto out = json_of(every);
  EXPECT_TRUE(std::ranges::all_of(out, [](char c) { return c >= ' ' && c <= '~'; }));
}

}  // namespace
}  // namespace tg
