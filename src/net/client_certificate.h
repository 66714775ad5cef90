// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

// Certificates of clients (mutual TLS): the ones that are trusted, and what one of a connection is
// worth against them. A trust anchor is a certificate authority, root or intermediate, whose
// clients are accepted; or a client's own certificate, which is accepted as it is.
//
// A client's certificate is accepted where it names clientAuth as a use of its key, and the chain
// from it over what the client sent with it to an anchor holds: signatures, dates, purposes,
// basic constraints, path lengths and name constraints (RFC 5280), keys and digests of 112 bits and
// more. Revocation lists are not looked at.
//
// Threading:  a ClientTrust never changes and is read by all workers; who verifies takes OpenSSL's
//             lock of each anchor for some microseconds.
// Limits:     an anchor 16 KiB of PEM; a chain of 4 certificates between a client's and an anchor.
// Errors:     sentences for people; a verdict's reason is a literal.
namespace tg::net {

struct TrustAnchor {
  std::string pem;          // that certificate alone, as OpenSSL writes it
  std::string fingerprint;  // SHA-256 of it, in hexadecimal
  WallTime valid_at;
  WallTime expires_at;
};

inline constexpr std::size_t kAnchorBytesMax = 16 << 10;

// The one certificate in `text`, if it can be an anchor. Whether its time has come, or is over, is
// the caller's to judge. What is refused is told without a word of it: it may be a private key.
[[nodiscard]] std::expected<TrustAnchor, std::string> read_trust_anchor(std::string_view text);

// Anchors that are trusted together; without any, nobody is accepted.
class ClientTrust {
 public:
  // Each of them PEM. kCorrupt, kInternal (no memory).
  [[nodiscard]] static Result<std::shared_ptr<const ClientTrust>> make(
      std::span<const std::string> anchors);
  ~ClientTrust();

  struct Impl;
  [[nodiscard]] const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit ClientTrust(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct ClientVerdict {
  enum class Kind : std::uint8_t {
    kNoTls,     // the connection is a plain one
    kNone,      // the client showed no certificate, or was not asked for one
    kRefused,   // its certificate leads to no anchor, or not in a way that holds
    kAccepted,  // until `good_until`
  };
  Kind kind = Kind::kNone;
  const char* why = "";   // of kRefused
  WallTime good_until{};  // of kAccepted: when the first certificate of the chain ends
};

}  // namespace tg::net
