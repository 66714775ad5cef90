// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

// Which sockets can be read or written, told once for each time that it changes (edge-triggered).
// Asio's own readiness waits cost a system call each, and its reads hold a buffer while they wait
// and ask the kernel once in vain; here a socket is registered once for its life, and its stream
// remembers what it was told. Also told is that the peer has ended its side, before what came ahead
// of that was read.
//
// The set is itself a descriptor in Asio's loop, looked at once a turn for all sockets together.
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

  explicit Readiness(boost::asio::io_context& context);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Begins to be told, in the next turn of the loop.
  void start() { look_next_turn(); }

  // False where the kernel takes no more.
  [[nodiscard]] bool add(int socket, Source& source) noexcept;
  // Its socket leaves the set by being closed.
  void remove(const Source& source) noexcept;

 private:
  static constexpr std::size_t kEventsMax = 128;

  void look_next_turn();
  void look();

  boost::asio::posix::stream_descriptor set_;
  std::array<epoll_event, kEventsMax> events_{};
  std::span<epoll_event> untold_;  // of this turn
};

}  // namespace tg::net
