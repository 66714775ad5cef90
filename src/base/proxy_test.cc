// SPDX-License-Identifier: Apache-2.0
#include "base/proxy.h"

#include <gtest/gtest.h>

namespace tg {
namespace {

TEST(Proxy, HostPortAndCredentialsAreTakenApart) {
  const auto plain = Proxy::parse("http://Proxy.example:3128", "");
  ASSERT_TRUE(plain);
  EXPECT_EQ((*plain)->host(), "proxy.example");
  EXPECT_EQ((*plain)->port(), 3128);
  EXPECT_TRUE((*plain)->credentials().empty());

  const auto named = Proxy::parse("http://me:p%40ss%3Aword@[2001:db8::1]:8080/", "");
  ASSERT_TRUE(named);
  EXPECT_EQ((*named)->host(), "2001:db8::1");
  EXPECT_EQ((*named)->port(), 8080);
  EXPECT_EQ((*named)->credentials().reveal(), "me:p@ss:word");

  const auto bare = Proxy::parse("proxy", "");
  ASSERT_TRUE(bare);
  EXPECT_EQ((*bare)->port(), 1080);
}

TEST(Proxy, WhatIsNoProxyIsRefused) {
  for (const auto* url :
       {"", "http://", "https://proxy:3128", "socks5://proxy:1080", "ftp://proxy", "http://proxy:0",
        "http://proxy:65536", "http://proxy:x", "http://proxy/path", "http://pro xy:1",
        "http://a%0d%0ab@proxy:1", "http://a%zz@proxy:1", "http://[::1:3128", "http://[proxy]:1",
        "http://proxy\r\nX: y:1"}) {
    EXPECT_FALSE(Proxy::parse(url, "")) << url;
  }
}

TEST(Proxy, NamesAreDirectWithAllThatIsBelowThem) {
  const auto proxy = *Proxy::parse("http://proxy:1", "example.com, .internal.example,localhost");
  for (const auto* host : {"example.com", "api.example.com", "EXAMPLE.com", "example.com.",
                           "internal.example", "a.b.internal.example", "localhost"}) {
    EXPECT_FALSE(proxy->serves(host)) << host;
  }
  for (const auto* host : {"notexample.com", "example.com.evil", "com", "127.0.0.1", ""}) {
    EXPECT_TRUE(proxy->serves(host)) << host;
  }
}

TEST(Proxy, AddressesAndNetworksAreDirect) {
  const auto proxy = *Proxy::parse("http://proxy:1", "10.0.0.0/8 192.0.2.7,fd00::/8");
  for (const auto* host : {"10.1.2.3", "192.0.2.7", "fd12::1"}) {
    EXPECT_FALSE(proxy->serves(host)) << host;
  }
  for (const auto* host : {"11.0.0.1", "192.0.2.8", "fe80::1", "10.example.com"}) {
    EXPECT_TRUE(proxy->serves(host)) << host;
  }
  EXPECT_TRUE((*Proxy::parse("http://proxy:1", "10.0.0.0/x,10.0.0.0/99"))->serves("10.0.0.1"));
}

TEST(Proxy, AStarMeansNobody) {
  EXPECT_FALSE((*Proxy::parse("http://proxy:1", "*"))->serves("api.openai.com"));
  EXPECT_TRUE((*Proxy::parse("http://proxy:1", ""))->serves("api.openai.com"));
}

}  // namespace
}  // namespace tg
