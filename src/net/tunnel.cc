// SPDX-License-Identifier: Apache-2.0
#include "net/tunnel.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/encoding.h"
#include "net/socket_wait.h"

namespace tg::net {
namespace {

constexpr std::size_t kAnswerBytesMax = 8 << 10;

std::string connect_request(const Proxy& proxy, const UpstreamAddress& upstream) {
  const bool ipv6 = upstream.host.contains(':');
  const auto authority =
      fmt::format("{}{}{}:{}", ipv6 ? "[" : "", upstream.host, ipv6 ? "]" : "", upstream.port);
  auto request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
  if (!proxy.credentials().empty()) {
    auto encoded = to_base64(proxy.credentials().reveal());
    request.reserve(request.size() + encoded.size() + 64);  // so that no copy of it is left behind
    request.append("Proxy-Authorization: Basic ").append(encoded).append("\r\n");
    wipe(encoded);
  }
  return request.append("\r\n");
}

Error wait_error(const Error& error) {
  if (error.code == Code::kTimedOut) {
    return {Code::kUpstreamTimeout, "the proxy does not answer in time"};
  }
  return {Code::kUpstreamUnreachable, "the proxy broke off"};
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

Task<Result<void>> send_all(Worker* worker, int socket, std::string_view bytes,
                            SteadyTime deadline) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (!would_block(errno))
      co_return fail(Code::kUpstreamUnreachable, "the proxy broke off", errno);
    auto ready = co_await until_ready(worker, socket, EPOLLOUT, deadline);
    if (!ready) co_return std::unexpected(wait_error(ready.error()));
  }
  co_return Result<void>{};
}

// Up to its blank line, and no byte more: what follows is the upstream's.
Task<Result<std::string>> read_answer(Worker* worker, int socket, SteadyTime deadline) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    if (head.size() >= kAnswerBytesMax) {
      co_return fail(Code::kUpstreamUnreachable, "the proxy's answer is too long");
    }
    std::array<char, 1> byte{};
    const auto got = ::recv(socket, byte.data(), byte.size(), 0);
    if (got > 0) {
      head.append(byte.data(), 1);
      continue;
    }
    if (got == 0) co_return fail(Code::kUpstreamUnreachable, "the proxy closed the connection");
    if (!would_block(errno))
      co_return fail(Code::kUpstreamUnreachable, "the proxy broke off", errno);
    auto ready = co_await until_ready(worker, socket, EPOLLIN, deadline);
    if (!ready) co_return std::unexpected(wait_error(ready.error()));
  }
  co_return head;
}

}  // namespace

Result<void> judge_tunnel_answer(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kStatusAt = 9;
  const bool http = head.starts_with(kVersion) && head.size() > kStatusAt + 3 && head[8] == ' ';
  if (!http) return fail(Code::kUpstreamUnreachable, "the proxy does not speak HTTP");
  const auto status = head.substr(kStatusAt, 3);
  if (status.front() == '2') return {};
  if (status == "407") {
    return fail(Code::kUpstreamUnreachable, "the proxy asks for a name and a password, or others");
  }
  if (status == "403") return fail(Code::kUpstreamUnreachable, "the proxy forbids this provider");
  return fail(Code::kUpstreamUnreachable, "the proxy cannot reach the provider");
}

Task<Result<void>> open_tunnel(Worker* worker, int socket, const Proxy* proxy,
                               UpstreamAddress upstream, SteadyTime deadline) {
  auto request = connect_request(*proxy, upstream);
  auto sent = co_await send_all(worker, socket, request, deadline);
  wipe(request);
  if (!sent) co_return sent;
  const auto head = co_await read_answer(worker, socket, deadline);
  if (!head) co_return std::unexpected(head.error());
  co_return judge_tunnel_answer(*head);
}

}  // namespace tg::net
