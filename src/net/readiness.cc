// SPDX-License-Identifier: Apache-2.0
#include "net/readiness.h"

#include <algorithm>

#include "base/result.h"

namespace tg::net {
namespace {

constexpr std::uint32_t kWanted = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  TG_CHECK(set >= 0);  // at start, where nothing could go on without it
  return set;
}

}  // namespace

Readiness::Readiness(boost::asio::io_context& context) : set_{context, make_set()} {}

bool Readiness::add(int socket, Source& source) noexcept {
  epoll_event wanted{.events = kWanted, .data = {.ptr = &source}};
  return ::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &wanted) == 0;
}

void Readiness::remove(const Source& source) noexcept {
  for (auto& event : untold_) {
    if (event.data.ptr == &source) event.data.ptr = nullptr;
  }
}

void Readiness::look_next_turn() {
  set_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                  [this](boost::system::error_code error) {
                    if (error) return;
                    look();
                    look_next_turn();
                  });
}

void Readiness::look() {
  const int count =
      ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  untold_ = std::span{events_}.first(static_cast<std::size_t>(std::max(count, 0)));
  while (!untold_.empty()) {
    const auto event = untold_.front();
    untold_ = untold_.subspan(1);
    if (event.data.ptr != nullptr) static_cast<Source*>(event.data.ptr)->on_ready(event.events);
  }
}

}  // namespace tg::net
