// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "admin/api_error.h"
#include "base/result.h"

// How the command line reaches a server that holds the data folder: a Unix socket in that folder.
// One JSON line {"operation","arguments"} is answered by one JSON line {"result"} or {"error"}.
//
// Threading:  a thread of its own takes one connection after another and calls the handler on it.
// Lifetime:   the handler outlives the socket; the destructor ends the thread and removes the file.
// Limits:     a request is 1 MiB and has 10 s to arrive; eight connections wait at most.
// Errors:     kIo where the socket cannot be made. A broken request is answered, and the
//             connection closed.
// Trust:      mode 0600, and the peer's user must be the server's own or root (SO_PEERCRED).
namespace tg::admin {

using ControlHandler =
    std::function<ApiResult<Json>(std::string_view operation, const Json& arguments)>;

class ControlSocket {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ControlSocket>> open(
      const std::filesystem::path& path, ControlHandler handler);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  class Impl;
  explicit ControlSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The other end: one request, one answer. kUpstreamUnreachable where nobody listens.
[[nodiscard]] ApiResult<Json> call_control_socket(const std::filesystem::path& path,
                                                  std::string_view operation,
                                                  const Json& arguments);

}  // namespace tg::admin
