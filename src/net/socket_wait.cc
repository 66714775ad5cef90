// SPDX-License-Identifier: Apache-2.0
#include "net/socket_wait.h"

#include <cerrno>

#include "net/loop.h"

namespace tg::net {
namespace {

class ReadySocket final : public Readiness::Source {
 public:
  explicit ReadySocket(Worker& worker) : pause_{worker} {}

  void on_ready(std::uint32_t) override {
    ready_ = true;
    pause_.wake();  // ends this source
  }
  [[nodiscard]] auto until(SteadyTime deadline) noexcept { return pause_.until(deadline); }
  [[nodiscard]] bool ready() const noexcept { return ready_; }

 private:
  Pause pause_;
  bool ready_ = false;
};

}  // namespace

Task<Result<void>> until_ready(Worker* worker, int socket, std::uint32_t wanted,
                               SteadyTime deadline) {
  auto& readiness = worker->loop().readiness;
  ReadySocket waiting{*worker};
  if (!readiness.add(socket, waiting, wanted | EPOLLONESHOT)) co_return fail(Code::kIo, "", errno);
  (void)co_await waiting.until(deadline);
  readiness.take_out(socket, waiting);
  if (!waiting.ready()) co_return fail(Code::kTimedOut);
  co_return Result<void>{};
}

}  // namespace tg::net
