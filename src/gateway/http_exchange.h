// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/body_source.h"
#include "gateway/exchange.h"
#include "gateway/options.h"
#include "gateway/upstream_pool.h"
#include "http/body.h"
#include "net/recycled.h"

// An exchange over HTTP/1.1. A connection that idled may have been closed just as the request went
// out; then, and only if not a byte of an answer came, the request is sent once more on a new one.
// A body that flows from a source that cannot be read twice gets a new connection at once, and so
// does what must not be done twice.
//
// An upstream may answer before it has the whole of a source's body: then the rest is not sent, the
// source is cancelled, and the answer is an answer like any other. What goes wrong with the source
// ends the exchange with the source's own error.
namespace tg::gateway {

class HttpExchange final : public Exchange, public net::Recycled {
 public:
  // `head` holds the credential: it is wiped when the request has gone out. `body` stays valid as
  // long as the exchange.
  HttpExchange(UpstreamPool& pool, const Options& options,
               std::shared_ptr<const config::Provider> provider, std::string head,
               std::string_view body);
  // `head` says "Content-Length: N" where the source knows its size, else "Transfer-Encoding:
  // chunked". `source` outlives the exchange.
  HttpExchange(UpstreamPool& pool, const Options& options,
               std::shared_ptr<const config::Provider> provider, std::string head,
               BodySource* source);
  ~HttpExchange() override;

  // Before begin().
  void do_once() noexcept { once_ = true; }

  net::Task<Result<AnswerHead>> begin() override;
  net::Task<Result<std::string_view>> next() override;
  bool sent() const noexcept override { return sent_; }
  void cancel() noexcept override;

 private:
  net::Task<Result<void>> send_and_wait();
  net::Task<Result<void>> send();
  net::Task<Result<void>> send_source();
  net::Task<Result<void>> read_head();
  net::Task<Result<std::string_view>> read_more();
  [[nodiscard]] Result<bool> take_head(std::string_view bytes);
  [[nodiscard]] Result<bool> parse_head();
  void listen();
  [[nodiscard]] bool take_early();
  [[nodiscard]] std::string_view frame(std::size_t piece_bytes);
  void keep_connection();

  UpstreamPool& pool_;
  const Options& options_;
  std::shared_ptr<const config::Provider> provider_;
  std::string request_head_;
  std::string_view request_body_;
  BodySource* source_ = nullptr;
  std::string frame_;  // what stands around a chunk

  std::unique_ptr<UpstreamConnection> connection_;
  std::string head_bytes_;  // the answer's head, which the fields point into
  http::ResponseHead head_;
  http::BodyDecoder decoder_{http::Framing::kNone, 0};
  net::Buffer buffer_;
  std::string_view input_;  // read and not yet decoded
  int interim_answers_ = 0;
  bool body_sent_ = true;
  // What the upstream said while the body was still being sent, if that decides the exchange.
  std::optional<Result<void>> early_;
  bool heard_ = false;  // the upstream has said something
  bool sent_ = false;   // and was told something
  bool once_ = false;
  bool cancelled_ = false;
};

}  // namespace tg::gateway
