// SPDX-License-Identifier: Apache-2.0
#include "keys/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tg::keys {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4PrefixBits = 96;
constexpr int kAddressBits = 128;
constexpr std::size_t kTextBytesMax = INET6_ADDRSTRLEN;
constexpr int kV4NetworkBits = 24;
constexpr int kV6NetworkBits = 48;

using Bytes = std::array<std::uint8_t, 16>;

bool has_prefix(const Bytes& bytes, const Bytes& prefix, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(bytes.data(), prefix.data(), whole) != 0) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((bytes.at(whole) ^ prefix.at(whole)) & mask) == 0;
}

Bytes without_host(const Bytes& bytes, int bits) {
  Bytes network{};
  for (int bit = 0; bit < bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const auto mask = static_cast<std::uint8_t>(0x80 >> (bit % 8));
    network.at(byte) |= bytes.at(byte) & mask;
  }
  return network;
}

std::string to_text(const Bytes& bytes, bool is_v4) {
  std::array<char, kTextBytesMax> text{};
  if (is_v4) {
    ::inet_ntop(AF_INET, bytes.data() + kV4Prefix.size(), text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  }
  return text.data();
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  text = text.substr(0, text.find('%'));
  if (text.empty() || text.size() >= kTextBytesMax) return std::nullopt;
  const std::string terminated{text};
  Address address;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  std::ranges::copy(kV4Prefix, address.bytes_.begin());
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes_.data() + kV4Prefix.size()) == 1) {
    return address;
  }
  return std::nullopt;
}

bool Address::is_v4() const noexcept {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin());
}

std::string Address::network() const {
  const bool v4 = is_v4();
  const int bits = v4 ? kV4NetworkBits : kV6NetworkBits;
  const auto network = without_host(bytes_, v4 ? kV4PrefixBits + bits : bits);
  return fmt::format("{}/{}", to_text(network, v4), bits);
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto first = Address::parse(text.substr(0, slash));
  if (!first || text.contains('%')) return std::nullopt;
  AddressRange range;
  range.first_ = *first;
  if (slash == std::string_view::npos) return range;

  const auto digits = text.substr(slash + 1);
  int bits = 0;
  const auto* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, bits);
  const bool is_v4 = !text.substr(0, slash).contains(':');
  const int least = is_v4 ? kV4PrefixBits : 0;
  if (parsed.ec != std::errc{} || parsed.ptr != end || bits < 0 || bits + least > kAddressBits) {
    return std::nullopt;
  }
  range.prefix_bits_ = bits + least;
  if (without_host(first->bytes_, range.prefix_bits_) != first->bytes_) return std::nullopt;
  return range;
}

bool AddressRange::contains(const Address& address) const noexcept {
  return has_prefix(address.bytes_, first_.bytes_, prefix_bits_);
}

bool AddressRange::contains(const AddressRange& other) const noexcept {
  return other.prefix_bits_ >= prefix_bits_ && contains(other.first_);
}

}  // namespace tg::keys
