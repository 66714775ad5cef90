// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "net/loop.h"
#include "net/server_tls_impl.h"
#include "net/stream_impl.h"

namespace tg::net {
namespace {

using boost::asio::ip::tcp;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kBacklog = 4096;
// Out of file descriptors: looking again at once would spin.
constexpr std::chrono::milliseconds kPauseAfterFailure{50};

}  // namespace

struct Listener::Impl {
  explicit Impl(Worker& of) : worker{of}, acceptor{of.loop().context}, retry{of.loop().context} {}

  Worker& worker;
  tcp::acceptor acceptor;
  boost::asio::steady_timer retry;
  OnAccept on_accept;
  std::shared_ptr<const ServerTls> tls;
  bool asks_for_certificates = false;

  void accept_next();
  void take(tcp::socket socket);
};

void Listener::Impl::accept_next() {
  acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (!error) {
      take(std::move(socket));
      return accept_next();
    }
    retry.expires_after(kPauseAfterFailure);
    retry.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled && acceptor.is_open()) accept_next();
    });
  });
}

void Listener::Impl::take(tcp::socket socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay{true}, error);
  socket.native_non_blocking(true, error);
  if (error) return;
  auto impl = std::make_shared<Stream::Impl>(worker, std::move(socket));
  if (tls) {
    impl->ssl = make_server_ssl(*tls, asks_for_certificates, impl->socket);
    if (!impl->ssl) return impl->close();
  }
  on_accept(std::make_unique<Stream>(std::move(impl)), peer.address().to_string());
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::open(Worker& worker, const ListenAddress& address) {
  boost::system::error_code error;
  const auto host = boost::asio::ip::make_address(address.host, error);
  if (error) return fail(Code::kConfiguration, "the listen address must be an IP address");

  auto impl = std::make_unique<Impl>(worker);
  const tcp::endpoint endpoint{host, address.port};
  const auto failed = [&error] { return fail(Code::kIo, "cannot listen", error.value()); };
  if (impl->acceptor.open(endpoint.protocol(), error); error) return failed();
  if (impl->acceptor.set_option(tcp::acceptor::reuse_address{true}, error); error) return failed();
  if (impl->acceptor.set_option(ReusePort{true}, error); error) return failed();
  if (impl->acceptor.bind(endpoint, error); error) return failed();
  if (impl->acceptor.listen(kBacklog, error); error) return failed();
  return std::unique_ptr<Listener>{new Listener{std::move(impl)}};
}

Result<void> Listener::check_free(const ListenAddress& address) {
  boost::system::error_code error;
  const auto host = boost::asio::ip::make_address(address.host, error);
  if (error) return fail(Code::kConfiguration, "the listen address must be an IP address");
  boost::asio::io_context context{1};
  tcp::acceptor probe{context};
  const tcp::endpoint endpoint{host, address.port};
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) probe.bind(endpoint, error);
  if (error) return fail(Code::kIo, "cannot listen", error.value());
  return {};
}

std::uint16_t Listener::port() const { return impl_->acceptor.local_endpoint().port(); }

void Listener::set_tls(std::shared_ptr<const ServerTls> tls) { impl_->tls = std::move(tls); }

void Listener::ask_for_certificates(bool asked) { impl_->asks_for_certificates = asked; }

void Listener::start(OnAccept on_accept) {
  impl_->on_accept = std::move(on_accept);
  impl_->accept_next();
}

void Listener::close() {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->retry.cancel();
}

}  // namespace tg::net
