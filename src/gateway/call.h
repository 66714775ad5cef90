// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/snapshot.h"
#include "gateway/client.h"
#include "gateway/exchange.h"
#include "gateway/held_form.h"
#include "gateway/own_time.h"
#include "gateway/running_calls.h"
#include "gateway/worker_context.h"
#include "http/head.h"
#include "http/sse.h"
#include "ledger/call_account.h"
#include "ledger/refusal.h"
#include "net/task.h"
#include "net/timer_wheel.h"
#include "openai/answer_tap.h"
#include "openai/endpoint.h"
#include "openai/request_peek.h"

// One call's trip through the house. Each step is a file, read in this order:
//
//   authenticate.cc → read_request.cc → admit.cc → forward.cc → relay.cc → settle.cc
//
// No step goes back. A step that declines says why in `refusal_`, and refuse.cc tells the client.
//
// Threading:  its worker's.
// Lifetime:   lives in its connection's frame; the head's views hold as long.
// Invariant:  a call that was admitted is settled, whatever happens, exactly once.
namespace tg::gateway {

class Call final : private RunningCall {
 public:
  Call(WorkerContext& context, Client& client, const http::RequestHead& head,
       openai::EndpointMatch match);
  ~Call();

  // True if the connection can carry another request.
  [[nodiscard]] net::Task<bool> run();

 private:
  struct Refusal {
    Code code;
    std::string message;  // empty: the table's
    std::string param;
    std::optional<ledger::RateState> rate;
  };

  // read_request.cc
  [[nodiscard]] net::Task<bool> read_request();
  [[nodiscard]] bool peek_json();

  // read_form.cc
  [[nodiscard]] net::Task<bool> read_form();
  [[nodiscard]] net::Task<bool> hold_form();
  [[nodiscard]] bool peek_form();
  [[nodiscard]] bool decline_form(Error error);
  [[nodiscard]] Result<std::int64_t> sound_in(const HeldForm::File& file);
  [[nodiscard]] Result<std::string_view> whole_form();

  // admit.cc
  [[nodiscard]] bool admit();
  [[nodiscard]] bool choose_route();
  [[nodiscard]] bool check_model();
  [[nodiscard]] bool reserve();
  [[nodiscard]] ledger::Admission admission() const;

  // forward.cc
  [[nodiscard]] net::Task<bool> forward();
  [[nodiscard]] net::Task<Result<void>> written_down();
  [[nodiscard]] Result<std::unique_ptr<Exchange>> make_exchange(const config::Target* target);
  void rewrite_body(const config::Target& target);
  [[nodiscard]] std::string upstream_head(const config::Target& target,
                                          std::uint64_t body_bytes) const;
  void on_client_gone();
  void cut() noexcept override;

  // relay.cc
  [[nodiscard]] net::Task<bool> relay(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_whole(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_events(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_bytes(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_error(AnswerHead answer);
  [[nodiscard]] net::Task<Result<void>> read_whole(std::size_t bytes_max);
  [[nodiscard]] net::Task<bool> broken(Error error);
  [[nodiscard]] net::Task<bool> limit_reached(ledger::Refusal refusal);
  [[nodiscard]] net::Task<bool> end_with_error(Code code, std::string message);
  [[nodiscard]] net::Task<bool> end_stream(bool whole);
  [[nodiscard]] Result<void> tap(std::string_view bytes);
  void append_answer_head(const AnswerHead& answer);
  void append_own_fields();
  void append_connection_field();

  // settle.cc
  void settle(ledger::Outcome outcome, int http_status);
  void count(std::chrono::microseconds duration) noexcept;
  [[nodiscard]] ledger::Outcome outcome_of(Code code) const noexcept;

  // refuse.cc
  [[nodiscard]] bool decline(Code code, std::string message = {}, std::string param = {});
  [[nodiscard]] net::Task<bool> refuse();

  [[nodiscard]] bool test() const noexcept { return key_->kind == keys::KeyKind::kTest; }
  [[nodiscard]] bool stopped() const noexcept { return client_gone_ || key_revoked_; }

  WorkerContext& context_;
  Client& client_;
  const http::RequestHead& head_;
  const openai::EndpointMatch match_;
  const SteadyTime begun_at_;
  OwnTime own_time_;
  Refusal refusal_{.code = Code::kInternal, .message = {}, .param = {}, .rate = {}};

  // Known after each step.
  keys::Key* key_ = nullptr;  // authenticate
  std::string_view body_;     // read_request; of a form, only where the sandbox asks for it
  std::unique_ptr<HeldForm> form_;
  std::string form_copy_;
  openai::RequestPeek request_;
  bool body_read_ = false;
  std::shared_ptr<const config::Snapshot> snapshot_;  // admit
  const config::Route* route_ = nullptr;              // null: the sandbox
  std::shared_ptr<const config::Model> model_;        // whose prices hold; null: unpriced sandbox
  ledger::CallAccount account_;
  std::string id_text_;

  std::string rewritten_body_;  // forward
  std::unique_ptr<BodySource> source_;
  std::unique_ptr<Exchange> exchange_;
  int attempts_ = 0;  // targets that were asked
  bool client_gone_ = false;
  bool key_revoked_ = false;
  net::Timer grace_;

  openai::Answer answer_;  // relay
  int answer_status_ = 0;
  std::string answer_body_;
  std::string out_;
  std::unique_ptr<http::SseSplitter> splitter_;
  bool head_sent_ = false;
  bool chunked_ = false;
  bool keep_alive_ = true;
};

}  // namespace tg::gateway
