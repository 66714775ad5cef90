// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "admin/console_guard.h"
#include "admin/operations.h"
#include "http/message.h"
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
  std::vector<std::string> set_cookies{};
  std::string entity_tag{};
  std::string_view document{};  // in place of the body: JSON that is constant
};

// The body of a browser's request that nothing but the browser's own honesty protects: no session
// yet.
[[nodiscard]] ApiResult<Json> read_unsigned(const http::Request& request, const Site& site,
                                            std::initializer_list<std::string_view> fields);

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
  // A session, in the organization that `user` names, for who has just proven to be the user.
  [[nodiscard]] ApiResult<Reply> enter(const http::Request& request, const identity::User& user,
                                       int status);
  // Counted like any sign-in. kSessionMissing where it is wrong.
  [[nodiscard]] ApiResult<void> check_password(const http::Request& request,
                                               const std::string& email,
                                               const SecretBytes& password);
  [[nodiscard]] std::string cookie(const http::Request& request, std::string_view token) const {
    return session_cookie(request, site_, token);
  }

 private:
  [[nodiscard]] ApiResult<Reply> check_setup(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> set_up(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> sign_in(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> show(const http::Request& request);
  [[nodiscard]] ApiResult<Reply> sign_out(const http::Request& request);
  [[nodiscard]] ApiResult<identity::User> user_of(const http::Request& request);
  [[nodiscard]] ApiResult<void> check_csrf(const http::Request& request);
  [[nodiscard]] std::vector<std::string> cookies(const http::Request& request,
                                                 const SecretBytes& session,
                                                 const SecretBytes& device) const;

  Operations& operations_;
  const Site& site_;
};

}  // namespace tg::admin
