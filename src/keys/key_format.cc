// SPDX-License-Identifier: Apache-2.0
#include "keys/key_format.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/encoding.h"
#include "keys/derived_key.h"

namespace tg::keys {
namespace {

constexpr std::size_t kRandomCharacters = 43;   // 43 × log2(62) = 256.03 bits
constexpr std::size_t kChecksumCharacters = 6;  // 62^6 > 2^32
constexpr std::size_t kTailShown = 4;

struct KindText {
  KeyKind kind;
  std::string_view in_key;
  std::string_view name;
};
constexpr std::array kKinds{
    KindText{KeyKind::kProject, "proj", "project"},
    KindText{KeyKind::kServiceAccount, "svc", "service-account"},
    KindText{KeyKind::kAdmin, "admin", "admin"},
    KindText{KeyKind::kTest, "test", "test"},
};

const KindText& text_of(KeyKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

std::array<char, kChecksumCharacters> checksum(std::string_view before) {
  std::array<char, kChecksumCharacters> text{};
  auto value = crc32(before);
  for (auto character = text.rbegin(); character != text.rend(); ++character) {
    *character = kBase62[value % kBase62.size()];
    value /= static_cast<std::uint32_t>(kBase62.size());
  }
  return text;
}

// The number that the bits are, divided by 62 as often as there are characters.
void write_base62(KeyBits number, std::span<char> body) {
  constexpr unsigned kBits = 8;
  for (auto character = body.rbegin(); character != body.rend(); ++character) {
    unsigned rest = 0;
    for (auto& byte : number) {
      const auto value = rest << kBits | byte;
      byte = static_cast<unsigned char>(value / kBase62.size());
      rest = static_cast<unsigned>(value % kBase62.size());
    }
    *character = kBase62[rest];
  }
  wipe({reinterpret_cast<char*>(number.data()), number.size()});
}

// `write` fills the characters that nobody can guess.
template <typename Write>
SecretBytes make_text(KeyKind kind, Write write) {
  const auto in_key = text_of(kind).in_key;
  const auto head_size = kKeyPrefix.size() + in_key.size() + 1;
  SecretBytes key{head_size + kRandomCharacters + kChecksumCharacters};
  const std::span text{reinterpret_cast<char*>(key.data()), key.size()};

  auto end = std::ranges::copy(kKeyPrefix, text.begin()).out;
  end = std::ranges::copy(in_key, end).out;
  *end = '-';
  write(text.subspan(head_size, kRandomCharacters));
  const auto sum = checksum(key.reveal().substr(0, head_size + kRandomCharacters));
  std::ranges::copy(sum, text.subspan(head_size + kRandomCharacters).begin());
  return key;
}

bool is_base62(char character) {
  return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
         (character >= 'a' && character <= 'z');
}

}  // namespace

SecretBytes make_key(KeyKind kind) {
  return make_text(kind, [](std::span<char> body) { random_base62(body); });
}

SecretBytes derive_key(KeyKind kind, const KeyBits& bits) {
  return make_text(kind, [&bits](std::span<char> body) { write_base62(bits, body); });
}

std::optional<KeyKind> parse_key(std::string_view text) noexcept {
  if (!text.starts_with(kKeyPrefix)) return std::nullopt;
  const auto after_prefix = text.substr(kKeyPrefix.size());
  const auto dash = after_prefix.find('-');
  if (dash == std::string_view::npos) return std::nullopt;

  const auto found = std::ranges::find(kKinds, after_prefix.substr(0, dash), &KindText::in_key);
  const auto body = after_prefix.substr(dash + 1);
  if (found == kKinds.end() || body.size() != kRandomCharacters + kChecksumCharacters ||
      !std::ranges::all_of(body, is_base62)) {
    return std::nullopt;
  }
  const auto sum = checksum(text.substr(0, text.size() - kChecksumCharacters));
  if (!std::ranges::equal(sum, body.substr(kRandomCharacters))) return std::nullopt;
  return found->kind;
}

std::string redact_key(std::string_view key) {
  const auto kind = parse_key(key);
  if (!kind) return "sk-...";
  std::string text{kKeyPrefix};
  text.append(text_of(*kind).in_key).append("-...").append(key.substr(key.size() - kTailShown));
  return text;
}

std::string_view name(KeyKind kind) noexcept { return text_of(kind).name; }

std::optional<KeyKind> parse_kind(std::string_view name) noexcept {
  const auto found = std::ranges::find(kKinds, name, &KindText::name);
  if (found == kKinds.end()) return std::nullopt;
  return found->kind;
}

}  // namespace tg::keys
