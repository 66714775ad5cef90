// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/log.h"
#include "net/stream_impl.h"

namespace tg::net {
namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

constexpr std::size_t kTlsRecordBytes = 16 << 10;

using Pieces = std::array<std::string_view, 2>;

void drop_written(Pieces& pieces, std::size_t written) {
  for (auto& piece : pieces) {
    const auto taken = std::min(written, piece.size());
    piece.remove_prefix(taken);
    written -= taken;
  }
}

// What goes out next. Two pieces that share a record are gathered: a head and its small body, an
// event and its end, would otherwise be two records, and two packets.
std::string_view next_record(const Pieces& pieces, std::span<char, kTlsRecordBytes> gathered) {
  const auto [first, second] = pieces;
  if (first.empty()) return second;
  if (second.empty() || first.size() >= gathered.size()) return first;
  const auto more = second.substr(0, gathered.size() - first.size());
  std::ranges::copy(first, gathered.begin());
  std::ranges::copy(more, gathered.begin() + static_cast<std::ptrdiff_t>(first.size()));
  return {gathered.data(), first.size() + more.size()};
}

}  // namespace

Stream::Impl::Impl(Worker& worker, boost::asio::ip::tcp::socket connected)
    : socket{std::move(connected)},
      read_timer{worker.timers(), [this] { expire_read(); }},
      write_timer{worker.timers(), [this] { expire_write(); }} {}

// The peer may still be told why: only what is pending ends, and a write begins to wait again.
void Stream::Impl::expire_read() {
  read_timed_out = true;
  boost::system::error_code ignored;
  socket.cancel(ignored);
}

void Stream::Impl::expire_write() {
  write_timed_out = true;
  close();
}

void Stream::Impl::close() noexcept {
  say_goodbye();
  boost::system::error_code ignored;
  socket.close(ignored);  // what is pending completes with operation_aborted in the next turn
}

void Stream::Impl::end_writing() noexcept {
  say_goodbye();
  boost::system::error_code ignored;
  socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

// close_notify, if the kernel has room for it: nobody waits for a peer that does not read.
void Stream::Impl::say_goodbye() noexcept {
  if (!ssl || tls_broken_ || !socket.is_open() || SSL_is_init_finished(ssl.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl.get());
}

// --- reading

void Stream::Impl::begin_read(std::span<char> into) {
  if (read_pending || read_result) return;
  read_into = into;
  read_pending = true;
  if (!socket.is_open()) {
    finish_read(fail(Code::kClosed));
  } else if (ssl) {
    read_tls();
  } else {
    read_plain();
  }
}

void Stream::Impl::read_plain() {
  socket.async_read_some(
      boost::asio::buffer(read_into.data(), read_into.size()),
      [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
        self->finish_read(error ? Result<std::size_t>{fail(Code::kClosed, "", error.value())}
                                : Result<std::size_t>{size});
      });
}

void Stream::Impl::read_tls() {
  ERR_clear_error();
  const auto room = static_cast<int>(std::min<std::size_t>(read_into.size(), INT_MAX));
  const int got = SSL_read(ssl.get(), read_into.data(), room);
  if (got > 0) return finish_read(static_cast<std::size_t>(got));

  const int why = SSL_get_error(ssl.get(), got);
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
    tls_broken_ = why != SSL_ERROR_ZERO_RETURN;
    return finish_read(fail(Code::kClosed));
  }
  const auto wait = why == SSL_ERROR_WANT_READ ? Wait::wait_read : Wait::wait_write;
  socket.async_wait(wait, [self = shared_from_this()](boost::system::error_code error) {
    if (error) return self->finish_read(fail(Code::kClosed, "", error.value()));
    // Closed in this very turn: the descriptor's number may be another connection's by now.
    if (!self->socket.is_open()) return self->finish_read(fail(Code::kClosed));
    self->read_tls();
  });
}

void Stream::Impl::finish_read(Result<std::size_t> result) {
  read_pending = false;
  read_timer.clear();
  const bool in_vain = std::exchange(read_timed_out, false) || write_timed_out;
  if (!result && in_vain) result = fail(Code::kTimedOut);
  const bool ended = !result;
  read_result = result;
  if (auto waiter = std::exchange(reader, nullptr)) {
    waiter.resume();
  } else if (on_read) {
    std::exchange(on_read, nullptr)();
  } else if (ended && on_hangup) {
    std::exchange(on_hangup, nullptr)();
  }
}

void Stream::Impl::wait_read(std::coroutine_handle<> waiter, SteadyTime deadline) {
  TG_CHECK(read_pending);
  reader = waiter;
  read_timer.set(deadline);
}

Result<std::size_t> Stream::Impl::take_read() noexcept {
  const auto result = *read_result;
  read_result.reset();
  return result;
}

void Stream::Impl::abandon_read() noexcept {
  if (reader) expire_read();
}

bool Stream::Impl::peer_ended() const noexcept {
  if (!socket.is_open()) return true;
  auto& asked = const_cast<boost::asio::ip::tcp::socket&>(socket);
  pollfd state{.fd = asked.native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&state, 1, 0) == 1;
}

// --- writing

bool Stream::Impl::try_write(std::string_view first, std::string_view second) {
  unwritten = {first, second};
  write_result = {};
  write_waits_for_ = Wait::wait_write;
  return write_now();
}

// True when there is nothing to wait for: all is written, or nothing more can be.
bool Stream::Impl::write_now() {
  if (!socket.is_open()) {
    write_result = fail(write_timed_out ? Code::kTimedOut : Code::kClosed);
    return true;
  }
  return ssl ? write_tls() : write_plain();
}

bool Stream::Impl::write_plain() {
  while (!unwritten[0].empty() || !unwritten[1].empty()) {
    std::array<iovec, 2> pieces{};
    std::size_t count = 0;
    for (const auto piece : unwritten) {
      if (!piece.empty()) pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const auto sent = ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && would_block(errno)) return false;
    if (sent < 0) {
      write_result = fail(Code::kClosed, "", errno);
      return true;
    }
    drop_written(unwritten, static_cast<std::size_t>(sent));
  }
  return true;
}

// Also the handshake, which comes before the first byte and may be all that was asked for.
bool Stream::Impl::write_tls() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl.get()) == 0) {
    if (const int done = SSL_do_handshake(ssl.get()); done != 1) return write_refused(done);
  }
  std::array<char, kTlsRecordBytes> gathered;
  while (!unwritten[0].empty() || !unwritten[1].empty()) {
    const auto piece = next_record(unwritten, gathered);
    const auto size = static_cast<int>(std::min<std::size_t>(piece.size(), INT_MAX));
    const int sent = SSL_write(ssl.get(), piece.data(), size);
    if (sent <= 0) return write_refused(sent);
    drop_written(unwritten, static_cast<std::size_t>(sent));
  }
  return true;
}

// What OpenSSL said to a handshake or a write that did not come to its end.
bool Stream::Impl::write_refused(int returned) {
  const int why = SSL_get_error(ssl.get(), returned);
  if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ) {
    write_waits_for_ = why == SSL_ERROR_WANT_READ ? Wait::wait_read : Wait::wait_write;
    return false;
  }
  if (why == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    ssl.reset();
    write_result = fail(Code::kMalformedHttp, "HTTP without TLS");
    return true;
  }
  if (SSL_is_init_finished(ssl.get()) == 0) {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    log(LogLevel::kDebug, "no TLS handshake", {{"why", reason == nullptr ? "closed" : reason}});
  }
  tls_broken_ = true;
  write_result = fail(Code::kClosed);
  return true;
}

void Stream::Impl::wait_write(std::coroutine_handle<> waiter, SteadyTime deadline) {
  writer = waiter;
  write_timer.set(deadline);
  wait_to_write();
}

void Stream::Impl::wait_to_write() {
  socket.async_wait(write_waits_for_, [self = shared_from_this()](boost::system::error_code error) {
    if (error == boost::asio::error::operation_aborted && self->socket.is_open()) {
      return self->wait_to_write();
    }
    if (error) {
      const auto code = self->write_timed_out ? Code::kTimedOut : Code::kClosed;
      self->write_result = fail(code, "", error.value());
      return self->finish_write();
    }
    if (self->write_now()) return self->finish_write();
    self->wait_to_write();
  });
}

void Stream::Impl::abandon_write() noexcept {
  if (!writer) return;
  tls_broken_ = true;  // a record may be half out, so that even a goodbye would be read as its rest
  unwritten = {};
  write_result = fail(Code::kCancelled);
  finish_write();
}

void Stream::Impl::finish_write() {
  write_timer.clear();
  if (auto waiter = std::exchange(writer, nullptr)) waiter.resume();
}

// --- the handle that others hold

Stream::Stream(std::shared_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

Stream::~Stream() {
  TG_CHECK(!impl_->reader && !impl_->writer);
  impl_->on_hangup = nullptr;
  impl_->on_read = nullptr;
  impl_->close();
}

void Stream::begin_read(std::span<char> into) { impl_->begin_read(into); }
bool Stream::read_pending() const noexcept { return impl_->read_pending; }
bool Stream::read_ready() const noexcept { return impl_->read_result.has_value(); }
void Stream::wait_read(std::coroutine_handle<> waiter, SteadyTime deadline) {
  impl_->wait_read(waiter, deadline);
}
Result<std::size_t> Stream::take_read() noexcept { return impl_->take_read(); }

std::optional<Result<std::size_t>> Stream::try_finish_read() noexcept {
  return std::exchange(impl_->read_result, std::nullopt);
}
void Stream::abandon_read() noexcept { impl_->abandon_read(); }
bool Stream::peer_ended() const noexcept { return impl_->peer_ended(); }

void Stream::on_read(std::move_only_function<void()> notify) { impl_->on_read = std::move(notify); }

void Stream::on_hangup(std::move_only_function<void()> notify) {
  impl_->on_hangup = std::move(notify);
  // It may have ended already, with nobody waiting.
  if (impl_->on_hangup && impl_->read_result && !*impl_->read_result) {
    std::exchange(impl_->on_hangup, nullptr)();
  }
}

bool Stream::try_write(std::string_view first, std::string_view second) {
  return impl_->try_write(first, second);
}
void Stream::wait_write(std::coroutine_handle<> waiter, SteadyTime deadline) {
  impl_->wait_write(waiter, deadline);
}
Result<void> Stream::take_write() noexcept { return impl_->write_result; }

void Stream::abandon_write() noexcept { impl_->abandon_write(); }

void Stream::end_writing() noexcept { impl_->end_writing(); }
void Stream::close() noexcept { impl_->close(); }
bool Stream::over_tls() const noexcept { return impl_->ssl != nullptr; }
bool Stream::open() const noexcept { return impl_->socket.is_open(); }

}  // namespace tg::net
