// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// Everything that can go wrong, as one small value. A code says what happened; how that is told
// to a client (HTTP status, OpenAI type and code, wording) stands in `openai/error_table`, so that
// no room below has to know.
//
// Threading:  a value; trivially copyable.
// Lifetime:   `detail` is a string literal, never built at run time: an error can be copied and
//             kept anywhere and can never carry a secret or a prompt.
namespace tg {

enum class Code : std::uint8_t {
  // The bytes of a request are not HTTP as we accept it.
  kMalformedHttp,
  kHeadTooLarge,
  kBodyTooLarge,
  kRequestTimeout,
  kUnsupportedTransferCoding,
  kUnsupportedHttpVersion,
  kExpectationFailed,
  kMethodNotAllowed,
  kPathNotFound,
  kEndpointClosed,
  kNotThereYet,
  // Who is asking.
  kKeyMissing,
  kKeyInvalid,
  kKeyWrongKind,
  kKeyExpired,
  kKeyPaused,
  kAddressNotAllowed,
  kCertificateRequired,
  kScopeMissing,
  kOrganizationMismatch,
  kProjectMismatch,
  kSessionMissing,
  kForbidden,
  kTooManyAttempts,
  // What is asked for.
  kBodyNotJson,
  kBodyMalformed,
  kFieldInvalid,
  kModelMissing,
  kModelNotFound,
  kModelNotAllowed,
  kModelUnpriced,
  kNoProvider,
  kNotFound,
  kConflict,
  kPreconditionFailed,
  // Limits.
  kKeySpendLimit,
  kProjectSpendLimit,
  kOrganizationSpendLimit,
  kUserSpendLimit,
  kModelSpendLimit,
  kCreditExhausted,
  kRateLimit,
  kTokenLimit,
  kConcurrencyLimit,
  // This server.
  kOverloaded,
  kJournalFull,
  kShuttingDown,
  kInternal,
  kCorrupt,
  kIo,
  kDatabase,
  kConfiguration,
  // The upstream.
  kUpstreamUnreachable,
  kUpstreamTimeout,
  kUpstreamProtocol,
  kUpstreamTruncated,
  kUpstreamTls,
  // A connection, as `net/` sees it.
  kClosed,
  kTimedOut,
  kCancelled,
};

struct Error {
  Code code;
  const char* detail = "";
  int system_errno = 0;

  friend bool operator==(const Error& left, const Error& right) { return left.code == right.code; }
};

// The enumerator's name without its k, in snake case: for logs, metrics and tests.
[[nodiscard]] const char* name(Code code) noexcept;

}  // namespace tg
