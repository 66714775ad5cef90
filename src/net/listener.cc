// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/endpoint.h"
#include "net/loop.h"
#include "net/server_tls_impl.h"
#include "net/stream_impl.h"

namespace tg::net {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptedATurnMax = 32;
// Out of file descriptors: looking again at once would spin.
constexpr std::chrono::milliseconds kPauseAfterFailure{50};

void switch_on(const FileDescriptor& socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket.get(), level, option, &on, sizeof on);
}

enum class Port : std::uint8_t { kShared, kAlone };

Result<FileDescriptor> bind_to(const ListenAddress& address, Port port) {
  const auto endpoint = numeric_endpoint(address.host, address.port);
  if (!endpoint) return fail(Code::kConfiguration, "the listen address must be an IP address");
  FileDescriptor socket{
      ::socket(endpoint->address().sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket.valid()) return fail(Code::kIo, "cannot listen", errno);
  switch_on(socket, SOL_SOCKET, SO_REUSEADDR);
  if (port == Port::kShared) switch_on(socket, SOL_SOCKET, SO_REUSEPORT);
  if (::bind(socket.get(), &endpoint->address(), endpoint->size) != 0) {
    return fail(Code::kIo, "cannot listen", errno);
  }
  return socket;
}

}  // namespace

struct Listener::Impl final : Readiness::Source {
  Impl(Worker& of, FileDescriptor bound)
      : worker{of}, socket{std::move(bound)}, retry{of.timers(), [this] { watch(); }} {}
  ~Impl() override { close(); }

  Worker& worker;
  FileDescriptor socket;
  Timer retry;
  OnAccept on_accept;
  std::shared_ptr<const ServerTls> tls;
  bool asks_for_certificates = false;

  void watch();
  void on_ready(std::uint32_t events) override;
  void take(FileDescriptor accepted, const Endpoint& peer);
  void close();
};

// Told as long as there are connections, so that those beyond a turn's have the next.
void Listener::Impl::watch() {
  if (!worker.loop().readiness.add(socket.get(), *this, EPOLLIN)) {
    retry.set(std::chrono::steady_clock::now() + kPauseAfterFailure);
  }
}

void Listener::Impl::on_ready(std::uint32_t) {
  for (int count = 0; socket.valid() && count < kAcceptedATurnMax; ++count) {
    Endpoint peer{.size = sizeof peer.storage};
    FileDescriptor accepted{
        ::accept4(socket.get(), &peer.address(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (accepted.valid()) {
      take(std::move(accepted), peer);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      worker.loop().readiness.take_out(socket.get(), *this);
      return retry.set(std::chrono::steady_clock::now() + kPauseAfterFailure);
    }
  }
}

void Listener::Impl::take(FileDescriptor accepted, const Endpoint& peer) {
  switch_on(accepted, IPPROTO_TCP, TCP_NODELAY);
  auto impl = std::make_shared<Stream::Impl>(worker, std::move(accepted));
  if (tls) {
    impl->ssl = make_server_ssl(*tls, asks_for_certificates, impl->socket.get());
    if (!impl->ssl) return impl->close();
  }
  on_accept(std::make_unique<Stream>(std::move(impl)), peer.host());
}

void Listener::Impl::close() {
  retry.clear();
  if (!socket.valid()) return;
  worker.loop().readiness.remove(*this);
  socket.reset();
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::open(Worker& worker, const ListenAddress& address) {
  TG_TRY(auto socket, bind_to(address, Port::kShared));
  if (::listen(socket.get(), kBacklog) != 0) return fail(Code::kIo, "cannot listen", errno);
  auto impl = std::make_unique<Impl>(worker, std::move(socket));
  return std::unique_ptr<Listener>{new Listener{std::move(impl)}};
}

Result<void> Listener::check_free(const ListenAddress& address) {
  TG_TRY_DONE(bind_to(address, Port::kAlone));
  return {};
}

std::uint16_t Listener::port() const {
  Endpoint own{.size = sizeof own.storage};
  TG_CHECK(::getsockname(impl_->socket.get(), &own.address(), &own.size) == 0);
  return own.port();
}

void Listener::set_tls(std::shared_ptr<const ServerTls> tls) { impl_->tls = std::move(tls); }

void Listener::ask_for_certificates(bool asked) { impl_->asks_for_certificates = asked; }

void Listener::start(OnAccept on_accept) {
  impl_->on_accept = std::move(on_accept);
  impl_->watch();
}

void Listener::close() { impl_->close(); }

}  // namespace tg::net
