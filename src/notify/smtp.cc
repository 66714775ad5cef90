// SPDX-License-Identifier: Apache-2.0
#include "notify/smtp.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/curl.h"

namespace tg::notify {
namespace {

constexpr long kConnectMs = 10'000;
constexpr long kWholeMs = 60'000;

struct Unsent {
  std::string_view bytes;
};

std::size_t on_read(char* buffer, std::size_t, std::size_t size, void* context) {
  auto& unsent = static_cast<Unsent*>(context)->bytes;
  const auto count = std::min(size, unsent.size());
  std::memcpy(buffer, unsent.data(), count);
  unsent.remove_prefix(count);
  return count;
}

std::size_t on_answer(char*, std::size_t, std::size_t size, void*) { return size; }

// Anything but 0 makes libcurl stop.
int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(context)->load() ? 1 : 0;
}

template <typename Value>
bool set(const CurlHandle& handle, CURLoption option, Value value) {
  return curl_easy_setopt(handle.get(), option, value) == CURLE_OK;
}

bool set_connection(const CurlHandle& handle, const MailSettings& settings) {
  const long tls = settings.requires_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE;
  bool good = set(handle, CURLOPT_URL, settings.url.c_str()) &&
              set(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps") && set(handle, CURLOPT_PROXY, "") &&
              set(handle, CURLOPT_NOSIGNAL, 1L) && set(handle, CURLOPT_USE_SSL, tls) &&
              set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
              set(handle, CURLOPT_SSL_VERIFYPEER, 1L) && set(handle, CURLOPT_SSL_VERIFYHOST, 2L) &&
              set(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs) &&
              set(handle, CURLOPT_TIMEOUT_MS, kWholeMs) &&
              set(handle, CURLOPT_WRITEFUNCTION, on_answer);
  if (good && !settings.ca_file.empty()) {
    good = set(handle, CURLOPT_CAINFO, settings.ca_file.c_str());
  }
  if (good && !settings.username.empty()) {
    std::string password{settings.password.reveal()};  // libcurl wants it to end in a zero
    good = set(handle, CURLOPT_USERNAME, settings.username.c_str()) &&
           set(handle, CURLOPT_PASSWORD, password.c_str());
    wipe(password);
  }
  return good;
}

Error error_of(CURLcode code, long status) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Code::kUpstreamUnreachable, "the mail server's name is not known; check smtp_url"};
    case CURLE_COULDNT_CONNECT:
      return {Code::kUpstreamUnreachable, "nothing answers at the mail server's address and port"};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::kUpstreamTimeout, "the mail server did not answer in time"};
    case CURLE_USE_SSL_FAILED:
      return {Code::kUpstreamTls, "the mail server offers no STARTTLS; use smtps:// or its port"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {Code::kUpstreamTls, "the mail server's certificate is not valid for this host"};
    case CURLE_SSL_CONNECT_ERROR:
      return {Code::kUpstreamTls, "no TLS connection to the mail server; check scheme and port"};
    case CURLE_SSL_CACERT_BADFILE:
      return {Code::kUpstreamTls, "the certificates to verify the mail server with are missing"};
    case CURLE_LOGIN_DENIED:
      return {Code::kForbidden, "the mail server refuses smtp_username or its password"};
    case CURLE_ABORTED_BY_CALLBACK: return {Code::kShuttingDown, "the server is stopping"};
    default: break;
  }
  if (status >= 500) return {Code::kFieldInvalid, "the mail server refuses this mail for good"};
  return {Code::kUpstreamProtocol, "the mail server did not take the mail; try again later"};
}

Result<void> perform(const CurlHandle& handle) {
  const auto code = curl_easy_perform(handle.get());
  if (code == CURLE_OK) return {};
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return std::unexpected(error_of(code, status));
}

}  // namespace

Result<void> send_mail(const MailSettings& settings, const Envelope& envelope,
                       const std::atomic<bool>& stopping) {
  const CurlHandle handle{start_curl() ? curl_easy_init() : nullptr};
  const CurlList recipients{curl_slist_append(nullptr, envelope.recipient.c_str())};
  Unsent unsent{envelope.message};
  const bool good = handle && recipients && set_connection(handle, settings) &&
                    set(handle, CURLOPT_MAIL_FROM, settings.from.address.c_str()) &&
                    set(handle, CURLOPT_MAIL_RCPT, recipients.get()) &&
                    set(handle, CURLOPT_UPLOAD, 1L) && set(handle, CURLOPT_READFUNCTION, on_read) &&
                    set(handle, CURLOPT_READDATA, &unsent) && set(handle, CURLOPT_NOPROGRESS, 0L) &&
                    set(handle, CURLOPT_XFERINFOFUNCTION, on_progress) &&
                    set(handle, CURLOPT_XFERINFODATA, &stopping);
  if (!good) return fail(Code::kInternal, "libcurl lacks what mail needs");
  return perform(handle);
}

Result<void> try_mail_server(const MailSettings& settings) {
  const CurlHandle handle{start_curl() ? curl_easy_init() : nullptr};
  const bool good = handle && set_connection(handle, settings) &&
                    set(handle, CURLOPT_CUSTOMREQUEST, "NOOP") && set(handle, CURLOPT_NOBODY, 1L);
  if (!good) return fail(Code::kInternal, "libcurl lacks what mail needs");
  return perform(handle);
}

}  // namespace tg::notify
