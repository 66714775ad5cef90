// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/log.h"
#include "net/client_certificate_impl.h"
#include "net/loop.h"
#include "net/stream_impl.h"

namespace tg::net {
namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::size_t kTlsRecordBytes = 16 << 10;
// Of full buffers 256 KiB, which the kernel copies in some 50 µs.
constexpr std::uint8_t kReadsInARowMax = 16;

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

Stream::Impl::Impl(Worker& worker, FileDescriptor connected)
    : socket{std::move(connected)},
      worker_{worker},
      read_timer_{worker.timers(), [this] { expire_read(); }},
      write_timer_{worker.timers(), [this] { expire_write(); }} {
  if (!worker.loop().readiness.add(socket.get(), *this)) close();
}

// What the kernel says has changed; without events, what was put off until this turn.
void Stream::Impl::on_ready(std::uint32_t events) {
  const auto self = shared_from_this();  // who is woken may let go of the stream
  reads_in_a_row_ = 0;
  if ((events & (EPOLLIN | kEnd)) != 0) readable_ = true;
  if ((events & kEnd) != 0) ended_ = true;
  // TLS may have to read in order to write.
  const bool may_write = !socket.valid() || ssl || (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
  if (writer && may_write && write_now()) finish_write();
  if (reader) {
    if (std::exchange(read_abandoned_, false)) return expire_read();
    if (read_now()) finish_read();
  } else if (on_readable_ && (readable_ || !socket.valid())) {
    std::exchange(on_readable_, nullptr)();
  } else if (on_hangup_) {
    tell_hangup();
  }
}

void Stream::Impl::wake_next_turn() {
  worker_.post([self = shared_from_this()] { self->on_ready(0); });
}

// The peer may still be told why: only the read ends.
void Stream::Impl::expire_read() {
  into_->release();
  read_result = fail(Code::kTimedOut);
  finish_read();
}

void Stream::Impl::expire_write() {
  write_timed_out_ = true;
  close();
}

void Stream::Impl::close() noexcept {
  if (!socket.valid()) return;
  say_goodbye();
  worker_.loop().readiness.remove(*this);
  socket.reset();
  if (reader || writer) wake_next_turn();
}

void Stream::Impl::end_writing() noexcept {
  say_goodbye();
  ::shutdown(socket.get(), SHUT_WR);
}

// close_notify, if the kernel has room for it: nobody waits for a peer that does not read.
void Stream::Impl::say_goodbye() noexcept {
  if (!ssl || tls_broken_ || !socket.valid() || SSL_is_init_finished(ssl.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl.get());
}

// --- reading

bool Stream::Impl::try_read(Buffer& into) {
  read_abandoned_ = false;
  into.release();
  into_ = &into;
  if (reads_in_a_row_ == kReadsInARowMax) return false;
  ++reads_in_a_row_;
  return read_now();
}

void Stream::Impl::wait_read(std::coroutine_handle<> waiter, SteadyTime deadline) {
  reader = waiter;
  read_timer_.set(deadline);
  if (reads_in_a_row_ == kReadsInARowMax) wake_next_turn();
}

std::optional<Result<std::string_view>> Stream::Impl::try_read_some(Buffer& into) {
  into.release();
  into_ = &into;
  if (!read_now()) return std::nullopt;
  return read_result;
}

void Stream::Impl::abandon_read() noexcept {
  if (!reader) return;
  read_abandoned_ = true;
  wake_next_turn();
}

// True when there is nothing to wait for: bytes are there, or will not come any more.
bool Stream::Impl::read_now() {
  if (!socket.valid()) {
    read_result = fail(write_timed_out_ ? Code::kTimedOut : Code::kClosed);
    return true;
  }
  return ssl ? read_tls() : read_plain();
}

bool Stream::Impl::read_plain() {
  if (!readable_) return false;
  const auto room = into_->room();
  const auto got = ::recv(socket.get(), room.data(), room.size(), 0);
  if (got > 0) {
    // Fewer than asked for were all that there were; the kernel tells of others when they come.
    readable_ = ended_ || static_cast<std::size_t>(got) == room.size();
    read_result = into_->fill(static_cast<std::size_t>(got));
    return true;
  }
  into_->release();
  if (got < 0 && would_block(errno)) return readable_ = false;
  read_result = fail(Code::kClosed, "", got < 0 ? errno : 0);
  return true;
}

bool Stream::Impl::read_tls() {
  // OpenSSL may hold what the kernel no longer has.
  if (!readable_ && SSL_has_pending(ssl.get()) == 0) return false;
  ERR_clear_error();
  const auto room = into_->room();
  const int got = SSL_read(ssl.get(), room.data(), static_cast<int>(room.size()));
  if (got > 0) {
    read_result = into_->fill(static_cast<std::size_t>(got));
    return true;
  }
  const int why = SSL_get_error(ssl.get(), got);
  into_->release();
  if (why == SSL_ERROR_WANT_READ) return readable_ = false;
  if (why == SSL_ERROR_WANT_WRITE) return false;
  tls_broken_ = why != SSL_ERROR_ZERO_RETURN;
  read_result = fail(Code::kClosed);
  return true;
}

void Stream::Impl::finish_read() {
  read_timer_.clear();
  std::exchange(reader, nullptr).resume();
}

// --- noticing, where nobody reads

// Sees whether there are bytes or an end, and takes neither.
void Stream::Impl::look_ahead() noexcept {
  char first{};
  if (!ssl) {
    const auto got = ::recv(socket.get(), &first, 1, MSG_PEEK);
    if (got < 0 && would_block(errno)) {
      readable_ = false;
    } else if (got <= 0) {
      ended_ = true;
    }
    return;
  }
  ERR_clear_error();
  const int got = SSL_peek(ssl.get(), &first, 1);
  if (got > 0) return;
  const int why = SSL_get_error(ssl.get(), got);
  if (why == SSL_ERROR_WANT_READ) {
    readable_ = false;
  } else if (why != SSL_ERROR_WANT_WRITE) {
    tls_broken_ = why != SSL_ERROR_ZERO_RETURN;
    ended_ = true;
  }
}

// Over TLS the end may be said in a record of its own, with the connection still open.
void Stream::Impl::tell_hangup() {
  if (ssl && readable_ && !ended_ && socket.valid()) look_ahead();
  if (ended_ || !socket.valid()) std::exchange(on_hangup_, nullptr)();
}

void Stream::Impl::set_on_hangup(std::move_only_function<void()> notify) {
  on_hangup_ = std::move(notify);
  if (on_hangup_) tell_hangup();  // it may have ended already
}

bool Stream::Impl::quiet() noexcept {
  if (socket.valid() && !ended_ && readable_) look_ahead();
  const bool pending = ssl && SSL_has_pending(ssl.get()) != 0;
  return socket.valid() && !ended_ && !readable_ && !pending;
}

// --- writing

bool Stream::Impl::try_write(std::string_view first, std::string_view second) {
  unwritten_ = {first, second};
  write_result = {};
  return write_now();
}

// True when there is nothing to wait for: all is written, or nothing more can be.
bool Stream::Impl::write_now() {
  if (!socket.valid()) {
    write_result = fail(write_timed_out_ ? Code::kTimedOut : Code::kClosed);
    return true;
  }
  return ssl ? write_tls() : write_plain();
}

bool Stream::Impl::write_plain() {
  while (!unwritten_[0].empty() || !unwritten_[1].empty()) {
    std::array<iovec, 2> pieces{};
    std::size_t count = 0;
    for (const auto piece : unwritten_) {
      if (!piece.empty()) pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const auto sent = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && would_block(errno)) return false;
    if (sent < 0) {
      write_result = fail(Code::kClosed, "", errno);
      return true;
    }
    drop_written(unwritten_, static_cast<std::size_t>(sent));
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
  while (!unwritten_[0].empty() || !unwritten_[1].empty()) {
    const auto piece = next_record(unwritten_, gathered);
    const auto size = static_cast<int>(std::min<std::size_t>(piece.size(), INT_MAX));
    const int sent = SSL_write(ssl.get(), piece.data(), size);
    if (sent <= 0) return write_refused(sent);
    drop_written(unwritten_, static_cast<std::size_t>(sent));
  }
  return true;
}

// What OpenSSL said to a handshake or a write that did not come to its end.
bool Stream::Impl::write_refused(int returned) {
  const int why = SSL_get_error(ssl.get(), returned);
  if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ) return false;
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
  write_timer_.set(deadline);
}

void Stream::Impl::abandon_write() noexcept {
  if (!writer) return;
  tls_broken_ = true;  // a record may be half out, so that even a goodbye would be read as its rest
  unwritten_ = {};
  write_result = fail(Code::kCancelled);
  finish_write();
}

void Stream::Impl::finish_write() {
  write_timer_.clear();
  std::exchange(writer, nullptr).resume();
}

// --- the handle that others hold

Stream::Stream(std::shared_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

Stream::~Stream() {
  TG_CHECK(!impl_->reader && !impl_->writer);
  impl_->set_on_readable(nullptr);
  impl_->set_on_hangup(nullptr);
  impl_->close();
}

bool Stream::try_read(Buffer& into) { return impl_->try_read(into); }
void Stream::wait_read(std::coroutine_handle<> waiter, SteadyTime deadline) {
  impl_->wait_read(waiter, deadline);
}
Result<std::string_view> Stream::take_read() noexcept { return impl_->read_result; }

std::optional<Result<std::string_view>> Stream::try_read_some(Buffer& into) {
  return impl_->try_read_some(into);
}
void Stream::abandon_read() noexcept { impl_->abandon_read(); }
void Stream::on_readable(std::move_only_function<void()> notify) {
  impl_->set_on_readable(std::move(notify));
}
void Stream::on_hangup(std::move_only_function<void()> notify) {
  impl_->set_on_hangup(std::move(notify));
}
bool Stream::quiet() noexcept { return impl_->quiet(); }

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
ClientVerdict Stream::verify_client(const ClientTrust& trust, WallTime now) const {
  if (!impl_->ssl) return {.kind = ClientVerdict::Kind::kNoTls};
  return verify_client_of(*impl_->ssl, trust, now);
}
bool Stream::open() const noexcept { return impl_->socket.valid(); }

}  // namespace tg::net
