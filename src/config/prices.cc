// SPDX-License-Identifier: Apache-2.0
#include "config/prices.h"

#include <limits>
#include <utility>

#include "base/result.h"

namespace tg::config {

void PriceList::add(Price price) {
  TG_CHECK(prices_.size() < std::numeric_limits<std::uint16_t>::max());
  const auto next = static_cast<std::size_t>(price.unit) + 1;
  prices_.insert(prices_.begin() + begin_[next], std::move(price));
  for (auto unit = next; unit < begin_.size(); ++unit) ++begin_[unit];
}

}  // namespace tg::config
