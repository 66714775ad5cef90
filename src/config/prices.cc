// SPDX-License-Identifier: Apache-2.0
#include "config/prices.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/result.h"

namespace tg::config {
namespace {

constexpr std::array<std::string_view, kUnitCount> kUnitNames{
    "input_text_token",
    "cached_input_text_token",
    "cache_write_text_token",
    "output_text_token",
    "reasoning_token",
    "input_audio_token",
    "cached_input_audio_token",
    "output_audio_token",
    "input_image_token",
    "cached_input_image_token",
    "output_image_token",
    "input_image",
    "output_image",
    "input_pixel",
    "output_pixel",
    "input_second",
    "output_second",
    "input_character",
    "output_character",
    "request",
    "cache_write_1h_text_token",
    "cache_write_12h_text_token",
    "input_page",
    "web_search_call",
    "file_search_call",
    "code_interpreter_session",
};

}  // namespace

std::string_view name(Unit unit) noexcept { return kUnitNames[static_cast<std::size_t>(unit)]; }

std::optional<Unit> find_unit(std::string_view name) noexcept {
  const auto found = std::ranges::find(kUnitNames, name);
  if (found == kUnitNames.end()) return std::nullopt;
  return static_cast<Unit>(found - kUnitNames.begin());
}

void PriceList::add(Price price) {
  TG_CHECK(prices_.size() < std::numeric_limits<std::uint16_t>::max());
  const auto next = static_cast<std::size_t>(price.unit) + 1;
  prices_.insert(prices_.begin() + begin_[next], std::move(price));
  for (auto unit = next; unit < begin_.size(); ++unit) ++begin_[unit];
}

}  // namespace tg::config
