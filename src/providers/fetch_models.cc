// SPDX-License-Identifier: Apache-2.0
#include "providers/fetch_models.h"

#include <string>

#include "base/curl.h"
#include "http/url.h"
#include "net/guarded_curl.h"
#include "providers/base_url.h"
#include "providers/model_list.h"

namespace tg::providers {
namespace {

bool set_options(CURL* handle, const std::string& url, const SecretBytes& credential,
                 const FetchLimits& limits, net::BoundedBody& body) {
  const auto set = [handle](CURLoption option, auto value) {
    return curl_easy_setopt(handle, option, value) == CURLE_OK;
  };
  bool good = set(CURLOPT_URL, url.c_str()) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
              set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_NOSIGNAL, 1L) &&
              set(CURLOPT_SSL_VERIFYPEER, 1L) && set(CURLOPT_SSL_VERIFYHOST, 2L) &&
              set(CURLOPT_USERAGENT, "tollgate") &&
              set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count())) &&
              net::collect(handle, body);
  if (good && !credential.empty()) {
    std::string token{credential.reveal()};  // libcurl wants it to end in a zero
    good = set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER) && set(CURLOPT_XOAUTH2_BEARER, token.c_str());
    wipe(token);
  }
  return good;
}

Error transfer_error(CURLcode code, const net::BoundedBody& body) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Code::kUpstreamUnreachable,
              "the proxy's host name is not known; check upstream_proxy"};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Code::kUpstreamUnreachable, "the provider's host name is not known; check its URL"};
    case CURLE_COULDNT_CONNECT:
      return {Code::kUpstreamUnreachable, "nothing answers at the provider's address and port"};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::kUpstreamTimeout, "the provider did not answer in time"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {Code::kUpstreamTls, "the provider's TLS certificate is not valid for this host"};
    case CURLE_SSL_CONNECT_ERROR:
      return {Code::kUpstreamTls, "no TLS connection could be made; is it http, or another port?"};
    case CURLE_SSL_CACERT_BADFILE:
      return {Code::kUpstreamTls, "the system's certificates are missing; install ca-certificates"};
    default: break;
  }
  if (body.too_large) {
    return {Code::kUpstreamProtocol, "the provider's list of models is larger than 4 MiB"};
  }
  return {Code::kUpstreamProtocol, "the provider broke off or did not answer in HTTP"};
}

Result<void> check_status(long status) {
  if (status == 200) return {};
  if (status == 404 || status == 405) {
    return fail(Code::kNotFound, "the provider has no list of models at this address");
  }
  if (status == 401 || status == 403) {
    return fail(Code::kForbidden, "the provider refuses the credential");
  }
  if (status >= 300 && status < 400) {
    return fail(Code::kUpstreamProtocol,
                "the provider redirects to another address; give that one as the base URL");
  }
  if (status == 429) {
    return fail(Code::kUpstreamProtocol, "the provider answers that there are too many requests");
  }
  if (status >= 500) {
    return fail(Code::kUpstreamProtocol, "the provider answers with an error of its own (5xx)");
  }
  return fail(Code::kUpstreamProtocol, "the provider answers with a status that a list has not");
}

}  // namespace

Result<std::vector<std::string>> fetch_models(std::string_view url, const SecretBytes& credential,
                                              const FetchLimits& limits) {
  TG_TRY(const auto address, base_url(url));
  if (!start_curl()) return fail(Code::kInternal, "libcurl does not start");
  const CurlHandle handle{curl_easy_init()};
  net::BoundedBody body{.bytes_max = limits.body_bytes_max};
  TG_TRY(const auto parsed, http::parse_url(address));
  const bool proxied = parsed.tls && limits.proxy != nullptr && limits.proxy->serves(parsed.host);
  net::GuardedDestination destination{.host = parsed.host,
                                      .proxy = proxied ? limits.proxy : nullptr};
  if (!net::may_ask(destination)) {
    return fail(Code::kUpstreamUnreachable, "no provider may have this address");
  }
  if (!handle || !set_options(handle.get(), address + "/models", credential, limits, body) ||
      !net::guard(handle.get(), destination)) {
    return fail(Code::kInternal, "libcurl lacks what this needs");
  }
  if (const auto code = curl_easy_perform(handle.get()); code != CURLE_OK) {
    if (code == CURLE_COULDNT_CONNECT && destination.refused) {
      return fail(Code::kUpstreamUnreachable,
                  "the provider's name leads to an address that no provider, or none of a public "
                  "name, may have");
    }
    long tunnel = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_HTTP_CONNECTCODE, &tunnel);
    if (proxied && (tunnel < 200 || tunnel >= 300)) {
      return fail(Code::kUpstreamUnreachable, "the proxy makes no connection to the provider");
    }
    return std::unexpected(transfer_error(code, body));
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  TG_TRY_DONE(check_status(status));
  return parse_model_list(body.bytes);
}

}  // namespace tg::providers
