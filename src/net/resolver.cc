// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.h"

#include <netdb.h>

#include <cstring>
#include <memory>
#include <utility>

#include "net/worker.h"

namespace tg::net {
namespace {

Result<std::vector<Endpoint>> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
  if (failed != 0) return fail(Code::kUpstreamUnreachable, "the name cannot be resolved");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{first, &::freeaddrinfo};
  std::vector<Endpoint> found;
  for (const auto* entry = first; entry != nullptr; entry = entry->ai_next) {
    auto& endpoint = found.emplace_back();
    endpoint.size = entry->ai_addrlen;
    std::memcpy(&endpoint.storage, entry->ai_addr, entry->ai_addrlen);
  }
  return found;
}

}  // namespace

Resolver::~Resolver() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
}

void Resolver::look_up(std::string host, std::uint16_t port, OnFound on_found) {
  {
    const std::scoped_lock lock{mutex_};
    if (waiting_.size() < kWaitingMax) {
      waiting_.push_back({std::move(host), port, std::move(on_found)});
      if (waiting_.size() > idle_ && threads_.size() < kThreadsMax) {
        threads_.emplace_back([this] { run(); });
      }
      changed_.notify_one();
      return;
    }
  }
  answer(std::move(on_found), fail(Code::kUpstreamUnreachable, "too many names are looked up"));
}

void Resolver::answer(OnFound on_found, Result<std::vector<Endpoint>> found) {
  worker_.post([on_found = std::move(on_found), found = std::move(found)]() mutable {
    on_found(std::move(found));
  });
}

void Resolver::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (stopping_) return;
    auto question = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    answer(std::move(question.on_found), resolve(question.host, question.port));
    lock.lock();
  }
}

}  // namespace tg::net
