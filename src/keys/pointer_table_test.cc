// SPDX-License-Identifier: Apache-2.0
#include "keys/pointer_table.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace tg::keys {
namespace {

TEST(PointerTable, TellsThoseOfOneHashApart) {
  PointerTable<const int> table;
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  // The second hash ends in the same slots as the first.
  for (const auto& number : numbers) table.insert(number % 2 == 0 ? 7 : 7 + (1UL << 40), &number);
  for (const auto& number : numbers) {
    const auto is_it = [&](const int& other) { return other == number; };
    EXPECT_EQ(table.find(7, is_it), number % 2 == 0 ? &number : nullptr);
    EXPECT_EQ(table.find(7 + (1UL << 40), is_it), number % 2 == 0 ? nullptr : &number);
  }
}

// Its slots fill several huge pages then.
TEST(PointerTable, FindsWhatIsInItWhenItIsLarge) {
  PointerTable<const std::size_t> table;
  std::vector<std::size_t> numbers(300'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto hash_of = [](std::size_t number) { return number * 0x9e3779b97f4a7c15; };
  for (const auto& number : numbers) table.insert(hash_of(number), &number);
  table.drop_outgrown();
  for (const auto& number : numbers) {
    ASSERT_EQ(table.find(hash_of(number), [](const auto& /*one*/) { return true; }), &number);
  }
  EXPECT_EQ(table.find(hash_of(numbers.size()), [](const auto& /*one*/) { return true; }), nullptr);
}

}  // namespace
}  // namespace tg::keys
