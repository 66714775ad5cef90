// SPDX-License-Identifier: Apache-2.0
#include "openai/error_table.h"

#include <algorithm>
#include <array>

#include "openai/json.h"
#include "openai/json_document.h"

namespace tg::openai {
namespace {

using enum LogLevel;

constexpr std::string_view kInvalidRequest = "invalid_request_error";
constexpr std::string_view kServer = "server_error";
constexpr std::string_view kUnavailable = "service_unavailable_error";
constexpr std::string_view kQuota = "insufficient_quota";
constexpr std::optional<bool> kUnsaid = std::nullopt;

// In the order of Code. A 409 appears only where the Admin API answers it: clients retry it, the
// oldest without end (OPENAI-CONTRACT 7). Limits forbid the retry: it would be three refusals
// instead of one.
constexpr auto kRows = std::to_array<ErrorRow>({
    {Code::kMalformedHttp, 400, kInvalidRequest, "malformed_request",
     "The request is not valid HTTP/1.1 and was not read further. Check the client or the proxy "
     "in front of it.",
     kInfo, kUnsaid},
    {Code::kHeadTooLarge, 431, kInvalidRequest, "request_head_too_large",
     "The request's headers are too large. Send fewer or shorter headers.", kInfo, kUnsaid},
    {Code::kBodyTooLarge, 413, kInvalidRequest, "request_too_large",
     "The request's body is larger than this server accepts. Send less in one call.", kInfo, false},
    {Code::kRequestTimeout, 408, kInvalidRequest, "request_timeout",
     "The request did not arrive completely in time. Send it again.", kInfo, kUnsaid},
    {Code::kUnsupportedTransferCoding, 501, kInvalidRequest, "unsupported_transfer_coding",
     "The request uses a transfer coding other than chunked. Send it plain or chunked.", kInfo,
     false},
    {Code::kUnsupportedHttpVersion, 505, kInvalidRequest, "unsupported_http_version",
     "This server speaks HTTP/1.1 and HTTP/1.0.", kInfo, false},
    {Code::kExpectationFailed, 417, kInvalidRequest, "expectation_failed",
     "The Expect header asks for something other than 100-continue.", kInfo, false},
    {Code::kMethodNotAllowed, 405, kInvalidRequest, "method_not_supported",
     "This path does not answer that method. Check the API reference for the right one.", kInfo,
     false},
    {Code::kPathNotFound, 404, kInvalidRequest, "unknown_url",
     "Unknown URL. Check the path; the base URL ends in /v1.", kInfo, kUnsaid},
    {Code::kEndpointClosed, 403, kInvalidRequest, "endpoint_not_allowed",
     "This endpoint is not open here, or not to this API key. Ask the operator to open it.", kInfo,
     false},
    {Code::kNotThereYet, 501, kInvalidRequest, "not_there_yet",
     "This operation of the Admin API is not there yet.", kInfo, false},
    {Code::kKeyMissing, 401, kInvalidRequest, "",
     "You didn't provide an API key. You need to provide your API key in an Authorization header "
     "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with "
     "blank username) if you're accessing the API from your browser and are prompted for a "
     "username and password. You can create an API key in the console.",
     kInfo, kUnsaid},
    {Code::kKeyInvalid, 401, kInvalidRequest, "invalid_api_key",
     "Incorrect API key provided. You can find your API keys in the console.", kInfo, kUnsaid},
    {Code::kKeyWrongKind, 401, kInvalidRequest, "invalid_api_key",
     "This kind of API key cannot be used here: calls to models need a project, service account "
     "or test key, the Admin API needs an admin key.",
     kInfo, kUnsaid},
    {Code::kKeyExpired, 401, kInvalidRequest, "invalid_api_key",
     "This API key has expired. Create a new one in the console.", kInfo, kUnsaid},
    {Code::kKeyPaused, 401, kInvalidRequest, "invalid_api_key",
     "This API key is paused. Its owner, or an owner of its organization, can resume it.", kInfo,
     kUnsaid},
    {Code::kAddressNotAllowed, 403, kInvalidRequest, "ip_not_allowed",
     "This API key may not be used from your network address. Its owner can change where from.",
     kInfo, kUnsaid},
    {Code::kCertificateRequired, 401, kInvalidRequest, "certificate_required",
     "This API key's project takes calls only over TLS with a client certificate that it trusts "
     "(mutual TLS). Give your client the certificate and its key.",
     kInfo, kUnsaid},
    {Code::kScopeMissing, 401, kInvalidRequest, "missing_scope",
     "You have insufficient permissions for this operation. Its owner needs another role, or it "
     "another key.",
     kInfo, kUnsaid},
    {Code::kOrganizationMismatch, 401, kInvalidRequest, "mismatched_organization",
     "OpenAI-Organization header should match organization for API key. Leave the header out, or "
     "use a key of that organization.",
     kInfo, kUnsaid},
    {Code::kProjectMismatch, 401, kInvalidRequest, "mismatched_project",
     "OpenAI-Project header should match project for API key. Leave the header out, or use a key "
     "of that project.",
     kInfo, kUnsaid},
    {Code::kSessionMissing, 401, kInvalidRequest, "session_missing",
     "You are not signed in, or the session has ended. Sign in again.", kInfo, kUnsaid},
    {Code::kForbidden, 403, kInvalidRequest, "insufficient_permissions",
     "You have insufficient permissions for this operation. Ask an owner for the role that "
     "allows it.",
     kInfo, kUnsaid},
    {Code::kTooManyAttempts, 429, "requests", "too_many_attempts",
     "Too many attempts. Wait a minute and try again.", kWarning, kUnsaid},
    {Code::kBodyNotJson, 400, kInvalidRequest, "invalid_json",
     "We could not parse the JSON body of your request. Check that the body is one complete JSON "
     "object in UTF-8.",
     kInfo, kUnsaid},
    {Code::kBodyMalformed, 400, kInvalidRequest, "invalid_body",
     "The request's body has a field of the wrong type, or the same field twice. Check it against "
     "the API reference.",
     kInfo, kUnsaid},
    {Code::kFieldInvalid, 400, kInvalidRequest, "invalid_value",
     "A field has a value that is not allowed. Check it against the API reference.", kInfo,
     kUnsaid},
    {Code::kModelMissing, 400, kInvalidRequest, "",
     "You must provide a model parameter: this endpoint has no default model.", kInfo, kUnsaid},
    {Code::kModelNotFound, 404, kInvalidRequest, "model_not_found",
     "The model does not exist or you do not have access to it. GET /v1/models lists those that "
     "you can use.",
     kInfo, kUnsaid},
    {Code::kModelNotAllowed, 403, kInvalidRequest, "model_not_found",
     "This API key or its project does not have access to this model. GET /v1/models lists those "
     "that you can use.",
     kInfo, kUnsaid},
    {Code::kModelUnpriced, 400, kInvalidRequest, "model_unpriced",
     "This model has no price here, so a call could not be charged. Ask the operator to set one.",
     kWarning, kUnsaid},
    {Code::kNoProvider, 404, kInvalidRequest, "model_not_found",
     "No provider serves this model yet. Add one with `tollgate providers add`, or use a test key, "
     "which reaches the sandbox for any model.",
     kInfo, kUnsaid},
    {Code::kNotFound, 404, kInvalidRequest, "not_found",
     "No such object, or you do not have access to it.", kInfo, kUnsaid},
    {Code::kConflict, 409, kInvalidRequest, "conflict",
     "The object was changed or already exists. Read it again, then decide.", kInfo, false},
    {Code::kPreconditionFailed, 412, kInvalidRequest, "precondition_failed",
     "The object has changed since you read it. Read it again, then decide.", kInfo, false},
    {Code::kKeySpendLimit, 429, kQuota, "key_spend_limit_exceeded",
     "This API key has reached its spend limit. Ask for a higher limit, or use another key.", kInfo,
     false},
    {Code::kProjectSpendLimit, 429, kQuota, "project_spend_limit_exceeded",
     "This project has reached its spend limit. Ask an owner to raise it.", kInfo, false},
    {Code::kOrganizationSpendLimit, 429, kQuota, "organization_spend_limit_exceeded",
     "This organization has reached its spend limit. Ask an owner to raise it.", kInfo, false},
    {Code::kUserSpendLimit, 429, kQuota, "user_spend_limit_exceeded",
     "The user or service account of this API key has reached its spend limit. Ask an owner to "
     "raise it.",
     kInfo, false},
    {Code::kModelSpendLimit, 429, kQuota, "model_spend_limit_exceeded",
     "This project has reached its spend limit for this model. Ask an owner to raise it, or use "
     "another model.",
     kInfo, false},
    {Code::kCreditExhausted, 429, kQuota, "credit_balance_exhausted",
     "The credit that pays for this project's calls is used up. Ask whoever runs this Tollgate for "
     "more.",
     kInfo, false},
    {Code::kRateLimit, 429, "requests", "rate_limit_exceeded",
     "Rate limit reached. Wait as long as Retry-After says, then try again.", kInfo, kUnsaid},
    {Code::kTokenLimit, 429, "tokens", "rate_limit_exceeded",
     "Token limit reached. Wait as long as Retry-After says, then try again.", kInfo, kUnsaid},
    {Code::kConcurrencyLimit, 429, "requests", "concurrency_limit_exceeded",
     "Too many calls at once. Wait until one of them has ended, then try again.", kInfo, kUnsaid},
    {Code::kOverloaded, 503, kUnavailable, "server_is_overloaded",
     "The server is at its limit of concurrent work. Try again in a moment.", kWarning, kUnsaid},
    {Code::kJournalFull, 503, kUnavailable, "server_is_overloaded",
     "The server cannot record calls at the moment and answers none unrecorded. Try again later.",
     kError, kUnsaid},
    {Code::kShuttingDown, 503, kUnavailable, "server_is_overloaded",
     "The server is shutting down. Try again in a moment.", kInfo, kUnsaid},
    {Code::kInternal, 500, kServer, "",
     "The server had an error processing your request. Sorry about that! Try again; if it stays, "
     "give the operator the request id.",
     kError, kUnsaid},
    {Code::kCorrupt, 500, kServer, "", "Stored data did not pass its check. Tell the operator.",
     kError, kUnsaid},
    {Code::kIo, 500, kServer, "", "The server could not read or write a file. Tell the operator.",
     kError, kUnsaid},
    {Code::kDatabase, 503, kUnavailable, "server_is_overloaded",
     "The server's database does not answer. Try again in a moment.", kError, kUnsaid},
    {Code::kConfiguration, 500, kServer, "",
     "The server is not configured for this. Tell the operator to run `tollgate doctor`.", kError,
     kUnsaid},
    {Code::kUpstreamUnreachable, 502, kServer, "upstream_unreachable",
     "The model's provider could not be reached. Try again in a moment.", kWarning, kUnsaid},
    {Code::kUpstreamTimeout, 504, kServer, "upstream_timeout",
     "The model's provider did not answer in time. Try again, or ask for less in one call.",
     kWarning, kUnsaid},
    {Code::kUpstreamProtocol, 502, kServer, "upstream_invalid_response",
     "The model's provider answered something that is no valid response. Try again in a moment.",
     kWarning, kUnsaid},
    {Code::kUpstreamTruncated, 502, kServer, "upstream_truncated",
     "The model's provider broke off in the middle of its answer. What was sent is charged.",
     kWarning, kUnsaid},
    {Code::kUpstreamTls, 502, kServer, "upstream_unreachable",
     "The connection to the model's provider could not be secured. Tell the operator to run "
     "`tollgate providers test`.",
     kError, kUnsaid},
    {Code::kClosed, 502, kServer, "upstream_unreachable",
     "The connection was closed before an answer came. Try again in a moment.", kInfo, kUnsaid},
    {Code::kTimedOut, 504, kServer, "upstream_timeout",
     "No answer came in time. Try again in a moment.", kInfo, kUnsaid},
    {Code::kCancelled, 499, kInvalidRequest, "client_closed_request",
     "The client closed the connection before the answer was complete.", kInfo, kUnsaid},
});

constexpr bool rows_stand_in_the_order_of_codes() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].code != static_cast<Code>(i)) return false;
  }
  return true;
}
static_assert(kRows.size() == static_cast<std::size_t>(Code::kCancelled) + 1);
static_assert(rows_stand_in_the_order_of_codes());

void append_nullable(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

bool is_key_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
         c == '_';
}

// "sk-tg-proj-" of one of ours, "sk-proj-" or "sk-" of others.
std::size_t key_prefix_size(std::string_view key) {
  constexpr std::size_t kPrefixBytesMax = 12;
  if (!key.starts_with("sk-")) return 0;
  const auto dash = key.substr(0, kPrefixBytesMax).rfind('-');
  return std::ranges::all_of(key.substr(0, dash), is_key_character) ? dash + 1 : 0;
}

}  // namespace

const ErrorRow& error_row(Code code) noexcept { return kRows[static_cast<std::size_t>(code)]; }

std::string error_body(std::string_view message, std::string_view type, std::string_view param,
                       std::string_view code) {
  std::string out = R"({"error":{"message":)";
  append_json_string(out, message);
  out += R"(,"type":)";
  append_json_string(out, type);
  out += R"(,"param":)";
  append_nullable(out, param);
  out += R"(,"code":)";
  append_nullable(out, code);
  out += "}}";
  return out;
}

std::string error_body(Code code) {
  return error_body(code, error_row(code).message, code == Code::kModelMissing ? "model" : "");
}

std::string error_body(Code code, std::string_view message, std::string_view param) {
  const auto& row = error_row(code);
  return error_body(message, row.type, param, row.openai_code);
}

std::string error_event(bool responses_dialect, Code code, std::string_view message) {
  if (!responses_dialect) return "data: " + error_body(code, message) + "\n\n";
  const auto& row = error_row(code);
  std::string out = "event: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"code\":";
  append_json_string(out, row.openai_code.empty() ? row.type : row.openai_code);
  out += R"(,"message":)";
  append_json_string(out, message);
  out += ",\"param\":null}\n\n";
  return out;
}

std::string mask_key(std::string_view key) {
  constexpr std::size_t kTailBytes = 4;
  constexpr std::size_t kHiddenBytesMin = 16;  // below that the rest would tell too much
  constexpr std::size_t kStarsMax = 40;
  const auto prefix = key_prefix_size(key);
  const bool tail_shown = key.size() >= prefix + kHiddenBytesMin + kTailBytes;
  const auto tail = tail_shown ? key.substr(key.size() - kTailBytes) : std::string_view{};
  std::string out{key.substr(0, prefix)};
  out.append(std::min(key.size() - prefix - tail.size(), kStarsMax), '*');
  for (const char c : tail) out += is_key_character(c) ? c : '*';
  return out;
}

}  // namespace tg::openai
