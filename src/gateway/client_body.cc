// SPDX-License-Identifier: Apache-2.0
#include "gateway/client_body.h"

namespace tg::gateway {
namespace {

constexpr std::chrono::milliseconds kLookEvery{25};

std::optional<std::uint64_t> size_of(const http::RequestHead& head) {
  if (head.framing == http::Framing::kChunked) return std::nullopt;
  return head.content_length;
}

}  // namespace

ClientBody::ClientBody(WorkerContext& context, Client& client, const http::RequestHead& head,
                       std::uint64_t bytes_max)
    : client_{client},
      size_{size_of(head)},
      bytes_max_{bytes_max},
      look_{context.worker.timers(), [this] { look(); }} {
  client_.begin_body(head);
  look_.set(std::chrono::steady_clock::now() + kLookEvery);
}

net::Task<Result<std::string_view>> ClientBody::next() {
  if (too_large()) co_return fail(Code::kBodyTooLarge);
  if (cancelled_) co_return fail(Code::kCancelled);
  begun_ = true;
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::array<char, kBufferBytes>>();
  reading_ = true;
  auto piece = co_await client_.read_piece(*buffer_);
  reading_ = false;
  if (cancelled_) co_return fail(Code::kCancelled);
  if (!piece) co_return std::unexpected(piece.error());
  passed_ += piece->size();
  if (passed_ > bytes_max_) co_return fail(Code::kBodyTooLarge);
  co_return piece;
}

bool ClientBody::rewind() noexcept {
  cancelled_ = cancelled_ && begun_;
  return !begun_;
}

void ClientBody::cancel() noexcept {
  cancelled_ = true;
  if (reading_) client_.abandon_read();
}

// Set anew first: what notices that the client is gone may end this body's call, and the body.
void ClientBody::look() {
  if (!client_.body_flows()) return;
  look_.set(std::chrono::steady_clock::now() + kLookEvery);
  if (!reading_) client_.check_gone();
}

}  // namespace tg::gateway
