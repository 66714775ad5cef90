// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "identity/people.h"
#include "identity/text_rules.h"

namespace tg::identity {
namespace {

constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321's path of 256 less its angle brackets
constexpr std::size_t kLocalBytesMax = 64;
constexpr std::size_t kLabelBytesMax = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 5322's atoms; quoted local parts are refused: they may hold blanks, commas and quotes.
bool is_local_character(char c) {
  return is_letter_or_digit(c) || std::string_view{"!#$%&'*+-/=?^_`{|}~."}.contains(c);
}

bool is_local_part(std::string_view local) {
  if (local.empty() || local.size() > kLocalBytesMax) return false;
  if (local.front() == '.' || local.back() == '.' || local.contains("..")) return false;
  return std::ranges::all_of(local, is_local_character);
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytesMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_domain(std::string_view domain) {
  while (true) {
    const auto dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

}  // namespace

std::optional<std::string> fold_email(std::string_view email) {
  if (email.size() > kEmailBytesMax) return std::nullopt;
  const auto at = email.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  auto domain = email.substr(at + 1);
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (!is_local_part(email.substr(0, at)) || !is_domain(domain)) return std::nullopt;
  return to_lower_ascii(email.substr(0, at + 1 + domain.size()));
}

}  // namespace tg::identity
