// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gateway/worker_context.h"
#include "http/body.h"
#include "http/head.h"
#include "net/stream.h"
#include "net/task.h"

// A client's connection: reads heads and bodies, writes answers, one request after the other.
//
// Threading:  its worker's.
// Lifetime:   a head's views hold until release_request(); a body's, too.
// Limits:     Options; a head has a deadline as a whole, so dripping bytes gains nothing.
// Errors:     as http/head.h and http/body.h; kRequestTimeout; kClosed.
namespace tg::gateway {

class Client {
 public:
  Client(WorkerContext& context, std::unique_ptr<net::Stream> stream, std::string peer_address);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Over TLS, the handshake; else nothing. Errors as Stream::shake_hands().
  [[nodiscard]] net::Task<Result<void>> shake_hands();
  // Idles until a request begins, holding as little as it can; kClosed where none comes.
  [[nodiscard]] net::Task<Result<void>> wait_for_request();
  [[nodiscard]] net::Task<Result<void>> read_head(http::RequestHead* head);
  // The whole body, decoded.
  [[nodiscard]] net::Task<Result<std::string_view>> read_body(const http::RequestHead* head,
                                                              std::size_t bytes_max);
  // Or the body as it comes, decoded: begun once, then read until a piece is empty. Pieces are
  // valid until the next one; the client is asked to go on (100-continue) by the first that is not
  // there already.
  void begin_body(const http::RequestHead& head);
  [[nodiscard]] net::Task<Result<std::string_view>> read_piece();
  // Ends what read_piece() awaits: kRequestTimeout.
  void abandon_read() noexcept { stream_->abandon_read(); }
  // Counts so many bytes of its body that are in memory until the request is released; false where
  // the worker's bodies are too many already.
  [[nodiscard]] bool hold_body(std::size_t bytes) noexcept;
  // Some of a body that was begun is still to come; no other request can follow.
  [[nodiscard]] bool body_flows() const noexcept { return body_flows_; }
  // Ready for the next request, which may have come in already.
  void release_request() noexcept;

  [[nodiscard]] net::Task<Result<void>> write(std::string_view first, std::string_view second = {});

  // After a refusal that did not read the whole request: lets the client read the answer before the
  // connection goes, for a close with bytes unread would take the answer with it.
  [[nodiscard]] net::Task<void> linger();

  // While a call runs: notices that the client goes away.
  void watch(std::move_only_function<void()> on_gone);
  void stop_watching() noexcept;

  [[nodiscard]] const std::string& peer_address() const noexcept { return peer_address_; }
  [[nodiscard]] bool over_tls() const noexcept { return stream_->over_tls(); }
  // Its certificate, against those that are trusted. What was accepted is remembered for as long as
  // it holds, so that only the first call of a connection has it verified.
  [[nodiscard]] net::ClientVerdict verify(const ClientTrustPointer& trust);
  // Where its calls come from, as their keys remember it.
  [[nodiscard]] const keys::Origin* origin(std::string_view user_agent);
  [[nodiscard]] bool idle() const noexcept { return idle_; }
  void close() noexcept { stream_->close(); }

 private:
  // The next bytes, valid until the next call or the buffer's release.
  [[nodiscard]] net::Task<Result<std::string_view>> read_more(SteadyTime deadline);
  void take_input(std::string_view bytes);
  void release_body() noexcept;
  void end_body();
  void gone();

  WorkerContext& context_;
  std::unique_ptr<net::Stream> stream_;
  std::string peer_address_;
  ClientTrustPointer accepted_by_;  // whose verdict is remembered
  net::ClientVerdict accepted_;
  std::string user_agent_;  // of the last call
  const keys::Origin* origin_ = nullptr;
  net::Buffer buffer_;        // of read_more()
  std::string input_;         // the head, what came with it, and then perhaps the next request
  std::size_t consumed_ = 0;  // of input_
  std::string body_;
  std::size_t body_held_ = 0;  // of it, counted in the worker's context
  http::BodyDecoder decoder_{http::Framing::kNone, 0};
  std::string_view undecoded_;  // of the body that flows
  bool body_flows_ = false;
  bool continue_owed_ = false;  // the client waits to be told that its body is wanted
  std::string pipelined_;       // what came behind a body
  std::move_only_function<void()> on_gone_;
  bool idle_ = true;  // between requests, with nothing of the next one read
};

}  // namespace tg::gateway
