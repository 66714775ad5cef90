// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "admin/console_session.h"
#include "admin/idempotency.h"
#include "admin/operations.h"
#include "http/message.h"

// The Admin API and our own endpoints: knows who asks (an admin key, or a browser's session), finds
// the route, asks whether the caller's permissions have what it needs, reads query and body, runs
// the handler.
//
// Threading:  any control thread.
// Lifetime:   operations and sessions outlive it.
// Errors:     in this order: who asks (kKeyMissing, kKeyInvalid, kKeyWrongKind, kSessionMissing;
//             kForbidden for another site's page or a missing CSRF token); kPathNotFound,
//             kMethodNotAllowed; kScopeMissing for a key, kForbidden for a session; kPrecondition
//             where If-Match names another state than the present one; then the handler's.
// Twice:      a POST with an Idempotency-Key happens once (idempotency.h).
// Concurrent: an object's GET says its ETag; a change with If-Match happens only to that state.
namespace tg::admin {

struct ApiRoute;

class ApiRouter {
 public:
  ApiRouter(Operations& operations, ConsoleSessions& sessions)
      : operations_{operations}, sessions_{sessions}, idempotency_{operations.folder().pepper()} {}

  [[nodiscard]] static bool has(std::string_view path) noexcept;

  [[nodiscard]] ApiResult<Reply> run(const http::Request& request);

 private:
  [[nodiscard]] ApiResult<Caller> caller_of(const http::Request& request);

  [[nodiscard]] ApiResult<Json> act(const http::Request& request, const ApiRoute& route,
                                    const ApiRequest& asked);

  Operations& operations_;
  ConsoleSessions& sessions_;
  Idempotency idempotency_;
};

}  // namespace tg::admin
