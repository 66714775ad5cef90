// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/files.h"

// What a worker waits for: which sockets can be read or written, told once for each time that it
// changes (edge-triggered). A socket is registered once for its life, and its stream remembers what
// it was told. Also told is that the peer has ended its side, before what came ahead of that was
// read.
//
// Threading:  its worker's only; seen by net/'s sources only.
// Lifetime:   a source is removed when its socket is closed, and not told afterwards, though it be
//             among what the kernel has already said.
// Limits:     128 sockets a turn; the others have theirs in the next.
namespace tg::net {

class Readiness {
 public:
  class Source {
   public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;
    // May remove any source, this one too.
    virtual void on_ready(std::uint32_t events) = 0;
  };

  enum class Wait : std::uint8_t { kNo, kUntilSomethingIsReady };

  Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // One turn: asks the kernel, and tells.
  void look(Wait wait);

  static constexpr std::uint32_t kEveryChange = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  // False where the kernel takes no more.
  [[nodiscard]] bool add(int socket, Source& source, std::uint32_t wanted = kEveryChange) noexcept;
  // Its socket leaves the set by being closed.
  void remove(const Source& source) noexcept;
  // The same of a socket that stays open.
  void take_out(int socket, const Source& source) noexcept;

 private:
  static constexpr std::size_t kEventsMax = 128;

  FileDescriptor set_;
  std::array<epoll_event, kEventsMax> events_{};
  std::span<epoll_event> untold_;  // of this turn
};

}  // namespace tg::net
