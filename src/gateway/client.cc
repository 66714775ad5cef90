// SPDX-License-Identifier: Apache-2.0
#include "gateway/client.h"

#include <algorithm>
#include <utility>

#include "base/secret_bytes.h"
#include "http/body.h"

namespace tg::gateway {
namespace {

// A body of a stated length is given its room at once, but not more than this before it came.
constexpr std::size_t kReserveMax = 1 << 20;
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytesMax = 8 << 20;

}  // namespace

Client::Client(WorkerContext& context, std::unique_ptr<net::Stream> stream,
               std::string peer_address)
    : context_{context}, stream_{std::move(stream)}, peer_address_{std::move(peer_address)} {
  context_.clients.insert(this);
  context_.metrics.connections_accepted.add(1);
  context_.metrics.connections.add(1);
}

Client::~Client() {
  context_.clients.erase(this);
  release_body();
  context_.metrics.connections.add(-1);
  // Heads carry keys.
  wipe(input_);
  wipe(pipelined_);
  wipe(ahead_);
}

net::Task<Result<void>> Client::shake_hands() {
  const auto deadline = std::chrono::steady_clock::now() + context_.options.head_timeout;
  co_return co_await stream_->shake_hands(deadline);
}

net::Task<Result<void>> Client::read_head(http::RequestHead* head) {
  const auto& options = context_.options;
  idle_ = input_.empty();
  auto deadline = std::chrono::steady_clock::now() +
                  (idle_ ? options.keep_alive_timeout : options.head_timeout);
  for (;;) {
    if (!input_.empty()) {
      auto size = http::parse_request_head(input_, *head);
      if (!size) co_return std::unexpected(size.error());
      if (*size > 0) {
        consumed_ = *size;
        co_return Result<void>{};
      }
      if (input_.size() > http::kHeadBytesMax) co_return fail(Code::kHeadTooLarge);
    }
    auto more = co_await read_more(deadline);
    if (!more && idle_) co_return fail(Code::kClosed);
    if (!more) co_return std::unexpected(more.error());
    input_.append(*more);
    if (std::exchange(idle_, false)) {
      deadline = std::chrono::steady_clock::now() + options.head_timeout;
    }
  }
}

net::Task<Result<std::string_view>> Client::read_body(const http::RequestHead* head,
                                                      std::size_t bytes_max) {
  if (head->framing == http::Framing::kNone) co_return std::string_view{};
  if (head->content_length > bytes_max) co_return fail(Code::kBodyTooLarge);
  auto input = std::string_view{input_}.substr(consumed_);
  if (head->framing == http::Framing::kLength && input.size() >= head->content_length) {
    // Most bodies came with their head and stay where they are.
    consumed_ += head->content_length;
    co_return input.substr(0, head->content_length);
  }
  consumed_ = input_.size();
  if (head->expects_continue) {
    auto told = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!told) co_return std::unexpected(told.error());
  }
  http::BodyDecoder decoder{head->framing, head->content_length};
  body_.reserve(std::min<std::size_t>(head->content_length, kReserveMax));
  for (;;) {
    auto step = decoder.next(input);
    if (!step) co_return std::unexpected(step.error());
    if (!hold_body(body_.size() + step->data.size())) co_return fail(Code::kOverloaded);
    body_.append(step->data);
    input.remove_prefix(step->consumed);
    if (body_.size() > bytes_max) co_return fail(Code::kBodyTooLarge);
    if (step->done) {
      pipelined_.assign(input);
      co_return std::string_view{body_};
    }
    if (step->consumed > 0) continue;
    const auto deadline = std::chrono::steady_clock::now() + context_.options.body_idle_timeout;
    auto more = co_await read_more(deadline);
    if (!more) co_return std::unexpected(more.error());
    input = *more;
  }
}

net::Task<Result<std::string_view>> Client::read_more(SteadyTime deadline) {
  auto size = co_await stream_->read_some(ahead_, deadline);
  if (!size && size.error().code == Code::kTimedOut) co_return fail(Code::kRequestTimeout);
  if (!size) co_return std::unexpected(size.error());
  co_return std::string_view{ahead_.data(), *size};
}

// As the bytes come: what was only announced takes no memory.
bool Client::hold_body(std::size_t bytes) noexcept {
  if (bytes <= body_held_) return true;
  const auto more = static_cast<std::int64_t>(bytes - body_held_);
  auto& all = context_.metrics.body_bytes;
  if (all.read() + more > context_.options.body_bytes_in_memory_max) return false;
  all.add(more);
  body_held_ = bytes;
  return true;
}

void Client::release_body() noexcept {
  context_.metrics.body_bytes.add(-static_cast<std::int64_t>(std::exchange(body_held_, 0)));
}

void Client::release_request() noexcept {
  release_body();
  input_.erase(0, consumed_);
  input_.append(pipelined_);
  consumed_ = 0;
  pipelined_.clear();
  if (body_.capacity() > kReserveMax) {
    body_ = std::string{};
  } else {
    body_.clear();
  }
}

net::Task<Result<void>> Client::write(std::string_view first, std::string_view second) {
  const auto deadline = std::chrono::steady_clock::now() + context_.options.client_write_timeout;
  co_return co_await stream_->write(first, second, deadline);
}

net::Task<void> Client::linger() {
  stream_->end_writing();
  const auto deadline = std::chrono::steady_clock::now() + kLingerTime;
  for (std::size_t dropped = 0; dropped < kLingerBytesMax;) {
    auto more = co_await read_more(deadline);
    if (!more) break;
    dropped += more->size();
  }
}

const keys::Origin* Client::origin(std::string_view user_agent) {
  if (origin_ == nullptr || user_agent_ != user_agent) {
    user_agent_ = user_agent;
    origin_ = context_.shared.keys.origins().of(peer_address_, user_agent);
  }
  return origin_;
}

void Client::watch(std::move_only_function<void()> on_gone) {
  stream_->begin_read(ahead_);
  stream_->on_hangup(std::move(on_gone));
}

void Client::stop_watching() noexcept { stream_->on_hangup(nullptr); }

}  // namespace tg::gateway
