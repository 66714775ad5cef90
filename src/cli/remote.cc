// SPDX-License-Identifier: Apache-2.0
#include "cli/remote.h"

#include <fmt/format.h>

#include <memory>

#include "base/curl.h"
#include "config/settings.h"

namespace tg::cli {
namespace {

using admin::ApiResult;
using admin::Json;
using admin::refuse;

constexpr auto kKeyVariable = "TOLLGATE_ADMIN_KEY";
constexpr long kConnectMs = 10'000;
// The longest operation asks a provider, which may take 10 s each; a verification reads everything.
constexpr long kAnswerMs = 150'000;
constexpr std::size_t kAnswerBytesMax = 64UL << 20;

// Wiped when dropped: what is sent and what comes back may hold a key.
struct Body {
  std::string bytes;
  Body() = default;
  explicit Body(std::string text) : bytes{std::move(text)} {}
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body() { wipe(bytes); }
};

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* context) {
  auto& body = *static_cast<Body*>(context);
  if (size > kAnswerBytesMax - body.bytes.size()) return 0;  // makes libcurl stop
  body.bytes.append(bytes, size);
  return size;
}

CurlList headers() {
  CurlList list{curl_slist_append(nullptr, "Content-Type: application/json")};
  if (list) curl_slist_append(list.get(), "Accept: application/json");
  return list;
}

struct Exchange {
  const std::string& url;
  const SecretBytes& key;
  const Body& request;
  const CurlList& headers;
  Body& answer;
};

bool set_options(CURL* handle, const Exchange& exchange) {
  const auto set = [handle](CURLoption option, auto value) {
    return curl_easy_setopt(handle, option, value) == CURLE_OK;
  };
  bool good = set(CURLOPT_URL, exchange.url.c_str()) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
              set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_PROXY, "") &&
              set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_SSL_VERIFYPEER, 1L) &&
              set(CURLOPT_SSL_VERIFYHOST, 2L) && set(CURLOPT_USERAGENT, "tollgate") &&
              set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMs) && set(CURLOPT_TIMEOUT_MS, kAnswerMs) &&
              set(CURLOPT_HTTPHEADER, exchange.headers.get()) && set(CURLOPT_POST, 1L) &&
              set(CURLOPT_POSTFIELDS, exchange.request.bytes.c_str()) &&
              set(CURLOPT_POSTFIELDSIZE, static_cast<long>(exchange.request.bytes.size())) &&
              set(CURLOPT_WRITEFUNCTION, on_body) && set(CURLOPT_WRITEDATA, &exchange.answer);
  // As OpenSSL's own programs do, for a certificate authority of one's own.
  if (const auto bundle = config::process_environment("SSL_CERT_FILE")) {
    good = good && set(CURLOPT_CAINFO, bundle->c_str());
  }
  std::string token{exchange.key.reveal()};  // libcurl wants it to end in a zero
  good =
      good && set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER) && set(CURLOPT_XOAUTH2_BEARER, token.c_str());
  wipe(token);
  return good;
}

std::unexpected<admin::ApiError> transfer_error(CURLcode code, const std::string& url) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return refuse(Code::kUpstreamUnreachable,
                    fmt::format("The host name in {} is not known. Check TOLLGATE_URL.", url));
    case CURLE_COULDNT_CONNECT:
      return refuse(Code::kUpstreamUnreachable,
                    fmt::format("Nothing answers at {}. Is the server running, and is TOLLGATE_URL "
                                "right?",
                                url));
    case CURLE_OPERATION_TIMEDOUT:
      return refuse(Code::kUpstreamTimeout,
                    fmt::format("The server at {} did not answer in time. Look whether the change "
                                "was made before you try again.",
                                url));
    case CURLE_PEER_FAILED_VERIFICATION:
      return refuse(Code::kUpstreamTls,
                    fmt::format("The certificate of {} is not valid for it; nothing was sent. "
                                "SSL_CERT_FILE names a certificate authority of your own.",
                                url));
    case CURLE_SSL_CONNECT_ERROR:
      return refuse(Code::kUpstreamTls,
                    fmt::format("No TLS connection to {} could be made. Is it http, or another "
                                "port?",
                                url));
    case CURLE_URL_MALFORMAT:
      return refuse(Code::kConfiguration, fmt::format("{} is no URL. Check TOLLGATE_URL.", url));
    default:
      return refuse(Code::kUpstreamProtocol,
                    fmt::format("The server at {} broke off: {}. Look whether the change was made "
                                "before you try again.",
                                url, curl_easy_strerror(code)));
  }
}

Code code_of_status(long status) {
  switch (status) {
    case 400: return Code::kFieldInvalid;
    case 401: return Code::kKeyInvalid;
    case 403: return Code::kForbidden;
    case 404: return Code::kNotFound;
    case 409: return Code::kConflict;
    default: return Code::kUpstreamProtocol;
  }
}

// The server's own words where there are some.
std::unexpected<admin::ApiError> refusal(long status, const Json& answer, const std::string& url) {
  const auto error = answer.is_object() ? answer.value("error", Json{}) : Json{};
  const auto text = [&](const char* field) {
    const auto found = error.is_object() ? error.find(field) : error.end();
    if (!error.is_object() || found == error.end() || !found->is_string()) return std::string{};
    return found->get<std::string>();
  };
  auto message = text("message");
  if (message.empty()) {
    return refuse(Code::kUpstreamProtocol,
                  fmt::format("What answers at {} is no Tollgate (HTTP {}). Check TOLLGATE_URL.",
                              url, status));
  }
  if (status == 401 && text("code") != "missing_scope")
    message += fmt::format(" Check {}.", kKeyVariable);
  if (status == 404 && message.starts_with("Unknown request URL")) {
    message = fmt::format(
        "The server at {} is older than this command and does not know it. "
        "Upgrade the server, or use its own version of tollgate.",
        url);
  }
  return refuse(code_of_status(status), std::move(message), text("param"));
}

}  // namespace

ApiResult<RemoteServer> remote_server(const std::string& url) {
  auto key = config::read_secret(kKeyVariable);
  if (!key) return refuse(Code::kConfiguration, key.error());
  if (key->empty()) {
    return refuse(
        Code::kConfiguration,
        fmt::format("TOLLGATE_URL is set, so {0} must be too, or {0}_FILE: an owner makes "
                    "one by 'tollgate keys create --kind admin'. With --data the command "
                    "works on a data folder instead.",
                    kKeyVariable));
  }
  std::string base{url};
  while (base.ends_with('/')) base.pop_back();
  if (base.ends_with("/v1")) base.resize(base.size() - 3);
  return RemoteServer{.url = std::move(base), .admin_key = *std::move(key)};
}

ApiResult<Json> call_remote(const RemoteServer& server, std::string_view operation,
                            const Json& arguments) {
  if (!start_curl()) return refuse(Code::kInternal, "libcurl does not start.");
  const auto url = fmt::format("{}/v1/tollgate/operations/{}", server.url, operation);
  const CurlHandle handle{curl_easy_init()};
  const auto list = headers();
  const Body request{arguments.dump(-1, ' ', false, Json::error_handler_t::replace)};
  Body answer;
  if (!handle || !list ||
      !set_options(handle.get(), {.url = url,
                                  .key = server.admin_key,
                                  .request = request,
                                  .headers = list,
                                  .answer = answer})) {
    return refuse(Code::kInternal, "libcurl lacks what this needs.");
  }
  if (const auto code = curl_easy_perform(handle.get()); code != CURLE_OK) {
    return transfer_error(code, server.url);
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  auto json = Json::parse(answer.bytes, nullptr, false);
  if (status != 200 || json.is_discarded()) return refusal(status, json, server.url);
  return json;
}

}  // namespace tg::cli
