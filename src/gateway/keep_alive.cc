// SPDX-License-Identifier: Apache-2.0
#include "gateway/keep_alive.h"

#include <string_view>

#include "base/result.h"

namespace tg::gateway {
namespace {

constexpr std::string_view kComment = ": keep-alive\n\n";
constexpr std::string_view kCommentChunk = "e\r\n: keep-alive\n\n\r\n";
static_assert(kComment.size() == 0xe);

// A write has a deadline of its own; this one is never what ends it.
constexpr std::chrono::hours kWriteTimeMax{1};

}  // namespace

KeepAlive::KeepAlive(net::Worker& worker, Client& client, std::string& unsent, Options options)
    : client_{client},
      unsent_{unsent},
      options_{options},
      timer_{worker.timers(), [this] { net::start(write_comment()); }},
      pause_{worker} {}

KeepAlive::~KeepAlive() { TG_CHECK(!writing_); }

void KeepAlive::begin() {
  if (options_.interval.count() == 0) return;
  waiting_ = true;
  timer_.set(std::chrono::steady_clock::now() + options_.interval);
}

bool KeepAlive::end() noexcept {
  waiting_ = false;
  timer_.clear();
  return writing_;
}

net::Task<void> KeepAlive::written() {
  while (writing_) co_await pause_.until(std::chrono::steady_clock::now() + kWriteTimeMax);
}

net::Task<void> KeepAlive::write_comment() {
  writing_ = true;
  auto written = co_await client_.write(unsent_, options_.chunked ? kCommentChunk : kComment);
  writing_ = false;
  unsent_.clear();
  told_ = true;
  if (waiting_) {
    // A client that is gone is noticed by who reads from it.
    if (written) begin();
    co_return;
  }
  pause_.wake();  // last: who waits may end this
}

}  // namespace tg::gateway
