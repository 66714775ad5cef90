// SPDX-License-Identifier: Apache-2.0
// Whatever is uploaded: what can be an anchor is read as the same one again, and can be trusted.
#include <array>
#include <string>

#include "base/result.h"
#include "net/client_certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto anchor = tg::net::read_trust_anchor(text);
  if (!anchor) {
    TG_CHECK(!anchor.error().empty());
    return 0;
  }
  TG_CHECK(!anchor->pem.contains("PRIVATE KEY") && anchor->fingerprint.size() == 64);
  const auto again = tg::net::read_trust_anchor(anchor->pem);
  TG_CHECK(again && again->pem == anchor->pem && again->fingerprint == anchor->fingerprint);
  TG_CHECK(tg::net::ClientTrust::make(std::array<std::string, 1>{anchor->pem}));
  return 0;
}
