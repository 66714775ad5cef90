// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/exchange.h"
#include "net/worker.h"
#include "providers/sandbox.h"

// An exchange with the sandbox, which lives in this process: the same trip, no connection.
namespace tg::gateway {

class SandboxExchange final : public Exchange {
 public:
  SandboxExchange(net::Worker& worker, providers::SandboxAnswer answer)
      : pause_{worker}, answer_{std::move(answer)} {}

  net::Task<Result<AnswerHead>> begin() override {
    AnswerHead head;
    head.status = answer_.status;
    head.content_type = answer_.content_type;
    co_return head;
  }

  net::Task<Result<std::string_view>> next() override {
    if (next_step_ == answer_.steps.size()) {
      if (answer_.disconnect) co_return fail(Code::kUpstreamTruncated, "the sandbox broke off");
      co_return std::string_view{};
    }
    const auto& step = answer_.steps[next_step_++];
    if (step.delay.count() > 0) {
      co_await pause_.until(std::chrono::steady_clock::now() + step.delay);
    }
    if (cancelled_) co_return fail(Code::kCancelled);
    co_return std::string_view{step.bytes};
  }

  bool sent() const noexcept override { return true; }
  void cancel() noexcept override {
    cancelled_ = true;
    pause_.wake();
  }

 private:
  net::Pause pause_;
  providers::SandboxAnswer answer_;
  std::size_t next_step_ = 0;
  bool cancelled_ = false;
};

}  // namespace tg::gateway
