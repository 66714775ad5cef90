// SPDX-License-Identifier: Apache-2.0
#include "admin/console_guard.h"

#include <fmt/format.h>

#include "http/write.h"
#include "identity/sessions.h"

namespace tg::admin {
namespace {

bool changes_state(const http::Request& request) {
  return request.method != "GET" && request.method != "HEAD";
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
  const auto age = token.empty()
                       ? std::chrono::seconds{0}
                       : std::chrono::duration_cast<std::chrono::seconds>(identity::kSessionAgeMax);
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}",
                     site.cookie_name(request), token, age.count(),
                     site.is_tls(request) ? "; Secure" : "");
}

}  // namespace tg::admin
