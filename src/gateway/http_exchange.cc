// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_exchange.h"

#include <fmt/format.h>

#include <utility>

#include "base/secret_bytes.h"
#include "net/coarse_clock.h"

namespace tg::gateway {
namespace {

constexpr int kInterimAnswersMax = 8;  // 1xx: an upstream that sends more is not answering
constexpr std::string_view kBlankLine = "\r\n\r\n";

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

HttpExchange::HttpExchange(UpstreamPool& pool, const Options& options,
                           std::shared_ptr<const config::Provider> provider, std::string head,
                           BodySource* source)
    : HttpExchange{pool, options, std::move(provider), std::move(head), std::string_view{}} {
  source_ = source;
}

HttpExchange::~HttpExchange() { wipe(request_head_); }

net::Task<Result<AnswerHead>> HttpExchange::begin() {
  if (!once_ && (source_ == nullptr || source_->is_held()))
    connection_ = pool_.take_idle(*provider_);
  auto answered = co_await send_and_wait();
  const bool stale = !answered && answered.error().code == Code::kUpstreamTruncated &&
                     connection_ && connection_->reused && !heard_;
  if (stale && !cancelled_ && (source_ == nullptr || source_->rewind())) {
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
    const auto deadline = net::coarse_now() + options_.connect_timeout;
    auto connected = co_await pool_.connect(provider_, deadline);
    if (cancelled_) co_return fail(Code::kCancelled);
    if (!connected) co_return std::unexpected(connected.error());
    connection_ = std::move(*connected);
  }
  sent_ = true;
  auto sent = co_await send();
  if (cancelled_) co_return fail(Code::kCancelled);
  if (!sent) co_return std::unexpected(sent.error());
  co_return co_await read_head();
}

// An upstream may answer, and close, before it took the whole body: its answer is read first.
net::Task<Result<void>> HttpExchange::send() {
  if (source_ != nullptr) co_return co_await send_source();
  const auto deadline = net::coarse_now() + options_.answer_idle_timeout;
  auto sent = co_await connection_->stream->write(request_head_, request_body_, deadline);
  if (!sent && sent.error().code == Code::kTimedOut) co_return fail(Code::kUpstreamTimeout);
  co_return Result<void>{};
}

// One piece after the other, each as soon as the upstream took the one before, until the end or
// until the upstream has answered.
net::Task<Result<void>> HttpExchange::send_source() {
  body_sent_ = false;
  early_.reset();
  frame_.clear();
  listen();
  std::uint64_t left = source_->size().value_or(0);
  auto deadline = net::coarse_now() + options_.answer_idle_timeout;
  auto sent = co_await connection_->stream->write(request_head_, deadline);
  while (sent && !early_ && !cancelled_ && !body_sent_) {
    auto piece = co_await source_->next();
    if (early_ || cancelled_) break;
    if (!piece) co_return std::unexpected(piece.error());
    if (source_->size() && (piece->size() > left || (piece->empty() && left > 0))) {
      co_return fail(Code::kInternal, "a body that is not as long as it said");
    }
    left -= piece->size();
    body_sent_ = piece->empty();
    deadline = net::coarse_now() + options_.answer_idle_timeout;
    sent = co_await connection_->stream->write(frame(piece->size()), *piece, deadline);
  }
  connection_->stream->on_readable(nullptr);
  if (!sent) body_sent_ = false;
  if (!sent && sent.error().code == Code::kTimedOut) co_return fail(Code::kUpstreamTimeout);
  co_return Result<void>{};
}

// What goes out before a chunk: the line break behind the one before it, and its size.
std::string_view HttpExchange::frame(std::size_t piece_bytes) {
  if (source_->size()) return {};
  const bool first = frame_.empty();
  frame_ =
      fmt::format("{}{:x}\r\n{}", first ? "" : "\r\n", piece_bytes, piece_bytes == 0 ? "\r\n" : "");
  return frame_;
}

// While the body is being sent: hears what the upstream says in between.
void HttpExchange::listen() {
  if (take_early()) {
    source_->cancel();
    // Last, for the exchange goes on from here, and may be gone when this returns.
    return connection_->stream->abandon_write();
  }
  connection_->stream->on_readable([this] { listen(); });
}

// True once it has answered, or ended the connection. An interim answer is none.
bool HttpExchange::take_early() {
  while (auto bytes = connection_->stream->try_read_some(buffer_)) {
    if (!*bytes) {
      const bool timed_out = bytes->error().code == Code::kTimedOut;
      early_ = fail(timed_out ? Code::kUpstreamTimeout : Code::kUpstreamTruncated);
      return true;
    }
    const auto complete = take_head(**bytes);
    if (!complete || *complete) {
      early_ = complete ? Result<void>{} : std::unexpected(complete.error());
      return true;
    }
  }
  return false;
}

net::Task<Result<void>> HttpExchange::read_head() {
  if (early_) co_return *early_;
  const auto deadline = net::coarse_now() + options_.first_byte_timeout;
  for (;;) {
    auto bytes = co_await connection_->stream->read_some(buffer_, deadline);
    if (cancelled_) co_return fail(Code::kCancelled);
    if (!bytes && bytes.error().code == Code::kTimedOut) co_return fail(Code::kUpstreamTimeout);
    if (!bytes) co_return fail(Code::kUpstreamTruncated, "closed before an answer");
    const auto complete = take_head(*bytes);
    if (!complete) co_return std::unexpected(complete.error());
    if (*complete) co_return Result<void>{};
  }
}

// The head of an answer, and not of an interim one, in what was read; false: more is needed.
Result<bool> HttpExchange::take_head(std::string_view bytes) {
  heard_ = true;
  input_ = bytes;
  for (;;) {
    TG_TRY(const bool complete, parse_head());
    if (!complete || head_.status >= 200) return complete;
    if (++interim_answers_ > kInterimAnswersMax) return fail(Code::kUpstreamProtocol);
    head_bytes_.clear();
  }
}

// Takes the head out of the input; false when more bytes are needed.
Result<bool> HttpExchange::parse_head() {
  // The head is copied, because the buffer it came in is read into again while it is still needed;
  // and but for a head in pieces, no more than it.
  const auto before = head_bytes_.size();
  const auto blank = before == 0 ? input_.find(kBlankLine) : std::string_view::npos;
  const auto taken =
      blank == std::string_view::npos ? input_ : input_.substr(0, blank + kBlankLine.size());
  head_bytes_.append(taken);
  TG_TRY(const auto head_size, http::parse_response_head(head_bytes_, "POST", head_));
  if (head_size == 0) {
    if (head_bytes_.size() > http::kHeadBytesMax) return fail(Code::kUpstreamProtocol);
    input_.remove_prefix(taken.size());
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
  const auto deadline = net::coarse_now() + options_.answer_idle_timeout;
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
  if (body_sent_ && head_.keep_alive && input_.empty() &&
      head_.framing != http::Framing::kUntilClose) {
    pool_.give_back(*provider_, std::move(connection_));
  }
  connection_.reset();
}

void HttpExchange::cancel() noexcept {
  cancelled_ = true;
  if (source_ != nullptr) source_->cancel();
  if (connection_) connection_->stream->close();
}

}  // namespace tg::gateway
