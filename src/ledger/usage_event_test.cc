// SPDX-License-Identifier: Apache-2.0
#include "ledger/usage_event.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "ledger/event_row.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

TEST(UsageEvent, ACallIsNamedByEpochWorkerAndSequence) {
  EXPECT_EQ(format(EventId{.epoch = 7, .worker = 3, .sequence = 42}), "call_7-3-42");
}

TEST(UsageEvent, NoTwoPlacesShareAName) {
  EXPECT_NE(format(EventId{.epoch = 1, .worker = 11, .sequence = 1}),
            format(EventId{.epoch = 11, .worker = 1, .sequence = 1}));
  EXPECT_EQ(format(EventId{.epoch = 4294967295, .worker = 65535, .sequence = ~0ULL}),
            "call_4294967295-65535-18446744073709551615");
}

TEST(UsageEvent, EveryOutcomeHasItsOwnName) {
  std::set<std::string> names;
  for (int outcome = 0; outcome <= static_cast<int>(Outcome::kInterrupted); ++outcome) {
    names.insert(name(static_cast<Outcome>(outcome)));
  }
  EXPECT_EQ(names.size(), 7U);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(UsageEvent, ARowKeepsEveryField) {
  const UsageEvent event{.id = {.epoch = 5, .worker = 6, .sequence = 7},
                         .admission = test_admission(8),
                         .settlement = test_settlement(9)};
  const auto read = from_row(to_row(event));
  EXPECT_EQ(read.id, event.id);
  expect_same(read.admission, event.admission);
  expect_same(read.settlement, event.settlement);
}

}  // namespace
}  // namespace tg::ledger
