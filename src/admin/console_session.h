// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admin/console_guard.h"
#include "admin/operations.h"
#include "http/message.h"
#include "identity/passwords.h"
#include "identity/people.h"

// Who sits before the browser: set-up, sign-in, sign-out, and the caller behind a session's cookie.
//
// Threading:  any control thread; sign-in and set-up wait for the hashing thread.
// Lifetime:   operations and site outlive it.
// Errors:     kSessionMissing (401) for no session, and for a wrong password or an unknown user
//             alike; kForbidden for a missing CSRF token; kTooManyAttempts.
namespace tg::admin {

struct Reply {
  int status = 200;
  Json body;
  std::string set_cookie{};  // empty: none
  std::string entity_tag{};
};

class ConsoleSessions {
 public:
  ConsoleSessions(Operations& operations, const Site& site)
      : operations_{operations}, site_{site} {}

  // `path` is "setup" or "session".
  [[nodiscard]] ApiResult<Reply> handle(const http::Request& request, std::string_view path);

  // The signed-in user, asking from our own pages; with the CSRF token where the request changes
  // something.
  [[nodiscard]] ApiResult<Caller> caller_of(const http::Request& request);

  // Of the session's cookie; empty where there is none.
  [[nodiscard]] std::string_view token_of(const http::Request& request) const {
    return request.cookie(site_.cookie_name(request));
  }

 private:
  [[nodiscard]] ApiResult<Reply> check_setup(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> set_up(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> sign_in(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> show(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> sign_out(const http::Request& request);
  [[nodiscard]] ApiResult<identity::User> user_of(const http::Request& request);
  [[nodiscard]] ApiResult<void> check_csrf(const http::Request& request);
  [[nodiscard]] ApiResult<Json> session_object(const identity::User& user,
                                               std::string_view session_token);

  Operations& operations_;
  const Site& site_;
  identity::PasswordHasher hasher_;
};

}  // namespace tg::admin
