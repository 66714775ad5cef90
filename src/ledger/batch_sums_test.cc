// SPDX-License-Identifier: Apache-2.0
#include "ledger/batch_sums.h"

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

using SliceKey = std::tuple<int, std::string_view, std::string_view, std::int64_t>;

SliceKey key_of(const SliceRow& row) {
  return {static_cast<int>(row.by), row.id, row.model, row.begin_ms};
}

std::vector<UsageEvent> random_events(std::size_t count, unsigned seed) {
  std::mt19937 random{seed};
  const auto name = [&random](const char* prefix, unsigned of) {
    return prefix + std::to_string(random() % of);
  };
  std::vector<UsageEvent> events(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    auto& event = events[i];
    event.admission = test_admission(random() % 400'000'000);
    event.admission.test = random() % 5 == 0;
    event.admission.key_id = name("key_with_a_long_name_", 300);
    event.admission.owner_id = name("user_", 20);
    event.admission.project_id = name("proj_", 3);
    event.admission.organization_id = name("org_", 2);
    event.admission.model = name("m", 3);
    event.admission.upstream_model = random() % 4 == 0 ? "" : name("m", 3);
    event.settlement = test_settlement(random() % 1'000);
  }
  return events;
}

TEST(BatchSums, TheyAreWhatAddingEventByEventGivesAndSorted) {
  const auto events = random_events(5'000, 7);
  BatchSums sums{16};  // fewer than come: its tables grow
  std::map<SliceKey, std::array<std::int64_t, 3>> slices;
  for (const auto& event : events) {
    sums.add(event);
    const auto& admission = event.admission;
    for (const auto& spender : spenders_of(admission)) {
      const auto id = spender.by == SpentBy::kKey       ? std::string_view{admission.key_id}
                      : spender.by == SpentBy::kProject ? std::string_view{admission.project_id}
                      : spender.by == SpentBy::kOwner   ? std::string_view{admission.owner_id}
                                                      : std::string_view{admission.organization_id};
      const auto model =
          spender.model.empty() ? std::string_view{} : std::string_view{admission.upstream_model};
      auto& slice =
          slices[{static_cast<int>(spender.by), id, model, to_unix_ms(slice_of(admission.at))}];
      slice[0] += event.settlement.charge.count();
      slice[1] += tokens_of(event.settlement.usage);
      ++slice[2];
    }
  }
  const auto rows = sums.slices();
  ASSERT_EQ(rows.size(), slices.size());
  auto slice = slices.begin();
  for (const auto& row : rows) {
    EXPECT_EQ(key_of(row), slice->first);
    EXPECT_EQ((std::array{row.charge, row.tokens, row.requests}), slice->second);
    ++slice;
  }
}

TEST(BatchSums, ABatchWithoutEventsHasNoRows) { EXPECT_TRUE(BatchSums{0}.slices().empty()); }

TEST(BatchSums, NamesSortAsTextsDo) {
  Names names{1};
  for (const auto* name : {"b", "", "key_0123456789abcdefZ", "key_0123456789abcdef",
                           "key_0123456789abcdefA", "a", "\xff", "b"}) {
    (void)names.number_of(name);
  }
  std::vector<std::string_view> sorted;
  for (const auto number : names.sorted()) sorted.push_back(names.at(number));
  EXPECT_EQ(sorted, (std::vector<std::string_view>{"", "a", "b", "key_0123456789abcdef",
                                                   "key_0123456789abcdefA", "key_0123456789abcdefZ",
                                                   "\xff"}));
}

}  // namespace
}  // namespace tg::ledger
