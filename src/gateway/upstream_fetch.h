// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/exchange.h"
#include "gateway/worker_context.h"
#include "net/task.h"

// A GET of our own to a provider, with the operator's credential.
//
// Threading:  its worker's.
// Errors:     as Exchange; what the sink returns; kUpstreamProtocol: larger than allowed.
namespace tg::gateway {

[[nodiscard]] std::unique_ptr<Exchange> make_fetch(WorkerContext& context,
                                                   std::shared_ptr<const config::Provider> provider,
                                                   std::string_view path, std::string_view query);

// Takes an answer's body in pieces.
class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual Result<void> take(std::string_view piece) = 0;
};

class WholeBody final : public Sink {
 public:
  explicit WholeBody(std::size_t bytes_max) : bytes_max_{bytes_max} {}
  Result<void> take(std::string_view piece) override {
    if (bytes.size() + piece.size() > bytes_max_) {
      return fail(Code::kUpstreamProtocol, "the answer is larger than allowed");
    }
    bytes.append(piece);
    return {};
  }
  std::string bytes;

 private:
  const std::size_t bytes_max_;
};

// The status; the sink gets the body of a 200 alone. Both outlive the task.
[[nodiscard]] net::Task<Result<int>> fetch(Exchange* exchange, Sink* sink);

}  // namespace tg::gateway
