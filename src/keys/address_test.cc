// SPDX-License-Identifier: Apache-2.0
#include "keys/address.h"

#include <gtest/gtest.h>

namespace tg::keys {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }
AddressRange range(std::string_view text) { return AddressRange::parse(text).value(); }

TEST(AddressTest, ReadsBothFamiliesAndTellsTheirNetworks) {
  EXPECT_EQ(address("203.0.113.77").network(), "203.0.113.0/24");
  EXPECT_EQ(address("2001:db8:1:2::9").network(), "2001:db8:1::/48");
  EXPECT_EQ(address("fe80::1%eth0").network(), "fe80::/48");
  EXPECT_EQ(address("::ffff:203.0.113.77"), address("203.0.113.77"));
  for (const auto* wrong : {"", "1.2.3", "1.2.3.256", "01.2.3.4x", "::g", "host", "1.2.3.4 "}) {
    EXPECT_FALSE(Address::parse(wrong)) << wrong;
  }
}

TEST(AddressTest, ARangeHasItsAddressesAndNoOthers) {
  EXPECT_TRUE(range("10.0.0.0/8").contains(address("10.255.1.2")));
  EXPECT_FALSE(range("10.0.0.0/8").contains(address("11.0.0.0")));
  EXPECT_TRUE(range("192.0.2.64/27").contains(address("192.0.2.95")));
  EXPECT_FALSE(range("192.0.2.64/27").contains(address("192.0.2.96")));
  EXPECT_TRUE(range("192.0.2.7").contains(address("192.0.2.7")));
  EXPECT_FALSE(range("192.0.2.7").contains(address("192.0.2.8")));
  EXPECT_TRUE(range("2001:db8::/32").contains(address("2001:db8:ffff::1")));
  EXPECT_FALSE(range("0.0.0.0/0").contains(address("2001:db8::1")));
  EXPECT_TRUE(range("0.0.0.0/0").contains(address("8.8.8.8")));
}

TEST(AddressTest, ARangeWithinAnother) {
  EXPECT_TRUE(range("10.0.0.0/8").contains(range("10.1.0.0/16")));
  EXPECT_TRUE(range("10.0.0.0/8").contains(range("10.0.0.0/8")));
  EXPECT_FALSE(range("10.1.0.0/16").contains(range("10.0.0.0/8")));
}

TEST(AddressTest, ARangeThatIsNoneIsRefused) {
  for (const auto* wrong : {"10.1.2.3/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                            "::/129", "10.0.0.0/8/8", "fe80::%eth0/64", "/8", "any"}) {
    EXPECT_FALSE(AddressRange::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace tg::keys
