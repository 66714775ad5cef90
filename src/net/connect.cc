// SPDX-License-Identifier: Apache-2.0
#include "net/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "net/address_rules.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "net/socket_wait.h"
#include "net/stream_impl.h"
#include "net/tunnel.h"

namespace tg::net {
namespace {

Error connection_error(const Error& error) {
  if (error.code == Code::kTimedOut) return {Code::kUpstreamTimeout, "no connection in time"};
  return {Code::kUpstreamUnreachable, "cannot connect", error.system_errno};
}

Error refuse_address(const std::string& host, const Endpoint& endpoint) {
  log(LogLevel::kWarning, "provider's address refused",
      {{"host", host}, {"address", endpoint.host()}});
  if (address_kind(endpoint.address()) == AddressKind::kPrivate) {
    return {Code::kUpstreamUnreachable,
            "a public name leads to a private address; give the address itself as the base URL"};
  }
  return {Code::kUpstreamUnreachable, "the name leads to an address that no provider may have"};
}

// What stands at the other end of a TCP connection.
enum class Peer : std::uint8_t { kProvider, kProxy };

// A look-up and who waits for it, who may give up first.
struct LookUp {
  explicit LookUp(Worker& worker) : pause{worker} {}
  Pause pause;
  bool waits = true;
  std::optional<Result<std::vector<Endpoint>>> found;
};

Task<Result<std::vector<Endpoint>>> look_up(Worker* worker, UpstreamAddress address,
                                            SteadyTime deadline) {
  if (const auto endpoint = numeric_endpoint(address.host, address.port)) {
    co_return std::vector<Endpoint>{*endpoint};
  }
  auto asked = std::make_shared<LookUp>(*worker);
  worker->loop().resolver.look_up(address.host, address.port,
                                  [asked](Result<std::vector<Endpoint>> found) {
                                    asked->found = std::move(found);
                                    if (asked->waits) asked->pause.wake();
                                  });
  (void)co_await asked->pause.until(deadline);
  asked->waits = false;
  if (!asked->found) co_return fail(Code::kUpstreamTimeout, "no connection in time");
  co_return std::move(*asked->found);
}

Task<Result<FileDescriptor>> connect_to(Worker* worker, Endpoint endpoint, SteadyTime deadline) {
  FileDescriptor socket{
      ::socket(endpoint.address().sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const auto failed = [](int error) {
    return fail(Code::kUpstreamUnreachable, "cannot connect", error);
  };
  if (!socket.valid()) co_return failed(errno);
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), &endpoint.address(), endpoint.size) == 0) co_return socket;
  if (errno != EINPROGRESS) co_return failed(errno);
  auto ready = co_await until_ready(worker, socket.get(), EPOLLOUT, deadline);
  if (!ready) co_return std::unexpected(connection_error(ready.error()));
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) co_return failed(error);
  co_return socket;
}

Task<Result<FileDescriptor>> connect_tcp(Worker* worker, UpstreamAddress address, Peer peer,
                                         SteadyTime deadline) {
  const auto found = co_await look_up(worker, address, deadline);
  if (!found) co_return std::unexpected(found.error());
  Error refused{Code::kUpstreamUnreachable, "the name leads to no address"};
  std::optional<Error> failed;  // of what was tried, which says more than what was refused
  for (const auto& endpoint : *found) {
    if (peer == Peer::kProvider && !may_connect(address.host, endpoint.address())) {
      refused = refuse_address(address.host, endpoint);
      continue;
    }
    auto connected = co_await connect_to(worker, endpoint, deadline);
    if (connected) co_return connected;
    failed = connected.error();
    if (failed->code == Code::kUpstreamTimeout) break;
  }
  co_return std::unexpected(failed.value_or(refused));
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

Task<Result<void>> shake_hands(Worker* worker, int socket, SSL* ssl, SteadyTime deadline) {
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
    const std::uint32_t wanted = why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
    auto ready = co_await until_ready(worker, socket, wanted, deadline);
    if (!ready) co_return std::unexpected(connection_error(ready.error()));
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
  auto socket = co_await connect_tcp(&worker, first_hop, peer, deadline);
  if (!socket) co_return std::unexpected(socket.error());
  if (tunnels) {
    auto opened = co_await open_tunnel(&worker, socket->get(), proxy, address, deadline);
    if (!opened) co_return std::unexpected(opened.error());
  }
  SslPointer ssl;
  if (address.tls) {
    ssl = make_client_ssl(tls.impl().context, socket->get(), address.host);
    if (!ssl) co_return fail(Code::kUpstreamTls, "cannot set up TLS for this host");
    auto shaken = co_await shake_hands(&worker, socket->get(), ssl.get(), deadline);
    if (!shaken) co_return std::unexpected(shaken.error());
  }
  auto impl = std::make_shared<Stream::Impl>(worker, std::move(*socket));
  impl->ssl = std::move(ssl);
  co_return std::make_unique<Stream>(std::move(impl));
}

}  // namespace tg::net
