// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cstdio>
#include <cstdlib>

#include "base/result.h"

namespace tg {

const char* name(Code code) noexcept {
  switch (code) {
    case Code::kMalformedHttp: return "malformed_http";
    case Code::kHeadTooLarge: return "head_too_large";
    case Code::kBodyTooLarge: return "body_too_large";
    case Code::kRequestTimeout: return "request_timeout";
    case Code::kUnsupportedTransferCoding: return "unsupported_transfer_coding";
    case Code::kUnsupportedHttpVersion: return "unsupported_http_version";
    case Code::kExpectationFailed: return "expectation_failed";
    case Code::kMethodNotAllowed: return "method_not_allowed";
    case Code::kPathNotFound: return "path_not_found";
    case Code::kEndpointClosed: return "endpoint_closed";
    case Code::kNotThereYet: return "not_there_yet";
    case Code::kKeyMissing: return "key_missing";
    case Code::kKeyInvalid: return "key_invalid";
    case Code::kKeyWrongKind: return "key_wrong_kind";
    case Code::kKeyExpired: return "key_expired";
    case Code::kKeyPaused: return "key_paused";
    case Code::kAddressNotAllowed: return "address_not_allowed";
    case Code::kScopeMissing: return "scope_missing";
    case Code::kOrganizationMismatch: return "organization_mismatch";
    case Code::kProjectMismatch: return "project_mismatch";
    case Code::kSessionMissing: return "session_missing";
    case Code::kForbidden: return "forbidden";
    case Code::kTooManyAttempts: return "too_many_attempts";
    case Code::kBodyNotJson: return "body_not_json";
    case Code::kBodyMalformed: return "body_malformed";
    case Code::kFieldInvalid: return "field_invalid";
    case Code::kModelMissing: return "model_missing";
    case Code::kModelNotFound: return "model_not_found";
    case Code::kModelNotAllowed: return "model_not_allowed";
    case Code::kModelUnpriced: return "model_unpriced";
    case Code::kNoProvider: return "no_provider";
    case Code::kNotFound: return "not_found";
    case Code::kConflict: return "conflict";
    case Code::kPreconditionFailed: return "precondition_failed";
    case Code::kKeySpendLimit: return "key_spend_limit";
    case Code::kProjectSpendLimit: return "project_spend_limit";
    case Code::kOrganizationSpendLimit: return "organization_spend_limit";
    case Code::kUserSpendLimit: return "user_spend_limit";
    case Code::kModelSpendLimit: return "model_spend_limit";
    case Code::kCreditExhausted: return "credit_exhausted";
    case Code::kRateLimit: return "rate_limit";
    case Code::kTokenLimit: return "token_limit";
    case Code::kConcurrencyLimit: return "concurrency_limit";
    case Code::kOverloaded: return "overloaded";
    case Code::kJournalFull: return "journal_full";
    case Code::kShuttingDown: return "shutting_down";
    case Code::kInternal: return "internal";
    case Code::kCorrupt: return "corrupt";
    case Code::kIo: return "io";
    case Code::kDatabase: return "database";
    case Code::kConfiguration: return "configuration";
    case Code::kUpstreamUnreachable: return "upstream_unreachable";
    case Code::kUpstreamTimeout: return "upstream_timeout";
    case Code::kUpstreamProtocol: return "upstream_protocol";
    case Code::kUpstreamTruncated: return "upstream_truncated";
    case Code::kUpstreamTls: return "upstream_tls";
    case Code::kClosed: return "closed";
    case Code::kTimedOut: return "timed_out";
    case Code::kCancelled: return "cancelled";
  }
  return "unknown";
}

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "tollgate: %s:%d: invariant broken: %s\n", file, line, expression);
  std::abort();
}

}  // namespace tg
