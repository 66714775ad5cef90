// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

// Numbers as text where a format string would cost more than the rest of the line: in heads that
// are written for every call.
//
// Threading:  pure functions.
namespace tg {

// In decimal.
void append_number(std::string& out, std::int64_t number);
void append_number(std::string& out, std::uint64_t number);

template <std::integral Number>
void append_number(std::string& out, Number number) {
  if constexpr (std::signed_integral<Number>) {
    append_number(out, static_cast<std::int64_t>(number));
  } else {
    append_number(out, static_cast<std::uint64_t>(number));
  }
}

}  // namespace tg
