// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "gateway/client.h"
#include "net/task.h"
#include "net/timer_wheel.h"
#include "net/worker.h"

// Comments on a stream of events while its upstream says nothing, so that no proxy or SDK on the
// way takes a model that thinks for a connection that is dead. A comment is the one form that none
// of them takes for an event (OPENAI-CONTRACT 5.1).
//
//   keep_alive.begin();  auto piece = co_await …;  if (keep_alive.end()) co_await …written();
//
// Threading:  its worker's.
// Lifetime:   where end() says true, written() is awaited before anything else is written and
//             before this is destroyed.
// Cost:       nothing but two stores a wait, until an upstream is silent for `interval`.
namespace tg::gateway {

class KeepAlive {
 public:
  struct Options {
    std::chrono::milliseconds interval{};  // zero: never
    bool chunked = false;
  };
  // `unsent` is what goes out before the first comment, if it has not gone out by then: the head.
  KeepAlive(net::Worker& worker, Client& client, std::string& unsent, Options options);
  ~KeepAlive();
  KeepAlive(const KeepAlive&) = delete;
  KeepAlive& operator=(const KeepAlive&) = delete;

  // From now on nothing else is written. Only between two whole events.
  void begin();
  // True while a comment is still being written.
  [[nodiscard]] bool end() noexcept;
  [[nodiscard]] net::Task<void> written();
  // Something has gone out.
  [[nodiscard]] bool told() const noexcept { return told_; }

 private:
  [[nodiscard]] net::Task<void> write_comment();

  Client& client_;
  std::string& unsent_;
  const Options options_;
  net::Timer timer_;
  net::Pause pause_;
  bool waiting_ = false;  // between begin() and end()
  bool writing_ = false;
  bool told_ = false;
};

}  // namespace tg::gateway
