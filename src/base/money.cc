// SPDX-License-Identifier: Apache-2.0
#include "base/money.h"

#include <fmt/format.h>

#include <cstddef>

namespace tg {
namespace {

constexpr std::int64_t kNanoUsdPerUsd = 1'000'000'000;
constexpr std::size_t kDecimalsMax = 9;
constexpr std::size_t kDecimalsShown = 2;

std::optional<std::int64_t> parse_digits(std::string_view digits) {
  // Ten digits of dollars or nine of nano-dollars: neither can overflow.
  if (digits.size() > 10) return std::nullopt;
  std::int64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

std::optional<NanoUsd> parse_usd(std::string_view dollars) {
  const auto point = dollars.find('.');
  const auto whole_text = dollars.substr(0, point);
  if (whole_text.empty()) return std::nullopt;
  const auto whole = parse_digits(whole_text);
  if (!whole || *whole >= NanoUsd::max().count() / kNanoUsdPerUsd) return std::nullopt;
  if (point == std::string_view::npos) return NanoUsd{*whole * kNanoUsdPerUsd};

  const auto fraction_text = dollars.substr(point + 1);
  if (fraction_text.empty() || fraction_text.size() > kDecimalsMax) return std::nullopt;
  auto fraction = parse_digits(fraction_text);
  if (!fraction) return std::nullopt;
  for (auto missing = fraction_text.size(); missing < kDecimalsMax; ++missing) *fraction *= 10;
  return NanoUsd{*whole * kNanoUsdPerUsd + *fraction};
}

std::string format_usd(NanoUsd amount) {
  const auto count = amount.count();
  const auto magnitude =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  auto text = fmt::format("{}${}.{:09}", count < 0 ? "-" : "", magnitude / kNanoUsdPerUsd,
                          magnitude % kNanoUsdPerUsd);
  const auto shortest = text.size() - kDecimalsMax + kDecimalsShown;
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return text;
}

}  // namespace tg
