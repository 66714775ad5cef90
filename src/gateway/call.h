// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/snapshot.h"
#include "gateway/background.h"
#include "gateway/client.h"
#include "gateway/client_body.h"
#include "gateway/exchange.h"
#include "gateway/held_form.h"
#include "gateway/line_sink.h"
#include "gateway/own_time.h"
#include "gateway/running_calls.h"
#include "gateway/served_model.h"
#include "gateway/token_counts.h"
#include "gateway/waiting_line.h"
#include "gateway/worker_context.h"
#include "http/head.h"
#include "http/sse.h"
#include "ledger/call_account.h"
#include "ledger/refusal.h"
#include "net/task.h"
#include "net/timer_wheel.h"
#include "openai/answer_tap.h"
#include "openai/batch_lines.h"
#include "openai/endpoint.h"
#include "openai/object_answer.h"
#include "openai/object_path.h"
#include "openai/request_peek.h"

// One call's trip through the house. Each step is a file, read in this order:
//
//   authenticate.cc → read_request.cc → project_rules.cc → admit.cc → forward.cc → relay.cc →
//   settle.cc
//
// Objects that live upstream take the same way: named_objects.cc says whose they are, object.cc
// passes them on, object_list.cc lists them, batch.cc reads what a batch will ask, and training.cc
// what a fine-tuning job will train on.
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
  // `opened`: the path is open at a flat price, and metered no other way; it lives in `snapshot`.
  Call(WorkerContext& context, Client& client, const http::RequestHead& head,
       openai::ObjectMatch object, const config::OpenedPath* opened = nullptr,
       std::shared_ptr<const config::Snapshot> snapshot = nullptr);
  ~Call();

  // True if the connection can carry another request.
  [[nodiscard]] net::Task<bool> run();

 private:
  struct Refusal {
    Code code;
    std::string message;  // empty: the table's
    std::string param;
    std::optional<ledger::RateState> rate;
    const limits::Limit* limit = nullptr;  // that refused, if one did
  };

  // Of a call to an object that lives upstream.
  struct ObjectPart {
    openai::ObjectMatch match;
    config::Target target;                          // no route leads to it
    ledger::Bound bound;                            // of all lines of its input together
    ledger::Bound charge_bound;                     // the same by the organization's own prices
    std::optional<openai::Endpoint> line_endpoint;  // that all of them ask
    std::string input_file_id;                      // a batch's, a fine-tuning job's
    bool declined = false;                          // before all its lines were read
    const config::OpenedPath* opened = nullptr;
    std::unique_ptr<ClientBody> upload;  // goes up as it comes; null: `body_` is it
  };

  // read_request.cc
  [[nodiscard]] net::Task<bool> read_request();
  [[nodiscard]] bool peek_json();

  // project_rules.cc
  [[nodiscard]] bool follow_project_rules();
  [[nodiscard]] bool check_tools(const openai::RequestPeek& request, const keys::CallRules& rules);
  [[nodiscard]] bool check_tier(std::string_view tier, const keys::CallRules& rules);
  [[nodiscard]] bool choose_tier(const keys::CallRules& rules);
  [[nodiscard]] bool keep_answers();
  [[nodiscard]] bool keep_objects();
  [[nodiscard]] Result<void> check_batch_line(const openai::BatchLine& line);

  // read_form.cc
  [[nodiscard]] net::Task<bool> read_form();
  [[nodiscard]] net::Task<bool> hold_form();
  [[nodiscard]] bool peek_form();
  [[nodiscard]] bool decline_form(Error error);
  [[nodiscard]] Result<std::int64_t> sound_in(const HeldForm::File& file);
  [[nodiscard]] Result<std::string_view> whole_form();

  // named_objects.cc
  [[nodiscard]] net::Task<bool> find_named_objects();
  [[nodiscard]] net::Task<Result<std::vector<ledger::OwnedObject>>> find_own(
      std::vector<std::string> ids);
  [[nodiscard]] bool check_found(const std::vector<ledger::OwnedObject>& found);
  [[nodiscard]] bool no_such_object(std::string_view id);
  [[nodiscard]] std::vector<std::string> named_objects() const;

  // object.cc
  [[nodiscard]] net::Task<bool> read_object_request();
  [[nodiscard]] bool choose_provider();
  [[nodiscard]] net::Task<bool> relay_object(AnswerHead answer);
  [[nodiscard]] net::Task<bool> write_whole(AnswerHead answer);
  void learn(const openai::ObjectFacts& facts);
  void note(openai::ObjectKind kind, std::string_view id, bool removed = false);
  [[nodiscard]] ledger::StoredObject owned(openai::ObjectKind kind, std::string_view id) const;
  void note_answer();
  void note_parts();

  // object_list.cc
  [[nodiscard]] net::Task<bool> relay_list();
  [[nodiscard]] net::Task<Result<int>> read_own_page(std::string query, openai::ObjectPage* page);
  [[nodiscard]] net::Task<Result<std::vector<std::string>>> listed_providers();
  [[nodiscard]] net::Task<Result<void>> keep_own(openai::ObjectPage* page);

  // batch.cc
  [[nodiscard]] net::Task<bool> read_batch_input();
  class BatchLines;
  [[nodiscard]] Result<void> add_batch_line(std::string_view text);
  [[nodiscard]] net::Task<bool> read_input(CountedLines* lines, std::string_view param);
  [[nodiscard]] bool choose_work_route();
  [[nodiscard]] bool fits_limits();
  [[nodiscard]] Result<void> stop_reading();

  // training.cc
  [[nodiscard]] net::Task<bool> read_training_input();
  class TrainingLines;
  [[nodiscard]] bool bound_training(std::int64_t tokens, std::int64_t epochs);

  // admit.cc
  [[nodiscard]] bool admit();
  [[nodiscard]] bool choose_route();
  [[nodiscard]] bool choose_targets();
  [[nodiscard]] bool check_model();
  [[nodiscard]] bool reserve();
  [[nodiscard]] bool reserve_in_turn();
  [[nodiscard]] ledger::Terms terms() const;
  [[nodiscard]] const config::ChargeRule& charge_rule() const;
  [[nodiscard]] ledger::Admission admission() const;

  // wait_in_line.cc
  [[nodiscard]] bool may_wait() const noexcept;
  [[nodiscard]] net::Task<bool> wait_in_line();
  [[nodiscard]] bool look_again(bool first);

  // forward.cc
  [[nodiscard]] net::Task<bool> forward();
  [[nodiscard]] net::Task<Result<void>> written_down();
  [[nodiscard]] Result<std::unique_ptr<Exchange>> make_exchange(const config::Target* target);
  void rewrite_body(const config::Target& target);
  [[nodiscard]] std::string upstream_head(const config::Target& target,
                                          std::optional<std::uint64_t> body_bytes) const;
  void on_client_gone();
  [[nodiscard]] bool outlives_client() const noexcept;
  void cut() noexcept override;

  // relay.cc
  [[nodiscard]] net::Task<bool> relay(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_whole(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_events(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_bytes(AnswerHead answer);
  [[nodiscard]] net::Task<bool> relay_error(AnswerHead answer);
  [[nodiscard]] bool keeps_answer() const noexcept;
  [[nodiscard]] openai::Kept kept_parts() const noexcept;
  [[nodiscard]] net::Task<Result<void>> read_whole(std::size_t bytes_max);
  [[nodiscard]] net::Task<bool> broken(Error error);
  [[nodiscard]] net::Task<bool> limit_reached(ledger::Refusal refusal);
  [[nodiscard]] net::Task<bool> end_with_error(Code code, std::string message);
  [[nodiscard]] net::Task<bool> end_stream(bool whole);
  [[nodiscard]] Result<void> tap(std::string_view bytes);
  void append_answer_head(const AnswerHead& answer);
  void append_own_fields();
  void append_number_field(std::string_view name, std::int64_t number);
  void append_target();
  void append_connection_field();

  // settle.cc
  void settle(ledger::Outcome outcome, int http_status);
  [[nodiscard]] ServedModel served_model() const;
  void count_tokens();
  void read_uncounted_text();
  void compare_tokens();
  [[nodiscard]] bool goes_on() const noexcept;
  [[nodiscard]] bool is_unheard() const noexcept;
  void go_on();
  [[nodiscard]] ledger::OpenWork work() const;
  void hand_over();
  void count(std::chrono::microseconds duration) noexcept;
  [[nodiscard]] ledger::Outcome outcome_of(Code code) const noexcept;

  // call_line.cc
  void say() noexcept;

  // refuse.cc
  [[nodiscard]] bool decline_for(ledger::Refusal refusal);
  [[nodiscard]] bool decline(Code code, std::string message = {}, std::string param = {});
  [[nodiscard]] net::Task<bool> refuse();

  // As a whole, and not its input.
  [[nodiscard]] bool reads_response() const noexcept {
    return object_->match.kind == openai::ObjectKind::kResponse &&
           object_->match.act == openai::ObjectAct::kRead &&
           head_.path.ends_with(object_->match.id);
  }
  [[nodiscard]] bool test() const noexcept { return key_->kind == keys::KeyKind::kTest; }
  [[nodiscard]] bool makes_batch() const noexcept {
    return object_ && object_->match.kind == openai::ObjectKind::kBatch &&
           object_->match.act == openai::ObjectAct::kMake;
  }
  [[nodiscard]] bool makes_training() const noexcept {
    return object_ && object_->match.kind == openai::ObjectKind::kFineTuningJob &&
           object_->match.act == openai::ObjectAct::kMake;
  }
  // Which the provider lists.
  [[nodiscard]] bool makes_work() const noexcept { return makes_batch() || makes_training(); }
  // With which the upstream goes on when it has answered.
  [[nodiscard]] bool begins_work() const noexcept {
    const bool response = request_.background && match_.endpoint == openai::Endpoint::kResponses;
    return !test() && (makes_work() || response);
  }
  [[nodiscard]] bool keeps_caller() const noexcept {
    return key_ == nullptr || keys::keeps_caller(key_->project->retention());
  }
  [[nodiscard]] bool stopped() const noexcept { return client_gone_ || key_revoked_; }

  WorkerContext& context_;
  Client& client_;
  const http::RequestHead& head_;
  const openai::EndpointMatch match_;
  const SteadyTime begun_at_;
  OwnTime own_time_;
  Refusal refusal_{.code = Code::kInternal, .message = {}, .param = {}, .rate = {}};
  WaitingLine::Place* place_ = nullptr;  // while it waits
  std::chrono::microseconds queued_{};

  // Known after each step.
  keys::Key* key_ = nullptr;  // authenticate
  std::string_view body_;     // read_request; of a form, only where the sandbox asks for it
  std::unique_ptr<HeldForm> form_;
  std::string form_copy_;
  openai::RequestPeek request_;
  bool body_read_ = false;
  openai::Rewrite forced_;                            // project_rules: what the project says
  std::shared_ptr<const config::Snapshot> snapshot_;  // admit
  const config::Route* route_ = nullptr;              // null: the sandbox
  std::shared_ptr<const config::Model> model_;        // whose prices hold; null: unpriced sandbox
  std::span<const config::Target> targets_;           // in the order of asking; empty: the sandbox
  std::string pinned_provider_;  // that has the objects which the request names; empty: none named
  std::unique_ptr<ObjectPart> object_;  // null: a model is asked
  ledger::CallAccount account_;
  std::string id_text_;

  std::string rewritten_body_;              // forward
  const config::Target* target_ = nullptr;  // that was asked last; null: the sandbox, or none
  std::unique_ptr<BodySource> source_;
  std::unique_ptr<Exchange> exchange_;
  int attempts_ = 0;  // targets that were asked
  bool client_gone_ = false;
  std::int64_t delivered_bytes_ = 0;  // of the answer's text that the client was given
  bool key_revoked_ = false;
  net::Timer grace_;

  TokenCounts counts_;
  openai::Answer answer_;  // relay
  int answer_status_ = 0;
  std::chrono::microseconds first_byte_{};
  std::chrono::microseconds overhead_{};
  std::string answer_body_;
  std::string out_;
  std::unique_ptr<http::SseSplitter> splitter_;
  bool head_sent_ = false;
  bool ended_ = false;         // settled, or its work goes on
  bool answer_noted_ = false;  // whose it is
  bool chunked_ = false;
  bool keep_alive_ = true;
  bool declined_ = false;  // the client got an error of ours
};

}  // namespace tg::gateway
