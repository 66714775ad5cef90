// SPDX-License-Identifier: Apache-2.0
#include "gateway/client_body.h"

namespace tg::gateway {
namespace {

std::optional<std::uint64_t> size_of(const http::RequestHead& head) {
  if (head.framing == http::Framing::kChunked) return std::nullopt;
  return head.content_length;
}

}  // namespace

ClientBody::ClientBody(Client& client, const http::RequestHead& head, std::uint64_t bytes_max)
    : client_{client}, size_{size_of(head)}, bytes_max_{bytes_max} {
  client_.begin_body(head);
}

net::Task<Result<std::string_view>> ClientBody::next() {
  if (too_large()) co_return fail(Code::kBodyTooLarge);
  if (cancelled_) co_return fail(Code::kCancelled);
  begun_ = true;
  reading_ = true;
  auto piece = co_await client_.read_piece();
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

}  // namespace tg::gateway
