// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>

namespace tg {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool is_plain(char character) {
  return character >= ' ' && character <= '~' && character != '"' && character != '\\';
}

// A character of UTF-8 by its first byte (RFC 3629, 4): how many bytes follow, and from which value
// on it must not be shorter.
struct Lead {
  unsigned char mask;
  unsigned char bits;
  std::size_t more;
  char32_t least;
};
constexpr std::array<Lead, 3> kLeads{{
    {.mask = 0xe0, .bits = 0xc0, .more = 1, .least = 0x80},
    {.mask = 0xf0, .bits = 0xe0, .more = 2, .least = 0x800},
    {.mask = 0xf8, .bits = 0xf0, .more = 3, .least = 0x10000},
}};

// Takes one character off the front; of what is no UTF-8, one byte.
char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  for (const auto& lead : kLeads) {
    if ((first & lead.mask) != lead.bits) continue;
    if (text.size() < lead.more) return kReplacement;
    char32_t value = first & static_cast<unsigned char>(~lead.mask);
    for (std::size_t at = 0; at < lead.more; ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if ((byte & 0xc0) != 0x80) return kReplacement;
      value = value << 6 | (byte & 0x3fU);
    }
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < lead.least || value > 0x10ffff || surrogate) return kReplacement;
    text.remove_prefix(lead.more);
    return value;
  }
  return kReplacement;
}

void append_escaped(std::string& out, char32_t value) {
  if (value == '"' || value == '\\') {
    out += '\\';
    out += static_cast<char>(value);
  } else if (value < 0x10000) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(value));
  } else {
    const auto rest = static_cast<std::uint32_t>(value) - 0x10000;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10),
                   0xdc00 + (rest & 0x3ff));
  }
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) append_escaped(out, take_character(text));
  }
  out += '"';
}

}  // namespace tg
