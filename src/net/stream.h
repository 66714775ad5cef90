// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/task.h"
#include "net/worker.h"

// A connected byte stream, TCP or TLS over it.
//
// A read can be begun before anybody waits for it. So one is always outstanding: while a call runs,
// it notices that the client goes away; while an upstream connection idles, that the upstream
// closed it; and when bytes come, they are already where they are wanted.
//
// Threading:  its worker only.
// Lifetime:   close() ends what is pending; a stream may be destroyed at once after that, unless a
//             coroutine is suspended in it.
// TLS:        a stream that was accepted with it shakes hands before anything else; see
//             shake_hands(). A close says so to the peer where that takes no waiting, and the end
//             of the connection is the end of the stream, said or not: HTTP knows its own lengths.
// Limits:     one read and one write at a time.
// Errors:     kClosed (end of stream, reset, or closed here), kTimedOut. After a read that timed
// out the
//             stream is open, so that the peer can be told; after all else it is closed.
namespace tg::net {

class Stream {
 public:
  class Impl;
  explicit Stream(std::shared_ptr<Impl> impl) noexcept;
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // `into` stays valid until the read is finished or the stream is destroyed.
  void begin_read(std::span<char> into);
  [[nodiscard]] bool read_pending() const noexcept;
  // Waits for the read that was begun. Zero bytes never: the end of the stream is kClosed.
  [[nodiscard]] auto finish_read(SteadyTime deadline) { return ReadAwaiter{*this, deadline}; }
  [[nodiscard]] auto read_some(std::span<char> into, SteadyTime deadline) {
    begin_read(into);
    return finish_read(deadline);
  }

  // What the read that was begun has brought; nothing while it is pending.
  [[nodiscard]] std::optional<Result<std::size_t>> try_finish_read() noexcept;
  // Ends the wait for a read as its deadline would, in the next turn; nothing where nobody waits.
  void abandon_read() noexcept;

  // Called once when a begun read that nobody waits for ends the stream.
  void on_hangup(std::move_only_function<void()> notify);
  // Called once when a begun read that nobody waits for is finished, be it by the stream's end.
  void on_read(std::move_only_function<void()> notify);
  // Whether the peer has ended its side, be it behind bytes that are still unread. Asks the kernel.
  [[nodiscard]] bool peer_ended() const noexcept;

  // Both pieces, in order, in one system call where the kernel takes them.
  [[nodiscard]] auto write(std::string_view first, std::string_view second, SteadyTime deadline) {
    return WriteAwaiter{*this, first, second, deadline};
  }
  [[nodiscard]] auto write(std::string_view bytes, SteadyTime deadline) {
    return write(bytes, {}, deadline);
  }
  // Ends a write that waits, at once: kCancelled. Half of it may be out, so nothing more can be
  // written; what the peer says can still be read.
  void abandon_write() noexcept;

  // The handshake of an accepted stream over TLS, to be awaited before its first read or write.
  // kClosed where there is none to be had; kMalformedHttp where the peer speaks HTTP without TLS:
  // the stream then is a plain one, on which that can be told.
  [[nodiscard]] auto shake_hands(SteadyTime deadline) { return write({}, {}, deadline); }
  [[nodiscard]] bool over_tls() const noexcept;

  // Nothing more will be written; the peer sees the end, and may still be read.
  void end_writing() noexcept;
  void close() noexcept;
  [[nodiscard]] bool open() const noexcept;

 private:
  struct ReadAwaiter {
    Stream& stream;
    SteadyTime deadline;
    [[nodiscard]] bool await_ready() const noexcept { return stream.read_ready(); }
    void await_suspend(std::coroutine_handle<> waiter) { stream.wait_read(waiter, deadline); }
    [[nodiscard]] Result<std::size_t> await_resume() noexcept { return stream.take_read(); }
  };
  struct WriteAwaiter {
    Stream& stream;
    std::string_view first;
    std::string_view second;
    SteadyTime deadline;
    [[nodiscard]] bool await_ready() { return stream.try_write(first, second); }
    void await_suspend(std::coroutine_handle<> waiter) { stream.wait_write(waiter, deadline); }
    [[nodiscard]] Result<void> await_resume() noexcept { return stream.take_write(); }
  };

  [[nodiscard]] bool read_ready() const noexcept;
  void wait_read(std::coroutine_handle<> waiter, SteadyTime deadline);
  [[nodiscard]] Result<std::size_t> take_read() noexcept;
  [[nodiscard]] bool try_write(std::string_view first, std::string_view second);
  void wait_write(std::coroutine_handle<> waiter, SteadyTime deadline);
  [[nodiscard]] Result<void> take_write() noexcept;

  std::shared_ptr<Impl> impl_;
};

}  // namespace tg::net
