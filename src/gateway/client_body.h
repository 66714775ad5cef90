// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "gateway/body_source.h"
#include "gateway/client.h"

// A client's body as it comes, unchanged, in constant memory:
//
//   ClientBody body{client, head, options.upload_bytes_max};
//   if (body.too_large()) refuse;                 // where its length says so beforehand
//   client.watch(…);
//   HttpExchange exchange{…, std::move(upstream_head), &body};
//
// The client is read only when the upstream takes more, and is told to go on (Expect: 100-continue)
// by the first read.
// Afterwards Client::body_flows() says whether some of it was never read: an upstream that answers
// early is relayed, and the connection can carry no other request.
//
// Threading:  its worker's.
// Limits:     one buffer of the worker's; `bytes_max` of body, 413 beyond it.
namespace tg::gateway {

class ClientBody final : public BodySource {
 public:
  ClientBody(Client& client, const http::RequestHead& head, std::uint64_t bytes_max);

  [[nodiscard]] bool too_large() const noexcept { return size_.value_or(0) > bytes_max_; }

  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return size_; }
  [[nodiscard]] net::Task<Result<std::string_view>> next() override;
  [[nodiscard]] bool is_held() const noexcept override { return false; }
  [[nodiscard]] bool rewind() noexcept override;
  void cancel() noexcept override;

 private:
  Client& client_;
  const std::optional<std::uint64_t> size_;
  const std::uint64_t bytes_max_;
  std::uint64_t passed_ = 0;
  bool begun_ = false;
  bool reading_ = false;
  bool cancelled_ = false;
};

}  // namespace tg::gateway
