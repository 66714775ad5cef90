// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gateway/exchange.h"
#include "gateway/options.h"
#include "gateway/upstream_pool.h"
#include "http/body.h"

// An exchange over HTTP/1.1. A connection that idled may have been closed just as the request went
// out; then, and only if not a byte of an answer came, the request is sent once more on a new one.
namespace tg::gateway {

class HttpExchange final : public Exchange {
 public:
  // `head` holds the credential: it is wiped when the request has gone out. `body` stays valid as
  // long as the exchange.
  HttpExchange(UpstreamPool& pool, const Options& options,
               std::shared_ptr<const config::Provider> provider, std::string head,
               std::string_view body);
  ~HttpExchange() override;

  net::Task<Result<AnswerHead>> begin() override;
  net::Task<Result<std::string_view>> next() override;
  void cancel() noexcept override;

 private:
  net::Task<Result<void>> send_and_wait();
  net::Task<Result<void>> read_head();
  net::Task<Result<std::string_view>> read_more();
  [[nodiscard]] Result<bool> parse_head();
  void keep_connection();

  UpstreamPool& pool_;
  const Options& options_;
  std::shared_ptr<const config::Provider> provider_;
  std::string request_head_;
  std::string_view request_body_;

  std::unique_ptr<UpstreamConnection> connection_;
  std::string head_bytes_;  // the answer's head, which the fields point into
  http::ResponseHead head_;
  http::BodyDecoder decoder_{http::Framing::kNone, 0};
  net::Buffer buffer_;
  std::string_view input_;  // of the buffer, what is not yet decoded
  bool heard_ = false;      // the upstream has said something
  bool cancelled_ = false;
};

}  // namespace tg::gateway
