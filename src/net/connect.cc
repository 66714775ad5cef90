// SPDX-License-Identifier: Apache-2.0
#include "net/connect.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/tcp.hpp>
#include <coroutine>
#include <utility>

#include "base/log.h"
#include "net/address_rules.h"
#include "net/loop.h"
#include "net/operation.h"
#include "net/stream_impl.h"
#include "net/tunnel.h"

namespace tg::net {
namespace {

using boost::asio::ip::tcp;

bool is_ip_address(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

Error connection_error(const Operation& operation) {
  if (operation.expired) return {Code::kUpstreamTimeout, "no connection in time"};
  return {Code::kUpstreamUnreachable, "cannot connect", operation.error.value()};
}

Error refuse_address(const std::string& host, const tcp::endpoint& endpoint) {
  const auto told = endpoint.address().to_string();
  log(LogLevel::kWarning, "provider's address refused", {{"host", host}, {"address", told}});
  if (address_kind(*endpoint.data()) == AddressKind::kPrivate) {
    return {Code::kUpstreamUnreachable,
            "a public name leads to a private address; give the address itself as the base URL"};
  }
  return {Code::kUpstreamUnreachable, "the name leads to an address that no provider may have"};
}

// What stands at the other end of a TCP connection.
enum class Peer : std::uint8_t { kProvider, kProxy };

Task<Result<tcp::socket>> connect_tcp(Worker& worker, UpstreamAddress address, Peer peer,
                                      SteadyTime deadline) {
  auto& context = worker.loop().context;
  auto resolver = std::make_shared<tcp::resolver>(context);
  auto found = std::make_shared<tcp::resolver::results_type>();
  auto resolving = std::make_shared<Operation>(worker);
  resolving->cancel = [resolver, weak = std::weak_ptr{resolving}] {
    resolver->cancel();  // a look-up in the system's library cannot be stopped, only left behind
    if (auto operation = weak.lock()) operation->finish(boost::asio::error::operation_aborted);
  };
  resolver->async_resolve(address.host, std::to_string(address.port),
                          [found, resolving](boost::system::error_code error, auto results) {
                            *found = std::move(results);
                            if (!resolving->done) resolving->finish(error);
                          });
  co_await resolving->until(deadline);
  if (resolving->error) co_return std::unexpected(connection_error(*resolving));

  Operation connecting{worker};
  Error refused{Code::kUpstreamUnreachable, "the name leads to no address"};
  for (const auto& entry : *found) {
    const auto endpoint = entry.endpoint();
    if (peer == Peer::kProvider && !may_connect(address.host, *endpoint.data())) {
      refused = refuse_address(address.host, endpoint);
      continue;
    }
    tcp::socket socket{context};
    connecting.done = false;
    connecting.cancel = [&socket] {
      boost::system::error_code ignored;
      socket.close(ignored);
    };
    socket.async_connect(
        endpoint, [&connecting](boost::system::error_code error) { connecting.finish(error); });
    co_await connecting.until(deadline);
    if (!connecting.error) {
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay{true}, ignored);
      socket.native_non_blocking(true, ignored);
      co_return std::move(socket);
    }
    if (connecting.expired) break;
  }
  // Nothing was tried: all that the name leads to is refused.
  if (!connecting.done) co_return std::unexpected(refused);
  co_return std::unexpected(connection_error(connecting));
}

SslPointer make_client_ssl(SSL_CTX* context, int fd, const std::string& host) {
  SslPointer ssl{SSL_new(context)};
  if (!ssl) return nullptr;
  SSL_set_connect_state(ssl.get());
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl.get());
  const bool ip_address = is_ip_address(host);
  const bool named = ip_address ? X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1
                                : SSL_set_tlsext_host_name(ssl.get(), host.c_str()) == 1 &&
                                      SSL_set1_host(ssl.get(), host.c_str()) == 1;
  if (!named || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  return ssl;
}

Task<Result<void>> shake_hands(Worker& worker, tcp::socket& socket, SSL* ssl, SteadyTime deadline) {
  Operation waiting{worker};
  waiting.cancel = [&socket] {
    boost::system::error_code ignored;
    socket.close(ignored);
  };
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl);
    if (done == 1) co_return Result<void>{};
    const int why = SSL_get_error(ssl, done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      const char* verdict = SSL_get_verify_result(ssl) == X509_V_OK
                                ? "TLS handshake failed"
                                : X509_verify_cert_error_string(SSL_get_verify_result(ssl));
      co_return fail(Code::kUpstreamTls, verdict);
    }
    waiting.done = false;
    socket.async_wait(why == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write,
                      [&waiting](boost::system::error_code error) { waiting.finish(error); });
    co_await waiting.until(deadline);
    if (waiting.error) co_return std::unexpected(connection_error(waiting));
  }
}

}  // namespace

struct TlsContext::Impl {
  SSL_CTX* context = nullptr;
  std::shared_ptr<const Proxy> proxy;  // null: none

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { SSL_CTX_free(context); }
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::open(const std::string& bundle_path,
                                                     std::shared_ptr<const Proxy> proxy) {
  auto impl = std::make_unique<Impl>();
  impl->proxy = std::move(proxy);
  impl->context = SSL_CTX_new(TLS_client_method());
  if (impl->context == nullptr) return fail(Code::kInternal, "cannot set up TLS");
  SSL_CTX_set_min_proto_version(impl->context, TLS1_2_VERSION);
  SSL_CTX_set_verify(impl->context, SSL_VERIFY_PEER, nullptr);
  // A write that is tried again comes from where the piece now begins.
  SSL_CTX_set_mode(impl->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  const bool loaded = bundle_path.empty() ? SSL_CTX_set_default_verify_paths(impl->context) == 1
                                          : SSL_CTX_load_verify_locations(
                                                impl->context, bundle_path.c_str(), nullptr) == 1;
  if (!loaded) return fail(Code::kConfiguration, "cannot read the bundle of trusted certificates");
  return std::unique_ptr<TlsContext>{new TlsContext{std::move(impl)}};
}

Task<Result<std::unique_ptr<Stream>>> connect(Worker& worker, const TlsContext& tls,
                                              UpstreamAddress address, SteadyTime deadline) {
  const auto* proxy = tls.impl().proxy.get();
  const bool tunnels = address.tls && proxy != nullptr && proxy->serves(address.host);
  auto first_hop = address;
  if (tunnels) {
    if (is_forbidden_literal(address.host)) {
      co_return fail(Code::kUpstreamUnreachable, "no provider may have this address");
    }
    first_hop = UpstreamAddress{.host = proxy->host(), .port = proxy->port()};
  }
  const auto peer = tunnels ? Peer::kProxy : Peer::kProvider;
  auto socket = co_await connect_tcp(worker, first_hop, peer, deadline);
  if (!socket) co_return std::unexpected(socket.error());
  if (tunnels) {
    auto opened = co_await open_tunnel(&worker, &*socket, proxy, address, deadline);
    if (!opened) co_return std::unexpected(opened.error());
  }
  SslPointer ssl;
  if (address.tls) {
    ssl = make_client_ssl(tls.impl().context, socket->native_handle(), address.host);
    if (!ssl) co_return fail(Code::kUpstreamTls, "cannot set up TLS for this host");
    auto shaken = co_await shake_hands(worker, *socket, ssl.get(), deadline);
    if (!shaken) co_return std::unexpected(shaken.error());
  }
  auto impl = std::make_shared<Stream::Impl>(worker, std::move(*socket));
  impl->ssl = std::move(ssl);
  co_return std::make_unique<Stream>(std::move(impl));
}

}  // namespace tg::net
