// SPDX-License-Identifier: Apache-2.0
#include "tokens/unicode_class.h"

#include <algorithm>
#include <iterator>

namespace tg::tokens {
namespace {

struct Range {
  char32_t first;
  ClassSet characters_class;
};
constexpr Range kRanges[] = {
#include "tokens/generated/unicode_ranges.inc"
};

constexpr std::size_t kUncounted = ClassTable::kKeptMax;

class Builder {
 public:
  consteval ClassTable build() {
    for (std::size_t block = 0; block < ClassTable::kBlocks; ++block) {
      const auto first = static_cast<char32_t>(block * ClassTable::kBlock);
      while (range_ + 1 < std::size(kRanges) && kRanges[range_ + 1].first <= first) ++range_;
      const bool is_uniform = range_ + 1 == std::size(kRanges) ||
                              kRanges[range_ + 1].first >= first + ClassTable::kBlock;
      table_.index[block] = static_cast<std::uint16_t>(is_uniform ? uniform() : mixed(first));
    }
    return table_;
  }

 private:
  consteval std::size_t uniform() {
    auto& known = uniform_[kRanges[range_].characters_class];
    if (known == kUncounted) {
      known = kept_++;
      std::fill_n(&table_.classes[known * ClassTable::kBlock], ClassTable::kBlock,
                  kRanges[range_].characters_class);
    }
    return known;
  }

  consteval std::size_t mixed(char32_t first) {
    auto range = range_;
    for (std::size_t i = 0; i < ClassTable::kBlock; ++i) {
      if (range + 1 < std::size(kRanges) && kRanges[range + 1].first == first + i) ++range;
      table_.classes[kept_ * ClassTable::kBlock + i] = kRanges[range].characters_class;
    }
    return kept_++;
  }

  ClassTable table_;
  std::array<std::size_t, 256> uniform_ = [] {
    std::array<std::size_t, 256> none{};
    none.fill(kUncounted);
    return none;
  }();
  std::size_t kept_ = 0;
  std::size_t range_ = 0;
};

}  // namespace

constinit const ClassTable kClassTable = Builder{}.build();

}  // namespace tg::tokens
