// SPDX-License-Identifier: Apache-2.0
#include "admin/control_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "admin/arguments.h"
#include "admin/control_line.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"

namespace tg::admin {
namespace {

constexpr std::size_t kLineBytesMax = 1 << 20;
constexpr std::chrono::seconds kRequestTime{10};
// The longest operation asks a provider, which may take 10 s each.
constexpr std::chrono::seconds kAnswerTime{120};
constexpr int kWaiting = 8;

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    return fail(Code::kConfiguration,
                "the data folder's path is too long for a control socket (107 bytes)");
  }
  std::ranges::copy(text, address.sun_path);
  return address;
}

// Waits until `fd` can be read or `stop` is signalled; false: stop, or the deadline has passed.
bool wait_readable(int fd, int stop, SteadyTime deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd watched[2]{{.fd = fd, .events = POLLIN, .revents = 0},
                      {.fd = stop, .events = POLLIN, .revents = 0}};
    const int ready = ::poll(watched, stop >= 0 ? 2 : 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || watched[1].revents != 0) return false;
    return true;
  }
}

// One line without its break. Nothing when it does not come whole and in time.
Result<std::string> receive_line(int fd, int stop, std::chrono::seconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  std::string line;
  std::array<char, 16384> piece;
  while (wait_readable(fd, stop, deadline)) {
    const auto got = ::recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return fail(Code::kClosed, "the other side closed the connection");
    line.append(piece.data(), static_cast<std::size_t>(got));
    if (line.size() > kLineBytesMax) return fail(Code::kBodyTooLarge, "more than 1 MiB");
    if (const auto end = line.find('\n'); end != std::string::npos) {
      line.resize(end);
      return line;
    }
  }
  return fail(Code::kTimedOut, "no answer came in time");
}

bool send_line(int fd, std::string line) {
  line += '\n';
  std::string_view left{line};
  while (!left.empty()) {
    const auto put = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    left.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool is_trusted(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

// A peer that does not read must not hold the thread for ever.
void bound_sends(int fd) {
  const timeval patience{.tv_sec = kRequestTime.count(), .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

}  // namespace

class ControlSocket::Impl {
 public:
  Impl(std::filesystem::path path, FileDescriptor listener, FileDescriptor stop,
       ControlHandler handler)
      : path_{std::move(path)},
        listener_{std::move(listener)},
        stop_{std::move(stop)},
        handler_{std::move(handler)},
        thread_{[this] { accept_until_stopped(); }} {}

  ~Impl() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
    ::unlink(path_.c_str());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  void accept_until_stopped() {
    while (!stopped()) {
      pollfd watched[2]{{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                        {.fd = stop_.get(), .events = POLLIN, .revents = 0}};
      if (::poll(watched, 2, -1) < 0 && errno != EINTR) return;
      if (watched[0].revents == 0) continue;
      const FileDescriptor peer{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (peer.valid()) serve(peer.get());
    }
  }

  [[nodiscard]] bool stopped() const {
    pollfd watched{.fd = stop_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, 0) > 0;
  }

  void serve(int fd) {
    bound_sends(fd);
    if (!is_trusted(fd)) {
      log(LogLevel::kWarning, "control socket: refused another user");
      return;
    }
    auto line = receive_line(fd, stop_.get(), kRequestTime);
    if (!line) return;
    const auto answer = answer_line(*line, handler_);
    wipe(*line);
    send_line(fd, answer);
  }

  std::filesystem::path path_;
  FileDescriptor listener_;
  FileDescriptor stop_;
  ControlHandler handler_;
  std::thread thread_;  // last: it uses all of the above
};

ControlSocket::ControlSocket(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ControlSocket::~ControlSocket() = default;

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(const std::filesystem::path& path,
                                                           ControlHandler handler) {
  TG_TRY(const auto address, address_of(path));
  // Whoever has the folder's lock may clear away what a dead server left.
  ::unlink(path.c_str());
  FileDescriptor listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!listener.valid()) return fail(Code::kIo, "cannot make a control socket", errno);
  // Set before the name exists, so that nobody can come in between.
  if (::fchmod(listener.get(), 0600) != 0 ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(listener.get(), kWaiting) != 0) {
    return fail(Code::kIo, "cannot listen on the control socket", errno);
  }
  FileDescriptor stop{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!stop.valid()) return fail(Code::kIo, "cannot make an event", errno);
  return std::unique_ptr<ControlSocket>{new ControlSocket{
      std::make_unique<Impl>(path, std::move(listener), std::move(stop), std::move(handler))}};
}

ApiResult<Json> call_control_socket(const std::filesystem::path& path, std::string_view operation,
                                    const Json& arguments) {
  TG_API_TRY(const auto address, address_of(path));
  const FileDescriptor server{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!server.valid() ||
      ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refuse(Code::kUpstreamUnreachable,
                  fmt::format("Cannot reach the server through {}: {}.", path.string(),
                              std::generic_category().message(errno)));
  }
  bound_sends(server.get());
  auto request = Json{{"operation", operation}, {"arguments", arguments}}.dump();
  const bool sent = send_line(server.get(), request);
  wipe(request);
  if (!sent) return refuse(Code::kClosed, "The server closed its control socket.");
  auto line = receive_line(server.get(), -1, kAnswerTime);
  if (!line) {
    return refuse(line.error().code, fmt::format("The server gave no answer through {}: {}.",
                                                 path.string(), line.error().detail));
  }
  return read_answer_line(*line);
}

}  // namespace tg::admin
