// SPDX-License-Identifier: Apache-2.0
#include "net/readiness.h"

#include <algorithm>

#include "base/result.h"

namespace tg::net {

Readiness::Readiness() : set_{::epoll_create1(EPOLL_CLOEXEC)} {
  TG_CHECK(set_.valid());  // at start, where nothing could go on without it
}

bool Readiness::add(int socket, Source& source, std::uint32_t wanted) noexcept {
  epoll_event event{.events = wanted, .data = {.ptr = &source}};
  return ::epoll_ctl(set_.get(), EPOLL_CTL_ADD, socket, &event) == 0;
}

void Readiness::remove(const Source& source) noexcept {
  for (auto& event : untold_) {
    if (event.data.ptr == &source) event.data.ptr = nullptr;
  }
}

void Readiness::take_out(int socket, const Source& source) noexcept {
  ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, socket, nullptr);
  remove(source);
}

void Readiness::look(Wait wait) {
  const int timeout_ms = wait == Wait::kNo ? 0 : -1;
  const int count =
      ::epoll_wait(set_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  untold_ = std::span{events_}.first(static_cast<std::size_t>(std::max(count, 0)));
  while (!untold_.empty()) {
    const auto event = untold_.front();
    untold_ = untold_.subspan(1);
    if (event.data.ptr != nullptr) static_cast<Source*>(event.data.ptr)->on_ready(event.events);
  }
}

}  // namespace tg::net
