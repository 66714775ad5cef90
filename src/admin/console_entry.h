// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "admin/console_session.h"
#include "admin/later.h"
#include "admin/operations.h"
#include "http/message.h"

// The pages of those who have no session: sign up, accept an invitation, forgot password. Whether
// an address has an account is told to nobody who has not proven, by a link that was sent there,
// that they read its mail: the answers to who only names one are the same in status, body and time.
//
// Threading:  any control thread; waits for the hashing thread where a password is set.
// Lifetime:   operations, sessions and site outlive it.
// Limits:     20 mails in 15 minutes that one network may ask for, 3 to one address.
// Errors:     kForbidden: a link that is not good, or sign-up that is not open; kConflict: no mail
//             is configured; kSessionMissing: a wrong password; kTooManyAttempts.
namespace tg::admin {

class ConsoleEntry {
 public:
  ConsoleEntry(Operations& operations, ConsoleSessions& sessions, const Site& site)
      : context_{operations.context()}, sessions_{sessions}, site_{site} {}

  // `path` is what follows /v1/tollgate/.
  [[nodiscard]] static bool has(std::string_view path) noexcept;
  [[nodiscard]] ApiResult<Reply> handle(const http::Request& request, std::string_view path);

 private:
  struct Row;
  static const std::initializer_list<Row> kRows;

  [[nodiscard]] ApiResult<Reply> show_sign_up(const http::Request& request, const Json& arguments);
  [[nodiscard]] ApiResult<Reply> sign_up(const http::Request& request, const Json& arguments);
  [[nodiscard]] ApiResult<Reply> check_sign_up(const http::Request& request, const Json& arguments);
  [[nodiscard]] ApiResult<Reply> finish_sign_up(const http::Request& request,
                                                const Json& arguments);
  [[nodiscard]] ApiResult<Reply> check_invitation(const http::Request& request,
                                                  const Json& arguments);
  [[nodiscard]] ApiResult<Reply> accept_invitation(const http::Request& request,
                                                   const Json& arguments);
  [[nodiscard]] ApiResult<Reply> forgot(const http::Request& request, const Json& arguments);
  [[nodiscard]] ApiResult<Reply> check_reset(const http::Request& request, const Json& arguments);
  [[nodiscard]] ApiResult<Reply> reset(const http::Request& request, const Json& arguments);

  [[nodiscard]] ApiResult<std::string> read_address_for_mail(const http::Request& request,
                                                             const Json& arguments);
  [[nodiscard]] ApiResult<Reply> do_later(std::function<void()> job, Json body);
  void mail_sign_up(const std::string& email);
  void mail_reset(const std::string& email);
  [[nodiscard]] bool may_mail(const std::string& email);

  OperationContext& context_;
  ConsoleSessions& sessions_;
  const Site& site_;
  Later later_;
};

}  // namespace tg::admin
