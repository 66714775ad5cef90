// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "gateway/body_source.h"
#include "gateway/client.h"
#include "gateway/worker_context.h"
#include "net/timer_wheel.h"

// A client's body as it comes, unchanged, in constant memory:
//
//   ClientBody body{context, client, head, options.upload_bytes_max};
//   if (body.too_large()) refuse;                 // where its length says so beforehand
//   client.watch(…);                              // after the body was made, never before
//   HttpExchange exchange{…, std::move(upstream_head), &body};
//
// The client is read only when the upstream takes more, and is told to go on (Expect: 100-continue)
// by the first read. While nobody reads, the kernel is asked every 25 ms whether it is still there.
// Afterwards Client::body_flows() says whether some of it was never read: an upstream that answers
// early is relayed, and the connection can carry no other request.
//
// Threading:  its worker's.
// Limits:     64 KiB of buffer; `bytes_max` of body, 413 beyond it.
namespace tg::gateway {

class ClientBody final : public BodySource {
 public:
  ClientBody(WorkerContext& context, Client& client, const http::RequestHead& head,
             std::uint64_t bytes_max);

  [[nodiscard]] bool too_large() const noexcept { return size_.value_or(0) > bytes_max_; }

  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return size_; }
  [[nodiscard]] net::Task<Result<std::string_view>> next() override;
  [[nodiscard]] bool is_held() const noexcept override { return false; }
  [[nodiscard]] bool rewind() noexcept override;
  void cancel() noexcept override;

 private:
  static constexpr std::size_t kBufferBytes = 64 << 10;  // four TLS records

  void look();

  Client& client_;
  const std::optional<std::uint64_t> size_;
  const std::uint64_t bytes_max_;
  std::uint64_t passed_ = 0;
  std::unique_ptr<std::array<char, kBufferBytes>> buffer_;
  bool begun_ = false;
  bool reading_ = false;
  bool cancelled_ = false;
  net::Timer look_;
};

}  // namespace tg::gateway
