// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "admin/operations.h"
#include "http/message.h"

// Everything that the server answers outside the data plane: the console's API under
// /v1/tollgate/, sign-in and set-up, and the console's own files.
//
// Threading:  handle() from any control thread; it blocks on SQL and on password hashing, never on
//             a worker.
// Lifetime:   `operations` outlives it.
// Limits:     the worker bounds a body at 1 MiB before it hands it here.
// Errors:     OpenAI's envelope, always; unknown fields and unknown paths are refused by name.
// Sessions:   a cookie, `__Host-tollgate` over TLS and `tollgate` on plain HTTP. What changes state
//             needs the session's X-Tollgate-CSRF as well, and comes from this origin.
namespace tg::admin {

struct ConsoleOptions {
  // https:// here means that a proxy ends TLS for us; empty: what the connection says holds.
  std::string public_url;
};

class ControlPlane {
 public:
  ControlPlane(Operations& operations, ConsoleOptions options);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  [[nodiscard]] http::Response handle(const http::Request& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::admin
