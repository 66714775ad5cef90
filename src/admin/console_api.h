// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "admin/operations.h"
#include "http/message.h"
#include "oidc/fetch.h"

// Everything that the server answers outside the data plane: the console's API under
// /v1/tollgate/, sign-in and set-up, the exchange of tokens, and the console's own files.
//
// Threading:  answer() and handle() from any control thread; they block on SQL and on password
//             hashing, never on a worker. `done` is called before answer() returns, or later where
//             a token waits for its issuer's keys.
// Lifetime:   `operations` outlives it.
// Limits:     the worker bounds a body at 1 MiB before it hands it here.
// Errors:     OpenAI's envelope, always; unknown fields and unknown paths are refused by name.
// Sessions:   a cookie, `__Host-tollgate` over TLS and `tollgate` on plain HTTP. What changes state
//             needs the session's X-Tollgate-CSRF as well, and comes from this origin.
namespace tg::admin {

struct ConsoleOptions {
  // https:// here means that a proxy ends TLS for us; empty: what the connection says holds.
  std::string public_url;
  oidc::FetchOptions issuers{};  // how the keys of workload identities' issuers are fetched
};

class ControlPlane {
 public:
  ControlPlane(Operations& operations, ConsoleOptions options);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  using Done = std::move_only_function<void(http::Response)>;
  void answer(http::Request request, Done done);
  // All but the exchange of tokens.
  [[nodiscard]] http::Response handle(const http::Request& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::admin
