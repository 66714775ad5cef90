// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admin/api_error.h"
#include "http/message.h"

// Whether a browser may have meant what it sends: the checks that stand before every handler of the
// console's API. A program without a browser sends none of these fields and passes.
//
// Threading:  pure.
// Errors:     kForbidden for another site, kBodyMalformed for a body that is not JSON by its type.
namespace tg::admin {

// The origin as which people reach this server; `public_url` where a proxy stands before it.
struct Site {
  std::string public_url;

  [[nodiscard]] bool is_tls(const http::Request& request) const;
  [[nodiscard]] std::string origin(const http::Request& request) const;
  [[nodiscard]] std::string_view cookie_name(const http::Request& request) const;
  // Of the browser's mark that outlives its sessions (identity/known_devices.h).
  [[nodiscard]] std::string_view device_cookie_name(const http::Request& request) const;
};

// Another site's page may neither read from here nor change anything.
[[nodiscard]] ApiResult<void> check_origin(const http::Request& request, const Site& site);

// A form of another site can send text/plain without asking; it cannot send application/json.
[[nodiscard]] ApiResult<void> check_content_type(const http::Request& request);

// Set-Cookie's value. An empty token ends the cookie.
[[nodiscard]] std::string session_cookie(const http::Request& request, const Site& site,
                                         std::string_view token);
[[nodiscard]] std::string device_cookie(const http::Request& request, const Site& site,
                                        std::string_view token);

}  // namespace tg::admin
