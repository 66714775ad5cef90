// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>

// Values of the catalogue's JSON; for this room's own sources.
//
// Threading:  pure functions.
namespace tg::providers {

// "" where it is no text.
[[nodiscard]] inline std::string_view text_of(simdjson::dom::element value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

// False where it is no whole number, zero or more.
[[nodiscard]] inline bool read_integer(simdjson::dom::element value, std::int64_t& out) {
  return value.get(out) == simdjson::SUCCESS && out >= 0;
}

}  // namespace tg::providers
