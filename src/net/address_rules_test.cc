// SPDX-License-Identifier: Apache-2.0
#include "net/address_rules.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

namespace tg::net {
namespace {

sockaddr_storage address(const std::string& text) {
  sockaddr_storage storage{};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
  const bool is_ipv6 = text.contains(':');
  storage.ss_family = is_ipv6 ? AF_INET6 : AF_INET;
  void* into = is_ipv6 ? static_cast<void*>(&ipv6.sin6_addr) : &ipv4.sin_addr;
  EXPECT_EQ(::inet_pton(storage.ss_family, text.c_str(), into), 1) << text;
  return storage;
}

AddressKind kind(const std::string& text) {
  const auto storage = address(text);
  return address_kind(reinterpret_cast<const sockaddr&>(storage));
}

bool allowed(const std::string& host, const std::string& text) {
  const auto storage = address(text);
  return may_connect(host, reinterpret_cast<const sockaddr&>(storage));
}

TEST(AddressRules, RangesEndExactlyWhereTheyEnd) {
  for (const auto* text :
       {"1.1.1.1",         "9.255.255.255",  "11.0.0.0",      "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",      "168.63.129.15", "168.63.129.17",   "169.253.255.255",
        "169.255.0.0",     "172.15.255.255", "172.32.0.0",    "192.0.1.0",       "192.167.255.255",
        "192.169.0.0",     "198.17.0.0",     "198.20.0.0",    "223.255.255.255", "2606:4700::1111",
        "fbff::1",         "fe7f::1",        "::2:0:0:0"}) {
    EXPECT_EQ(kind(text), AddressKind::kPublic) << text;
  }
  for (const auto* text :
       {"10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
        "198.18.0.0", "198.19.255.255", "::1", "fc00::", "fdff:ffff::1"}) {
    EXPECT_EQ(kind(text), AddressKind::kPrivate) << text;
  }
  for (const auto* text :
       {"0.0.0.0", "0.255.255.255", "100.100.100.200", "168.63.129.16", "169.254.0.0",
        "169.254.169.254", "169.254.255.255", "192.0.0.192", "224.0.0.0", "239.255.255.255",
        "240.0.0.0", "255.255.255.255", "::", "fd00:ec2::254", "fd20:ce::254", "fe80::1",
        "febf:ffff::1", "fec0::1", "ff02::1"}) {
    EXPECT_EQ(kind(text), AddressKind::kForbidden) << text;
  }
}

TEST(AddressRules, AnIpv4AddressInsideOfAnIpv6OneCountsAsItself) {
  EXPECT_EQ(kind("::ffff:169.254.169.254"), AddressKind::kForbidden);
  EXPECT_EQ(kind("::ffff:127.0.0.1"), AddressKind::kPrivate);
  EXPECT_EQ(kind("::ffff:1.1.1.1"), AddressKind::kPublic);
  EXPECT_EQ(kind("64:ff9b::169.254.169.254"), AddressKind::kForbidden);
  EXPECT_EQ(kind("64:ff9b::8.8.8.8"), AddressKind::kPublic);
  EXPECT_EQ(kind("2002:a9fe:a9fe::1"), AddressKind::kForbidden);
  EXPECT_EQ(kind("2002:0a00:0001::1"), AddressKind::kPrivate);
  EXPECT_EQ(kind("::169.254.169.254"), AddressKind::kForbidden);
}

TEST(AddressRules, OnlyAHostThatNamesAPrivatePlaceReachesOne) {
  for (const auto* host : {"127.0.0.1", "10.1.2.3", "::1", "fd12::1", "localhost", "localhost.",
                           "ollama", "vllm-0", "api.localhost", "gpu.local", "host.docker.internal",
                           "engine.lan", "nas.home.arpa", "vllm.models.svc.cluster.local"}) {
    EXPECT_TRUE(allowed(host, "10.1.2.3")) << host;
    EXPECT_TRUE(allowed(host, "127.0.0.1")) << host;
    EXPECT_TRUE(allowed(host, "1.1.1.1")) << host;
    EXPECT_FALSE(allowed(host, "169.254.169.254")) << host;
    EXPECT_FALSE(allowed(host, "fe80::1")) << host;
    EXPECT_FALSE(allowed(host, "0.0.0.0")) << host;
  }
  for (const auto* host : {"api.openai.com", "rebound.example.org", "local.example",
                           "evil-internal.com", "2130706433", "0x7f.1", "127.1", ""}) {
    EXPECT_FALSE(allowed(host, "127.0.0.1")) << host;
    EXPECT_FALSE(allowed(host, "192.168.1.1")) << host;
    EXPECT_FALSE(allowed(host, "::ffff:10.0.0.1")) << host;
    EXPECT_TRUE(allowed(host, "1.1.1.1")) << host;
  }
}

TEST(AddressRules, OtherFamiliesAreForbidden) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  EXPECT_FALSE(may_connect("localhost", reinterpret_cast<const sockaddr&>(storage)));
}

TEST(AddressRules, AForbiddenAddressIsKnownByItsText) {
  for (const auto* host : {"169.254.169.254", "0.0.0.0", "fe80::1", "::ffff:169.254.169.254"}) {
    EXPECT_TRUE(is_forbidden_literal(host)) << host;
  }
  for (const auto* host : {"127.0.0.1", "10.0.0.1", "8.8.8.8", "::1", "example.com", ""}) {
    EXPECT_FALSE(is_forbidden_literal(host)) << host;
  }
}

}  // namespace
}  // namespace tg::net
