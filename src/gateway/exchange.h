// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/head.h"
#include "net/task.h"

// One request to an upstream and its answer, whatever the upstream is.
//
// Threading:  its worker's.
// Lifetime:   made for one attempt of one call; destroyed when no task of it runs any more.
// Errors:     kUpstreamUnreachable, kUpstreamTimeout, kUpstreamTls before anything was sent;
//             kUpstreamProtocol and kUpstreamTruncated afterwards; kCancelled after cancel().
namespace tg::gateway {

struct AnswerHead {
  int status = 0;
  std::string_view content_type;
  const http::Fields* fields = nullptr;  // null: the upstream has none to pass on
};

class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  // Sends the request and waits for the answer's head, which stays valid as long as the exchange.
  [[nodiscard]] virtual net::Task<Result<AnswerHead>> begin() = 0;

  // The next piece of the answer's body, valid until the next call; empty at its end.
  [[nodiscard]] virtual net::Task<Result<std::string_view>> next() = 0;

  // Whether anything may have gone out: the upstream may then have acted, though no answer came.
  [[nodiscard]] virtual bool sent() const noexcept = 0;

  // Ends what is awaited, and the upstream's work with it.
  virtual void cancel() noexcept = 0;
};

}  // namespace tg::gateway
