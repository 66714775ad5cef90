// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

namespace tg {
namespace {

TEST(ParseUtc, ReadsWhatFormatUtcWrites) {
  for (const std::int64_t ms : {0LL, 1'795'521'600'123LL, 951'782'400'000LL, 4'102'444'799'999LL}) {
    EXPECT_EQ(parse_utc(format_utc(from_unix_ms(ms))), from_unix_ms(ms)) << ms;
  }
}

TEST(ParseUtc, ADayIsItsFirstInstantAndASecondNeedsNoMore) {
  EXPECT_EQ(parse_utc("2026-11-24"), from_unix_ms(1'795'478'400'000));
  EXPECT_EQ(parse_utc("2026-11-24T00:00:01Z"), from_unix_ms(1'795'478'401'000));
}

TEST(ParseUtc, AnythingElseIsNoInstant) {
  for (const auto* text :
       {"", "2026", "2026-11", "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31",
        "2026-11-24T24:00:00Z", "2026-11-24T10:60:00Z", "2026-11-24T10:00:60Z",
        "2026-11-24T10:00:00", "2026-11-24T10:00:00+01:00", "2026-11-24 10:00:00Z", "24-11-2026",
        "2026-11-24T10:00:00.1Z", "2026-11-24T10:00:00.1234Z", "-026-11-24", "tomorrow ",
        "2026-11-2x"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tg
