// SPDX-License-Identifier: Apache-2.0
#include "http/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace tg::http {
namespace {

constexpr std::string_view kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view kValid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, AValidOneNamesItsTrace) {
  EXPECT_EQ(trace_id_of(kValid), kTrace);
  EXPECT_EQ(trace_id_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"), kTrace);
}

TEST(TraceContext, ALaterVersionMayAddBehindADash) {
  EXPECT_EQ(trace_id_of("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), kTrace);
  EXPECT_EQ(trace_id_of("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"), kTrace);
  EXPECT_EQ(trace_id_of("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more"), "");
}

TEST(TraceContext, WhatIsNoTraceparentNamesNone) {
  for (const auto* text : {
           "",
           "00",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "00-00000000000000000000000000000000-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
           "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
           "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
       }) {
    EXPECT_EQ(trace_id_of(std::string_view{text}), "") << text;
  }
}

TEST(TraceContext, EveryByteOfItMatters) {
  for (std::size_t at = 0; at < kValid.size(); ++at) {
    std::string text{kValid};
    text[at] = '\n';
    EXPECT_EQ(trace_id_of(std::string_view{text}), "") << at;
  }
}

TEST(TraceContext, TwoOfThemAreNone) {
  Fields fields;
  fields.add({"Traceparent", kValid});
  EXPECT_EQ(trace_id_of(fields), kTrace);
  fields.add({"traceparent", kValid});
  EXPECT_EQ(trace_id_of(fields), "");
}

}  // namespace
}  // namespace tg::http
