// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <sodium.h>
#include <zlib.h>

#include <array>

#include "base/result.h"

namespace tg {
namespace {

constexpr unsigned kNotHex = 16;

constexpr auto kHexValues = [] {
  std::array<unsigned char, 256> values{};
  values.fill(kNotHex);
  for (unsigned value = 0; value < 16; ++value) {
    values["0123456789abcdef"[value]] = static_cast<unsigned char>(value);
    values["0123456789ABCDEF"[value]] = static_cast<unsigned char>(value);
  }
  return values;
}();

unsigned value_of_hex(char digit) noexcept { return kHexValues[static_cast<unsigned char>(digit)]; }

}  // namespace

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

bool from_hex(std::string_view text, std::span<unsigned char> out) {
  if (text.size() != out.size() * 2) return false;
  unsigned seen = 0;
  for (std::size_t at = 0; at < out.size(); ++at) {
    const auto high = value_of_hex(text[at * 2]);
    const auto low = value_of_hex(text[at * 2 + 1]);
    seen |= high | low;
    out[at] = static_cast<unsigned char>(high << 4 | low);
  }
  return seen < kNotHex;
}

std::string to_base64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

void random_base62(std::span<char> out) {
  for (char& character : out) {
    character = kBase62[randombytes_uniform(static_cast<std::uint32_t>(kBase62.size()))];
  }
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t seed) noexcept {
  return static_cast<std::uint32_t>(
      ::crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace tg
