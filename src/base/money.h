// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

// Money, in whole nano-dollars. Never a float: sums of charges agree to the last digit.
//
// Limits:  about nine thousand million dollars either way; sums of a limit's size stay far below.
namespace tg {

class NanoUsd {
 public:
  constexpr NanoUsd() = default;
  constexpr explicit NanoUsd(std::int64_t nanousd) : nanousd_{nanousd} {}

  static constexpr NanoUsd max() { return NanoUsd{std::numeric_limits<std::int64_t>::max()}; }

  [[nodiscard]] constexpr std::int64_t count() const { return nanousd_; }

  friend constexpr auto operator<=>(NanoUsd, NanoUsd) = default;
  friend constexpr NanoUsd operator+(NanoUsd a, NanoUsd b) {
    return NanoUsd{a.nanousd_ + b.nanousd_};
  }
  friend constexpr NanoUsd operator-(NanoUsd a, NanoUsd b) {
    return NanoUsd{a.nanousd_ - b.nanousd_};
  }
  constexpr NanoUsd& operator+=(NanoUsd other) { return *this = *this + other; }
  constexpr NanoUsd& operator-=(NanoUsd other) { return *this = *this - other; }

 private:
  std::int64_t nanousd_ = 0;
};

// "12.50" or "0.000000001" in dollars; no sign, no exponent, at most nine decimals.
[[nodiscard]] std::optional<NanoUsd> parse_usd(std::string_view dollars);

// "$12.50"; as many decimals as the amount needs, at least two.
[[nodiscard]] std::string format_usd(NanoUsd amount);

}  // namespace tg
