// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "net/stream.h"
#include "net/timer_wheel.h"

// A stream's inside, seen by net/'s sources only.
//
// Asio's completion handlers keep it alive by their shared_ptr, so a Stream can be destroyed while
// the kernel still owes an answer.
namespace tg::net {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using SslPointer = std::unique_ptr<SSL, SslFree>;

class Stream::Impl : public std::enable_shared_from_this<Stream::Impl> {
 public:
  Impl(Worker& worker, boost::asio::ip::tcp::socket connected);

  void begin_read(std::span<char> into);
  void wait_read(std::coroutine_handle<> waiter, SteadyTime deadline);
  Result<std::size_t> take_read() noexcept;
  void abandon_read() noexcept;
  [[nodiscard]] bool peer_ended() const noexcept;

  bool try_write(std::string_view first, std::string_view second);
  void wait_write(std::coroutine_handle<> waiter, SteadyTime deadline);
  void abandon_write() noexcept;

  void end_writing() noexcept;
  void close() noexcept;

  boost::asio::ip::tcp::socket socket;
  SslPointer ssl;

  std::span<char> read_into;
  bool read_pending = false;
  std::optional<Result<std::size_t>> read_result;
  std::coroutine_handle<> reader;
  Timer read_timer;
  std::move_only_function<void()> on_hangup;
  std::move_only_function<void()> on_read;

  std::array<std::string_view, 2> unwritten;
  Result<void> write_result;
  std::coroutine_handle<> writer;
  Timer write_timer;

  bool read_timed_out = false;
  bool write_timed_out = false;  // a write, with which the stream is closed

 private:
  using Wait = boost::asio::ip::tcp::socket::wait_type;

  void read_plain();
  void read_tls();
  void finish_read(Result<std::size_t> result);
  bool write_now();
  bool write_plain();
  bool write_tls();
  bool write_refused(int returned);
  void say_goodbye() noexcept;
  void wait_to_write();
  void finish_write();
  void expire_read();
  void expire_write();

  bool tls_broken_ = false;  // nothing more may be asked of it
  Wait write_waits_for_ = Wait::wait_write;
};

}  // namespace tg::net
