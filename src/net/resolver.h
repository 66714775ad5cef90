// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"

// Looks names up as the system does, on threads of its own: that may take seconds, cannot be
// stopped, and a name server that is away for one name must not hold up the others.
//
// Threading:  look_up() from the worker, where `on_found` is called, in a later turn.
// Lifetime:   made with its worker. At its end it waits for the look-ups that run; what waits for
//             the others is never called.
// Limits:     kThreadsMax at once, kWaitingMax that wait.
// Errors:     kUpstreamUnreachable: no such name, no answer, too many that wait.
namespace tg::net {

class Worker;

class Resolver {
 public:
  using OnFound = std::move_only_function<void(Result<std::vector<Endpoint>>)>;

  static constexpr std::size_t kThreadsMax = 4;
  static constexpr std::size_t kWaitingMax = 1024;

  explicit Resolver(Worker& worker) : worker_{worker} {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void look_up(std::string host, std::uint16_t port, OnFound on_found);

 private:
  struct Question {
    std::string host;
    std::uint16_t port = 0;
    OnFound on_found;
  };

  void answer(OnFound on_found, Result<std::vector<Endpoint>> found);
  void run();

  Worker& worker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> waiting_;
  std::size_t idle_ = 0;  // threads
  bool stopping_ = false;
  std::vector<std::jthread> threads_;  // the first of them with the first question
};

}  // namespace tg::net
