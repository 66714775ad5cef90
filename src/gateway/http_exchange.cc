// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_exchange.h"

#include <utility>

#include "base/secret_bytes.h"

namespace tg::gateway {
namespace {

constexpr int kInterimAnswersMax = 8;  // 1xx: an upstream that sends more is not answering

}  // namespace

HttpExchange::HttpExchange(UpstreamPool& pool, const Options& options,
                           std::shared_ptr<const config::Provider> provider, std::string head,
                           std::string_view body)
    : pool_{pool},
      options_{options},
      provider_{std::move(provider)},
      request_head_{std::move(head)},
      request_body_{body},
      buffer_{pool.buffers()} {}

HttpExchange::~HttpExchange() { wipe(request_head_); }

net::Task<Result<AnswerHead>> HttpExchange::begin() {
  connection_ = pool_.take_idle(*provider_);
  auto answered = co_await send_and_wait();
  const bool stale = !answered && answered.error().code == Code::kUpstreamTruncated &&
                     connection_ && connection_->reused && !heard_;
  if (stale && !cancelled_) {
    connection_.reset();
    answered = co_await send_and_wait();
  }
  wipe(request_head_);
  if (!answered) {
    connection_.reset();
    co_return std::unexpected(answered.error());
  }
  decoder_ = http::BodyDecoder{head_.framing, head_.content_length, Code::kUpstreamProtocol};
  AnswerHead answer;
  answer.status = head_.status;
  answer.content_type = head_.fields.find("content-type");
  answer.fields = &head_.fields;
  co_return answer;
}

net::Task<Result<void>> HttpExchange::send_and_wait() {
  if (!connection_) {
    const auto deadline = std::chrono::steady_clock::now() + options_.connect_timeout;
    auto connected = co_await pool_.connect(provider_, deadline);
    if (cancelled_) co_return fail(Code::kCancelled);
    if (!connected) co_return std::unexpected(connected.error());
    connection_ = std::move(*connected);
  }
  const auto deadline = std::chrono::steady_clock::now() + options_.answer_idle_timeout;
  auto sent = co_await connection_->stream->write(request_head_, request_body_, deadline);
  if (cancelled_) co_return fail(Code::kCancelled);
  // An upstream may answer, and close, before it took the whole body: its answer is read first.
  if (!sent && sent.error().code == Code::kTimedOut) co_return fail(Code::kUpstreamTimeout);
  co_return co_await read_head();
}

net::Task<Result<void>> HttpExchange::read_head() {
  const auto deadline = std::chrono::steady_clock::now() + options_.first_byte_timeout;
  int interim_answers = 0;
  for (;;) {
    auto bytes = co_await connection_->stream->read_some(buffer_, deadline);
    if (cancelled_) co_return fail(Code::kCancelled);
    if (!bytes && bytes.error().code == Code::kTimedOut) co_return fail(Code::kUpstreamTimeout);
    if (!bytes) co_return fail(Code::kUpstreamTruncated, "closed before an answer");
    heard_ = true;
    input_ = *bytes;
    auto complete = parse_head();
    while (complete && *complete && head_.status < 200) {
      if (++interim_answers > kInterimAnswersMax) co_return fail(Code::kUpstreamProtocol);
      head_bytes_.clear();
      complete = parse_head();
    }
    if (!complete) co_return std::unexpected(complete.error());
    if (*complete) co_return Result<void>{};
  }
}

// Takes the head out of the input; false when more bytes are needed.
Result<bool> HttpExchange::parse_head() {
  // The head is copied, because the buffer it came in is read into again while it is still needed.
  const auto before = head_bytes_.size();
  head_bytes_.append(input_);
  TG_TRY(const auto head_size, http::parse_response_head(head_bytes_, "POST", head_));
  if (head_size == 0) {
    if (head_bytes_.size() > http::kHeadBytesMax) return fail(Code::kUpstreamProtocol);
    input_ = {};
    return false;
  }
  input_.remove_prefix(head_size - before);
  head_bytes_.resize(head_size);
  return true;
}

net::Task<Result<std::string_view>> HttpExchange::next() {
  for (;;) {
    if (!connection_) co_return std::string_view{};
    auto step = decoder_.next(input_);
    if (!step) co_return std::unexpected(step.error());
    input_.remove_prefix(step->consumed);
    if (step->done && step->data.empty()) keep_connection();
    if (!step->data.empty()) co_return step->data;
    if (step->done) co_return std::string_view{};
    if (step->consumed > 0) continue;
    auto bytes = co_await read_more();
    if (!bytes) co_return std::unexpected(bytes.error());
    if (bytes->empty()) co_return std::string_view{};
    input_ = *bytes;
  }
}

// Empty where the body ends with the connection.
net::Task<Result<std::string_view>> HttpExchange::read_more() {
  const auto deadline = std::chrono::steady_clock::now() + options_.answer_idle_timeout;
  auto bytes = co_await connection_->stream->read_some(buffer_, deadline);
  if (cancelled_) co_return fail(Code::kCancelled);
  if (bytes) co_return bytes;
  connection_.reset();
  if (bytes.error().code == Code::kTimedOut) co_return fail(Code::kUpstreamTimeout);
  auto ended = decoder_.end_of_input();
  if (!ended) co_return fail(Code::kUpstreamTruncated, "closed in the middle of its answer");
  co_return std::string_view{};
}

void HttpExchange::keep_connection() {
  if (head_.keep_alive && input_.empty() && head_.framing != http::Framing::kUntilClose) {
    pool_.give_back(*provider_, std::move(connection_));
  }
  connection_.reset();
}

void HttpExchange::cancel() noexcept {
  cancelled_ = true;
  if (connection_) connection_->stream->close();
}

}  // namespace tg::gateway
