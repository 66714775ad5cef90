// SPDX-License-Identifier: Apache-2.0
#include "gateway/client.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/secret_bytes.h"
#include "http/body.h"
#include "net/coarse_clock.h"

namespace tg::gateway {
namespace {

// A body of a stated length is given its room at once, but not more than this before it came.
constexpr std::size_t kReserveMax = 1 << 20;
constexpr std::size_t kUserAgentBytesKept = 256;  // a longer one is looked up for each call
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytesMax = 8 << 20;

}  // namespace

Client::Client(WorkerContext& context, std::unique_ptr<net::Stream> stream,
               std::string peer_address)
    : context_{context},
      stream_{std::move(stream)},
      peer_address_{std::move(peer_address)},
      buffer_{context.worker.buffers()} {
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
}

net::Task<Result<void>> Client::shake_hands() {
  const auto deadline = net::coarse_now() + context_.options.head_timeout;
  co_return co_await stream_->shake_hands(deadline);
}

net::Task<Result<void>> Client::wait_for_request() {
  if (!input_.empty()) co_return Result<void>{};  // it came with the one before
  input_ = {};
  pipelined_ = {};
  body_ = {};
  idle_ = true;
  const auto deadline = net::coarse_now() + context_.options.keep_alive_timeout;
  auto first = co_await read_more(deadline);
  if (!first) co_return fail(Code::kClosed);
  idle_ = false;
  take_input(*first);
  co_return Result<void>{};
}

net::Task<Result<void>> Client::read_head(http::RequestHead* head) {
  const auto deadline = net::coarse_now() + context_.options.head_timeout;
  for (;;) {
    auto size = http::parse_request_head(input_, *head);
    if (!size) co_return std::unexpected(size.error());
    if (*size > 0) {
      consumed_ = *size;
      co_return Result<void>{};
    }
    if (input_.size() > http::kHeadBytesMax) co_return fail(Code::kHeadTooLarge);
    auto more = co_await read_more(deadline);
    if (!more) co_return std::unexpected(more.error());
    take_input(*more);
  }
}

net::Task<Result<std::string_view>> Client::read_body(const http::RequestHead* head,
                                                      std::size_t bytes_max) {
  if (head->framing == http::Framing::kNone) co_return std::string_view{};
  if (head->content_length > bytes_max) co_return fail(Code::kBodyTooLarge);
  const auto input = std::string_view{input_}.substr(consumed_);
  if (head->framing == http::Framing::kLength && input.size() >= head->content_length) {
    // Most bodies came with their head and stay where they are.
    consumed_ += head->content_length;
    co_return input.substr(0, head->content_length);
  }
  begin_body(*head);
  body_.reserve(std::min<std::size_t>(head->content_length, kReserveMax));
  for (;;) {
    auto piece = co_await read_piece();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) break;
    if (body_.size() + piece->size() > bytes_max) co_return fail(Code::kBodyTooLarge);
    if (!hold_body(body_.size() + piece->size())) co_return fail(Code::kOverloaded);
    body_.append(*piece);
  }
  buffer_.release();
  co_return std::string_view{body_};
}

void Client::begin_body(const http::RequestHead& head) {
  undecoded_ = std::string_view{input_}.substr(consumed_);
  consumed_ = input_.size();
  decoder_ = http::BodyDecoder{head.framing, head.content_length};
  continue_owed_ = head.expects_continue;
  body_flows_ = true;
  if (decoder_.done()) end_body();
}

net::Task<Result<std::string_view>> Client::read_piece() {
  while (body_flows_) {
    auto step = decoder_.next(undecoded_);
    if (!step) co_return std::unexpected(step.error());
    undecoded_.remove_prefix(step->consumed);
    if (step->done) end_body();
    if (!step->data.empty()) co_return step->data;
    if (step->done || step->consumed > 0) continue;
    if (std::exchange(continue_owed_, false)) {
      auto told = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!told) co_return std::unexpected(told.error());
    }
    const auto deadline = net::coarse_now() + context_.options.body_idle_timeout;
    auto more = co_await read_more(deadline);
    if (!more && more.error().code == Code::kClosed) gone();
    if (!more) co_return std::unexpected(more.error());
    undecoded_ = *more;
  }
  co_return std::string_view{};
}

void Client::end_body() {
  body_flows_ = false;
  pipelined_.assign(undecoded_);
  undecoded_ = {};
}

void Client::take_input(std::string_view bytes) {
  input_.append(bytes);
  buffer_.release();
}

net::Task<Result<std::string_view>> Client::read_more(SteadyTime deadline) {
  auto bytes = co_await stream_->read_some(buffer_, deadline);
  if (!bytes && bytes.error().code == Code::kTimedOut) co_return fail(Code::kRequestTimeout);
  co_return bytes;
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
  buffer_.release();
  wipe(std::span{input_}.first(consumed_));
  input_.erase(0, consumed_);
  input_.append(pipelined_);
  consumed_ = 0;
  pipelined_.clear();
  undecoded_ = {};
  if (body_.capacity() > kReserveMax) {
    body_ = std::string{};
  } else {
    body_.clear();
  }
}

net::Task<Result<void>> Client::write(std::string_view first, std::string_view second) {
  const auto deadline = net::coarse_now() + context_.options.client_write_timeout;
  co_return co_await stream_->write(first, second, deadline);
}

net::Task<void> Client::linger() {
  stream_->end_writing();
  const auto deadline = net::coarse_now() + kLingerTime;
  for (std::size_t dropped = 0; dropped < kLingerBytesMax;) {
    auto more = co_await read_more(deadline);
    if (!more) break;
    dropped += more->size();
  }
}

// The pointer is held, so that no other trust can come to stand where this one stood.
net::ClientVerdict Client::verify(const ClientTrustPointer& trust) {
  const auto now = wall_now();
  if (trust == accepted_by_ && now < accepted_.good_until) return accepted_;
  const auto verdict = stream_->verify_client(*trust, now);
  if (verdict.kind == net::ClientVerdict::Kind::kAccepted) {
    accepted_by_ = trust;
    accepted_ = verdict;
  }
  return verdict;
}

const keys::Origin* Client::origin(std::string_view user_agent) {
  if (origin_ == nullptr || user_agent_ != user_agent) {
    user_agent_ = user_agent.substr(0, kUserAgentBytesKept);
    origin_ = context_.shared.keys.origins().of(peer_address_, user_agent);
  }
  return origin_;
}

void Client::watch(std::move_only_function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  stream_->on_hangup([this] { gone(); });
}

void Client::stop_watching() noexcept {
  stream_->on_hangup(nullptr);
  on_gone_ = nullptr;
}

void Client::gone() {
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

}  // namespace tg::gateway
