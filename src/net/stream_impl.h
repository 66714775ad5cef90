// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <coroutine>
#include <functional>
#include <memory>

#include "base/files.h"
#include "base/result.h"
#include "net/readiness.h"
#include "net/stream.h"
#include "net/timer_wheel.h"
#include "net/worker.h"

// A stream's inside, seen by net/'s sources only.
//
// What is posted to the loop keeps it alive by its shared_ptr, so a Stream can be destroyed while
// it is owed an answer.
namespace tg::net {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using SslPointer = std::unique_ptr<SSL, SslFree>;

class Stream::Impl final : public Readiness::Source,
                           public std::enable_shared_from_this<Stream::Impl> {
 public:
  // Non-blocking.
  Impl(Worker& worker, FileDescriptor connected);
  ~Impl() override { TG_CHECK(!socket.valid()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void on_ready(std::uint32_t events) override;

  bool try_read(Buffer& into);
  void wait_read(std::coroutine_handle<> waiter, SteadyTime deadline);
  std::optional<Result<std::string_view>> try_read_some(Buffer& into);
  void abandon_read() noexcept;
  void set_on_readable(std::move_only_function<void()> notify) { on_readable_ = std::move(notify); }
  void set_on_hangup(std::move_only_function<void()> notify);
  [[nodiscard]] bool quiet() noexcept;

  bool try_write(std::string_view first, std::string_view second);
  void wait_write(std::coroutine_handle<> waiter, SteadyTime deadline);
  void abandon_write() noexcept;

  void end_writing() noexcept;
  void close() noexcept;

  FileDescriptor socket;  // invalid: closed
  SslPointer ssl;

  Result<std::string_view> read_result;
  std::coroutine_handle<> reader;
  Result<void> write_result;
  std::coroutine_handle<> writer;

 private:
  bool read_now();
  bool read_plain();
  bool read_tls();
  void finish_read();
  void look_ahead() noexcept;
  void tell_hangup();
  bool write_now();
  bool write_plain();
  bool write_tls();
  bool write_refused(int returned);
  void finish_write();
  void say_goodbye() noexcept;
  void wake_next_turn();
  void expire_read();
  void expire_write();

  Worker& worker_;
  Buffer* into_ = nullptr;  // of the read that waits
  std::array<std::string_view, 2> unwritten_;
  std::move_only_function<void()> on_readable_;
  std::move_only_function<void()> on_hangup_;
  Timer read_timer_;
  Timer write_timer_;

  std::uint8_t reads_in_a_row_ = 0;  // without a turn of the loop between them
  bool readable_ = false;            // the kernel may have bytes, or the end
  bool ended_ = false;               // the peer has ended its side, perhaps behind unread bytes
  bool read_abandoned_ = false;      // until the next turn
  bool write_timed_out_ = false;     // and the stream was closed for it
  bool tls_broken_ = false;          // nothing more may be asked of it
};

}  // namespace tg::net
