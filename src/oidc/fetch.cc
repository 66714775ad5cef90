// SPDX-License-Identifier: Apache-2.0
#include "oidc/fetch.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/curl.h"
#include "http/url.h"
#include "net/guarded_curl.h"

namespace tg::oidc {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::size_t kDocumentBytesMax = 64 << 10;
constexpr std::size_t kUrlBytesMax = 2048;
constexpr long kStatusOk = 200;

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(context)->load() ? 1 : 0;
}

bool set_options(CURL* handle, const std::string& url, const FetchOptions& options,
                 SteadyTime deadline, const std::atomic<bool>& stopping, net::BoundedBody& body) {
  const auto set = [handle](CURLoption option, auto value) {
    return curl_easy_setopt(handle, option, value) == CURLE_OK;
  };
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  bool good = set(CURLOPT_URL, url.c_str()) && set(CURLOPT_PROTOCOLS_STR, "https") &&
              set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_NOSIGNAL, 1L) &&
              set(CURLOPT_SSL_VERIFYPEER, 1L) && set(CURLOPT_SSL_VERIFYHOST, 2L) &&
              set(CURLOPT_USERAGENT, "tollgate") &&
              set(CURLOPT_TIMEOUT_MS, std::max(static_cast<long>(left.count()), 1L)) &&
              net::collect(handle, body) && set(CURLOPT_NOPROGRESS, 0L) &&
              set(CURLOPT_XFERINFOFUNCTION, on_progress) && set(CURLOPT_XFERINFODATA, &stopping);
  if (good && !options.ca_file.empty()) good = set(CURLOPT_CAINFO, options.ca_file.c_str());
  return good;
}

Error transfer_error(CURLcode code, const net::BoundedBody& body) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Code::kUpstreamUnreachable, "the issuer's host name is not known"};
    case CURLE_COULDNT_CONNECT:
      return {Code::kUpstreamUnreachable, "nothing answers at the issuer's address"};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::kUpstreamTimeout, "the issuer did not answer within 5 seconds"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return {Code::kUpstreamTls, "the issuer's TLS certificate is not trusted here"};
    case CURLE_ABORTED_BY_CALLBACK: return {Code::kCancelled, "the server is shutting down"};
    default: break;
  }
  if (body.too_large) {
    return {Code::kUpstreamProtocol,
            "the issuer answers with more than is read: 64 KiB for its "
            "discovery document, 512 KiB for its keys"};
  }
  return {Code::kUpstreamProtocol, "the issuer broke off or did not answer in HTTP"};
}

Result<std::string> get(const std::string& url, std::size_t bytes_max, const Source& source,
                        const FetchOptions& options, SteadyTime deadline,
                        const std::atomic<bool>& stopping) {
  TG_TRY_DONE(check_https_url(url));
  TG_TRY(const auto parsed, http::parse_url(url.substr(0, url.find('?'))));
  if (!start_curl()) return fail(Code::kInternal, "libcurl does not start");
  const CurlHandle handle{curl_easy_init()};
  const auto* proxy =
      options.proxy && options.proxy->serves(parsed.host) ? options.proxy.get() : nullptr;
  net::GuardedDestination destination{
      .host = parsed.host, .proxy = proxy, .only_public = !source.may_be_private};
  constexpr Error kRefused{
      Code::kUpstreamUnreachable,
      "the issuer's address is private or forbidden; only the instance's operator may name a "
      "private issuer, by a host that says so itself"};
  if (!net::may_ask(destination)) return std::unexpected(kRefused);
  net::BoundedBody body{.bytes_max = bytes_max};
  if (!handle || !set_options(handle.get(), url, options, deadline, stopping, body) ||
      !net::guard(handle.get(), destination)) {
    return fail(Code::kInternal, "libcurl lacks what this needs");
  }
  if (const auto code = curl_easy_perform(handle.get()); code != CURLE_OK) {
    if (destination.refused) return std::unexpected(kRefused);
    return std::unexpected(transfer_error(code, body));
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != kStatusOk) {
    return fail(Code::kUpstreamProtocol,
                "the issuer does not answer with 200; redirects are not followed");
  }
  return std::move(body.bytes);
}

// Where the document says that the keys are; it must be this issuer's.
Result<std::string> read_discovery(const std::string& text, const std::string& issuer) {
  constexpr auto kDamaged = "the issuer's discovery document is no JSON object with 'jwks_uri'";
  const auto document = parse_strict_object(text);
  if (!document) return fail(Code::kUpstreamProtocol, kDamaged);
  const auto named = document->find("issuer");
  if (named == document->end() || *named != Json(issuer)) {
    return fail(Code::kUpstreamProtocol, "the discovery document is another issuer's");
  }
  const auto keys = document->find("jwks_uri");
  if (keys == document->end() || !keys->is_string()) return fail(Code::kUpstreamProtocol, kDamaged);
  return keys->get<std::string>();
}

}  // namespace

Result<void> check_https_url(std::string_view url) {
  const bool plain = std::ranges::all_of(
      url, [](char c) { return c > ' ' && c < '\x7f' && c != '\\' && c != '#' && c != '"'; });
  const auto parsed = http::parse_url(url.substr(0, url.find('?')));
  if (plain && url.size() <= kUrlBytesMax && parsed && parsed->tls) return {};
  return fail(Code::kFieldInvalid, "write an address that begins with https://");
}

std::string discovery_url_of(const Source& source) {
  if (!source.discovery_url.empty()) return source.discovery_url;
  std::string_view issuer = source.issuer;
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string{issuer} + "/.well-known/openid-configuration";
}

Result<KeySet> fetch_keys(const Source& source, const FetchOptions& options,
                          const std::atomic<bool>& stopping) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  TG_TRY(const auto document,
         get(discovery_url_of(source), kDocumentBytesMax, source, options, deadline, stopping));
  TG_TRY(const auto keys_url, read_discovery(document, source.issuer));
  TG_TRY(const auto text, get(keys_url, kKeySetBytesMax, source, options, deadline, stopping));
  auto keys = KeySet::parse(text);
  if (!keys) return fail(Code::kUpstreamProtocol, keys.error().detail);
  return keys;
}

}  // namespace tg::oidc
