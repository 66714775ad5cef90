// SPDX-License-Identifier: Apache-2.0
// Step 5: the answer goes to the client as it comes; the tap reads along. A whole answer is settled
// before it is written, a stream before its last byte: what a client has seen the end of is in the
// journal.
#include <fmt/format.h>

#include "base/log.h"
#include "base/number_text.h"
#include "gateway/call.h"
#include "gateway/keep_alive.h"
#include "gateway/refuse.h"
#include "http/body.h"
#include "http/write.h"
#include "openai/error_table.h"
#include "openai/json.h"

namespace tg::gateway {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kErrorBytesMax = 256 << 10;
// An answer's head has some 700 bytes; what is larger than this malloc does not keep at hand.
constexpr std::size_t kHeadBytesUsual = 1000;

// About the operator's account, about this hop, or said anew by us.
constexpr std::array kNotRelayed{
    "content-length"sv, "set-cookie"sv,
    "x-request-id"sv,   "openai-organization"sv,
    "openai-project"sv, "openai-processing-ms"sv,
    "alt-svc"sv,        "strict-transport-security"sv,
    "server"sv,         "date"sv,
    "location"sv,       "openai-version"sv,
    "server-timing"sv,  "x-client-request-id"sv,
};
constexpr std::array kPrefixesNotRelayed{"x-ratelimit-"sv, "access-control-"sv, "cf-"sv,
                                         "x-tollgate-"sv};

bool is_relayed(std::string_view name) {
  if (http::is_hop_by_hop(name)) return false;
  for (const auto dropped : kNotRelayed) {
    if (http::equals_ignore_case(name, dropped)) return false;
  }
  for (const auto prefix : kPrefixesNotRelayed) {
    if (http::starts_with_ignore_case(name, prefix)) return false;
  }
  return true;
}

}  // namespace

net::Task<bool> Call::relay(AnswerHead answer) {
  answer_status_ = answer.status;
  if (object_) co_return co_await relay_object(answer);
  answer_.wants_id = keeps_answer();
  answer_.keeps = kept_parts();
  if (answer.status < 200 || answer.status >= 300) co_return co_await relay_error(answer);
  if (http::starts_with_ignore_case(answer.content_type, "text/event-stream"))
    co_return co_await relay_events(answer);
  const bool small = http::starts_with_ignore_case(answer.content_type, "application/json") ||
                     http::starts_with_ignore_case(answer.content_type, "text/");
  if (small || match_.endpoint != openai::Endpoint::kSpeech) {
    co_return co_await relay_whole(answer);
  }
  co_return co_await relay_bytes(answer);
}

net::Task<bool> Call::relay_whole(AnswerHead answer) {
  auto whole = co_await read_whole(context_.options.answer_bytes_max);
  if (!whole) co_return co_await broken(whole.error());
  const bool text =
      http::starts_with_ignore_case(answer.content_type, "text/") && openai::hears(match_.endpoint);
  if (text) {
    answer_.finished = true;
    answer_.output_bytes = static_cast<std::int64_t>(answer_body_.size());
  } else {
    openai::read_answer(match_.endpoint, answer_body_, answer_);
  }
  if (!answer_.finished) {
    // The provider may count it all the same.
    settle(ledger::Outcome::kUpstreamTruncated, openai::error_row(Code::kUpstreamProtocol).status);
    co_return co_await broken({Code::kUpstreamProtocol, "the answer is not JSON"});
  }
  if (!answer_.id.empty()) note_answer();
  note_parts();
  settle(stopped() ? outcome_of(Code::kCancelled) : ledger::Outcome::kCompleted, answer.status);
  if (stopped()) co_return false;
  co_return co_await write_whole(answer);
}

net::Task<bool> Call::write_whole(AnswerHead answer) {
  append_answer_head(answer);
  append_number_field("content-length: ", answer_body_.size());
  append_connection_field();
  auto written = co_await client_.write(out_, answer_body_);
  co_return written.has_value() && keep_alive_;
}

net::Task<Result<void>> Call::read_whole(std::size_t bytes_max) {
  for (;;) {
    own_time_.pause();
    auto piece = co_await exchange_->next();
    own_time_.go_on();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return Result<void>{};
    if (answer_body_.size() + piece->size() > bytes_max) {
      co_return fail(Code::kUpstreamProtocol, "the answer is larger than allowed");
    }
    answer_body_.append(*piece);
  }
}

net::Task<bool> Call::relay_events(AnswerHead answer) {
  splitter_ = std::make_unique<http::SseSplitter>();
  chunked_ = head_.minor_version >= 1;
  keep_alive_ = keep_alive_ && chunked_;
  append_answer_head(answer);
  if (chunked_) out_.append("transfer-encoding: chunked\r\n");
  append_connection_field();
  std::string event_bytes;
  const KeepAlive::Options often{.interval = context_.options.stream_keep_alive,
                                 .chunked = chunked_};
  KeepAlive keep_alive{context_.worker, client_, out_, often};
  for (;;) {
    if (!client_gone_ && !account_.settled()) keep_alive.begin();
    auto piece = co_await exchange_->next();
    if (keep_alive.end()) co_await keep_alive.written();
    head_sent_ = head_sent_ || keep_alive.told();
    // What breaks after the terminal event is no longer the client's concern.
    if (!piece && !answer_.finished) co_return co_await broken(piece.error());
    if (!piece || piece->empty()) break;
    auto fed = splitter_->feed(*piece);
    if (!fed) co_return co_await broken(fed.error());
    event_bytes.clear();
    for (http::SseEvent event; splitter_->next(event);) {
      const auto relayed = openai::read_event(match_.endpoint, event.event, event.data,
                                              request_.usage_wanted, answer_);
      if (relayed == openai::Relay::kPass) event_bytes.append(event.raw);
    }
    // The terminal event waits for settlement, and text for the instalment that pays for it.
    if (!answer_.id.empty()) note_answer();
    // Text may come together with the end: it is held before it is settled, like any other.
    auto refusal = ended_ ? std::nullopt : account_.pass(answer_);
    if (answer_.finished && !ended_) {
      note_parts();
      settle(ledger::Outcome::kCompleted, answer.status);
    } else if (refusal) {
      co_return co_await limit_reached(*std::move(refusal));
    }
    if (chunked_) {
      http::append_chunk(out_, event_bytes);
    } else {
      out_.append(event_bytes);
    }
    if (!client_gone_ && !out_.empty()) {
      head_sent_ = true;
      auto written = co_await client_.write(out_);
      if (written) delivered_bytes_ = answer_.output_bytes;
      if (!written && !client_gone_) on_client_gone();
    }
    out_.clear();
  }
  co_return co_await end_stream(answer_.finished);
}

// The upstream has ended the stream by itself.
net::Task<bool> Call::end_stream(bool whole) {
  if (!whole) co_return co_await broken({Code::kUpstreamTruncated});
  if (client_gone_) co_return false;
  if (!chunked_) co_return false;
  head_sent_ = true;
  out_.append(http::kLastChunk);
  auto written = co_await client_.write(out_);
  co_return written.has_value() && keep_alive_;
}

// Sound, as it comes.
net::Task<bool> Call::relay_bytes(AnswerHead answer) {
  chunked_ = head_.minor_version >= 1;
  keep_alive_ = keep_alive_ && chunked_;
  append_answer_head(answer);
  if (chunked_) out_.append("transfer-encoding: chunked\r\n");
  append_connection_field();
  for (;;) {
    auto piece = co_await exchange_->next();
    if (!piece) co_return co_await broken(piece.error());
    if (piece->empty()) break;
    if (chunked_) {
      http::append_chunk(out_, *piece);
    } else {
      out_.append(*piece);
    }
    if (!client_gone_) {
      head_sent_ = true;
      auto written = co_await client_.write(out_);
      if (written) delivered_bytes_ += static_cast<std::int64_t>(piece->size());
      if (!written && !client_gone_) on_client_gone();
    }
    out_.clear();
  }
  answer_.finished = true;
  settle(ledger::Outcome::kCompleted, answer.status);
  co_return co_await end_stream(true);
}

// An upstream's error goes on in OpenAI's form; one about the operator's own credential does not go
// on at all, for its text may show a part of it.
net::Task<bool> Call::relay_error(AnswerHead answer) {
  auto whole = co_await read_whole(kErrorBytesMax);
  if (!whole && stopped()) co_return co_await broken(whole.error());
  settle(ledger::Outcome::kUpstreamError, answer.status == 401 ? 502 : answer.status);
  if (answer.status == 401) {
    log(LogLevel::kError, "provider refused the operator's credential",
        {{"call", id_text_}, {"provider", account_.admission().provider_id}});
    (void)decline(Code::kUpstreamProtocol,
                  "The provider refused the operator's credential. Your own key is fine: tell the "
                  "operator of this Tollgate.");
    co_return co_await refuse();
  }
  if (!whole || !openai::is_error_body(answer_body_)) {
    answer_body_ = openai::error_body(
        fmt::format("The provider answered with status {} and no error that can be read.",
                    answer.status),
        answer.status >= 500 ? "server_error" : "invalid_request_error", {}, {});
    answer.content_type = "application/json";
  }
  // A redirect is nothing that a client of ours should follow with its key.
  if (answer.status < 400) answer.status = 502;
  co_return co_await write_whole(answer);
}

// The exchange failed or was ended. Before the answer's head went out the client gets a plain
// error; after it, the stream ends with an error event and never looks whole.
net::Task<bool> Call::broken(Error error) {
  const auto row_code = key_revoked_ ? Code::kKeyInvalid : error.code;
  if (!ended_) settle(outcome_of(error.code), openai::error_row(row_code).status);
  co_return co_await end_with_error(row_code, {});
}

// A limit refuses the stream's next instalment: what was read and not paid for does not go out.
net::Task<bool> Call::limit_reached(ledger::Refusal refusal) {
  exchange_->cancel();
  settle(ledger::Outcome::kLimitReached, openai::error_row(refusal.code).status);
  co_return co_await end_with_error(refusal.code, std::move(refusal.message));
}

net::Task<bool> Call::end_with_error(Code code, std::string message) {
  if (client_gone_) co_return false;
  if (!head_sent_) {
    out_.clear();
    (void)decline(code, std::move(message));
    co_return co_await refuse();
  }
  if (splitter_) {
    if (message.empty()) message = openai::error_row(code).message;
    const bool responses = match_.endpoint == openai::Endpoint::kResponses ||
                           match_.endpoint == openai::Endpoint::kStoredResponses;
    const auto event = openai::error_event(responses, code, message);
    out_.clear();
    if (chunked_) {
      http::append_chunk(out_, event);
      out_.append(http::kLastChunk);
    } else {
      out_.append(event);
    }
    auto written = co_await client_.write(out_);
    (void)written;  // the connection ends either way
  }
  co_return false;
}

void Call::append_answer_head(const AnswerHead& answer) {
  out_.clear();
  out_.reserve(kHeadBytesUsual);
  http::append_status_line(out_, answer.status);
  if (answer.fields != nullptr) {
    for (const auto& field : *answer.fields) {
      if (http::equals_ignore_case(field.name, "content-type")) continue;
      if (is_relayed(field.name)) {
        out_.append(field.name).append(": ").append(field.value).append("\r\n");
      }
    }
    const auto upstream_id = answer.fields->find("x-request-id");
    if (!upstream_id.empty()) http::append_field(out_, "x-upstream-request-id", upstream_id);
  }
  if (!answer.content_type.empty()) {
    out_.append("content-type: ").append(answer.content_type).append("\r\n");
  }
  append_own_fields();
}

void Call::append_own_fields() {
  const auto now = std::chrono::steady_clock::now();
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begun_at_);
  overhead_ = own_time_.spent(now);
  first_byte_ = std::chrono::duration_cast<std::chrono::microseconds>(now - begun_at_);
  auto& metrics = context_.metrics.endpoints.at(static_cast<std::size_t>(match_.endpoint));
  metrics.first_byte.note(first_byte_);
  metrics.overhead.note(overhead_);
  out_.append("x-request-id: ").append(id_text_);
  out_.append("\r\nopenai-organization: ").append(account_.admission().organization_id);
  out_.append("\r\nopenai-version: 2020-10-01\r\n");
  append_number_field("openai-processing-ms: ", elapsed.count());
  append_number_field("x-tollgate-attempts: ", attempts_);
  append_number_field("x-tollgate-overhead-us: ", overhead_.count());
  if (const auto own = client_request_id_of(head_.fields); !own.empty()) {
    http::append_field(out_, "x-client-request-id", own);
  }
  const auto at = wall_now();
  for (const auto metric :
       {limits::Metric::kRequests, limits::Metric::kTokens, limits::Metric::kImages}) {
    if (metric == limits::Metric::kImages && !openai::makes_images(match_.endpoint)) continue;
    if (const auto rate = account_.rate_state(metric, at)) append_rate_fields(out_, *rate);
  }
  http::append_date(out_);
  const auto& settlement = account_.settlement();
  if (account_.settled() && test()) {
    append_number_field("x-tollgate-would-have-cost-nanousd: ", settlement.would_have_cost.count());
  }
  if (account_.settled()) {
    append_number_field("x-tollgate-charge-nanousd: ", settlement.charge.count());
  }
  if (account_.output_cap() > 0) {
    append_number_field("x-tollgate-output-capped: ", account_.output_cap());
  }
  if (context_.options.tell_target) append_target();
  if (route_ != nullptr && !route_->successor_of.empty()) {
    const auto warning = fmt::format("model {} is retired; {} answers in its place",
                                     route_->successor_of, account_.admission().upstream_model);
    http::append_field(out_, "x-tollgate-warning", warning);
    http::append_field(out_, "warning", fmt::format("299 tollgate \"{}\"", warning));
  }
}

void Call::append_number_field(std::string_view name, std::int64_t number) {
  out_.append(name);
  append_number(out_, number);
  out_.append("\r\n");
}

void Call::append_target() {
  // Both names are the operator's own, who may have given them any character.
  const auto append = [this](std::string_view name, std::string_view value) {
    if (http::is_field_value(value)) http::append_field(out_, name, value);
  };
  const auto& admission = account_.admission();
  append("x-tollgate-provider",
         target_ == nullptr ? admission.provider_id.view() : target_->provider->name);
  append("x-tollgate-model",
         target_ == nullptr ? admission.upstream_model : target_->upstream_model);
}

void Call::append_connection_field() {
  // An upstream that answered before it had the whole body: the rest of it is still to come.
  if (client_.body_flows()) keep_alive_ = false;
  if (!keep_alive_) out_.append("connection: close\r\n");
  out_.append("\r\n");
}

}  // namespace tg::gateway
