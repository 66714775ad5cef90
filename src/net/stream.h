// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/buffer.h"
#include "net/client_certificate.h"
#include "net/task.h"
#include "net/worker.h"

// A connected byte stream, TCP or TLS over it.
//
// Whether anybody reads or not, the stream is told what becomes of its socket: so it notices while
// a call runs that the client goes away, and while an upstream connection idles that the upstream
// closed it. Memory for bytes is taken when they have come, and not by who waits for them.
//
// Threading:  its worker only.
// Lifetime:   close() ends what is pending, in the next turn; a stream may be destroyed at once
//             after that, unless a coroutine is suspended in it.
// TLS:        a stream that was accepted with it shakes hands before anything else; see
//             shake_hands(). A close says so to the peer where that takes no waiting, and the end
//             of the connection is the end of the stream, said or not: HTTP knows its own lengths.
// Limits:     one read and one write at a time. Who reads on and on lets others have their turn
//             after 256 KiB.
// Errors:     kClosed (end of stream, reset, or closed here), kTimedOut. After a read that timed
//             out the stream is open, so that the peer can be told; after all else it is closed.
namespace tg::net {

class Stream {
 public:
  class Impl;
  explicit Stream(std::shared_ptr<Impl> impl) noexcept;
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The next bytes, in `into`, whose earlier ones are gone; it holds memory only once they are
  // there, and must outlive the read. No bytes never: the end of the stream is kClosed.
  [[nodiscard]] auto read_some(Buffer& into, SteadyTime deadline) {
    return ReadAwaiter{*this, into, deadline};
  }

  // The same without waiting; nothing where nothing is there.
  [[nodiscard]] std::optional<Result<std::string_view>> try_read_some(Buffer& into);
  // Ends a read that waits as its deadline would, in the next turn.
  void abandon_read() noexcept;

  // Called once when bytes have come, or the end, while nobody reads.
  void on_readable(std::move_only_function<void()> notify);
  // Called once when the stream ends while nobody reads, be it behind bytes that are still unread.
  void on_hangup(std::move_only_function<void()> notify);
  // Open, and nothing has come that nobody has read, the end neither.
  [[nodiscard]] bool quiet() noexcept;

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
  // Of an accepted stream, once its handshake is done: the client's certificate, against `trust`.
  // Signatures are checked anew each time (some 0.1 ms), so whoever asks often remembers.
  [[nodiscard]] ClientVerdict verify_client(const ClientTrust& trust, WallTime now) const;

  // Nothing more will be written; the peer sees the end, and may still be read.
  void end_writing() noexcept;
  void close() noexcept;
  [[nodiscard]] bool open() const noexcept;

 private:
  struct ReadAwaiter {
    Stream& stream;
    Buffer& into;
    SteadyTime deadline;
    [[nodiscard]] bool await_ready() { return stream.try_read(into); }
    void await_suspend(std::coroutine_handle<> waiter) { stream.wait_read(waiter, deadline); }
    [[nodiscard]] Result<std::string_view> await_resume() noexcept { return stream.take_read(); }
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

  [[nodiscard]] bool try_read(Buffer& into);
  void wait_read(std::coroutine_handle<> waiter, SteadyTime deadline);
  [[nodiscard]] Result<std::string_view> take_read() noexcept;
  [[nodiscard]] bool try_write(std::string_view first, std::string_view second);
  void wait_write(std::coroutine_handle<> waiter, SteadyTime deadline);
  [[nodiscard]] Result<void> take_write() noexcept;

  std::shared_ptr<Impl> impl_;
};

}  // namespace tg::net
