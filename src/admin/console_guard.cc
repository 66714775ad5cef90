// SPDX-License-Identifier: Apache-2.0
#include "admin/console_guard.h"

#include <fmt/format.h>

#include "http/write.h"
#include "identity/known_devices.h"
#include "identity/sessions.h"

namespace tg::admin {
namespace {

bool changes_state(const http::Request& request) {
  return request.method != "GET" && request.method != "HEAD";
}

struct Cookie {
  std::string_view name;
  std::string_view token;
  std::chrono::seconds age;
  bool secure;
};

std::string cookie(const Cookie& wanted) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", wanted.name,
                     wanted.token, wanted.age.count(), wanted.secure ? "; Secure" : "");
}

}  // namespace

bool Site::is_tls(const http::Request& request) const {
  return request.over_tls || public_url.starts_with("https://");
}

std::string Site::origin(const http::Request& request) const {
  if (!public_url.empty()) return public_url;
  return fmt::format("{}://{}", request.over_tls ? "https" : "http", request.field("host"));
}

std::string_view Site::cookie_name(const http::Request& request) const {
  // Browsers take the __Host- prefix over TLS only.
  return is_tls(request) ? "__Host-tollgate" : "tollgate";
}

std::string_view Site::device_cookie_name(const http::Request& request) const {
  return is_tls(request) ? "__Host-tollgate-device" : "tollgate-device";
}

ApiResult<void> check_origin(const http::Request& request, const Site& site) {
  const auto fetch_site = request.field("sec-fetch-site");
  const bool foreign_fetch =
      fetch_site == "cross-site" || (fetch_site == "same-site" && changes_state(request));
  const auto origin = request.field("origin");
  const bool foreign_origin =
      !origin.empty() && !http::equals_ignore_case(origin, site.origin(request));
  if (foreign_fetch || foreign_origin) {
    return refuse(
        Code::kForbidden,
        "This request comes from another site's page. Use the console at its own address; "
        "behind a proxy, set public_url.");
  }
  return {};
}

ApiResult<void> check_content_type(const http::Request& request) {
  const auto type = request.field("content-type");
  const auto semicolon = std::min(type.find(';'), type.size());
  auto essence = type.substr(0, semicolon);
  while (essence.ends_with(' ')) essence.remove_suffix(1);
  if (http::equals_ignore_case(essence, "application/json")) return {};
  return refuse(Code::kBodyMalformed,
                "Send the body as JSON, with Content-Type: application/json.");
}

std::string session_cookie(const http::Request& request, const Site& site, std::string_view token) {
  const auto age = token.empty() ? std::chrono::hours{0} : identity::kSessionAgeMax;
  return cookie({.name = site.cookie_name(request),
                 .token = token,
                 .age = age,
                 .secure = site.is_tls(request)});
}

std::string device_cookie(const http::Request& request, const Site& site, std::string_view token) {
  return cookie({.name = site.device_cookie_name(request),
                 .token = token,
                 .age = identity::kDeviceIdleMax,
                 .secure = site.is_tls(request)});
}

}  // namespace tg::admin
