// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// IP addresses and ranges of them (CIDR): where a key may be used from, and where it was.
//
// Threading:  values; pure.
namespace tg::keys {

// An IPv4 address is the IPv6 address that maps it (RFC 4291, 2.5.5.2), so that both compare.
class Address {
 public:
  // "203.0.113.7", "2001:db8::1"; a zone ("%eth0") is dropped.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const noexcept;
  // The network that it is likely to share with its neighbours: "203.0.113.0/24",
  // "2001:db8:1::/48".
  [[nodiscard]] std::string network() const;

  friend bool operator==(const Address&, const Address&) = default;

 private:
  friend class AddressRange;
  std::array<std::uint8_t, 16> bytes_{};
};

class AddressRange {
 public:
  // "10.0.0.0/8", or one address. Bits behind the prefix must be zero: whoever writes 10.1.2.3/8
  // may have meant another range.
  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);

  [[nodiscard]] bool contains(const Address& address) const noexcept;
  // Whether all of `other` is in this one.
  [[nodiscard]] bool contains(const AddressRange& other) const noexcept;

  friend bool operator==(const AddressRange&, const AddressRange&) = default;

 private:
  Address first_;
  int prefix_bits_ = 128;
};

}  // namespace tg::keys
