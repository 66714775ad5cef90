// SPDX-License-Identifier: Apache-2.0
#include "gateway/held_body.h"

#include <algorithm>

namespace tg::gateway {

Result<void> HeldBody::append(std::string_view bytes) {
  if (!file_ && memory_.size() + bytes.size() > memory_max_) {
    if (area_ == nullptr) return fail(Code::kOverloaded, "there is no room for uploads");
    TG_TRY(file_, area_->create());
    TG_TRY_DONE(spill());
    memory_.shrink_to_fit();
  }
  memory_.append(bytes);
  return file_ ? spill() : Result<void>{};
}

// All whole pieces.
Result<void> HeldBody::spill() {
  constexpr auto kPiece = SpillFile::kPieceBytes;
  std::size_t spilled = 0;
  for (; memory_.size() - spilled >= kPiece; spilled += kPiece) {
    TG_TRY_DONE(file_->append(std::span<const char, kPiece>{memory_.data() + spilled, kPiece}));
  }
  memory_.erase(0, spilled);
  return {};
}

Result<std::string_view> HeldBody::view(std::uint64_t offset) {
  TG_CHECK(offset < size());
  constexpr auto kPiece = SpillFile::kPieceBytes;
  if (offset >= spilled_bytes()) {
    return std::string_view{memory_}.substr(offset - spilled_bytes(), kPiece);
  }
  const auto number = offset / kPiece;
  if (!opened_ || opened_number_ != number) {
    if (!opened_) opened_ = std::make_unique_for_overwrite<Piece>();
    opened_number_ = UINT64_MAX;  // what is in it is no piece any more if this fails
    TG_TRY_DONE(file_->read(number, *opened_));
    opened_number_ = number;
  }
  return std::string_view{opened_->data(), kPiece}.substr(offset % kPiece);
}

Result<std::string> HeldBody::copy(std::uint64_t offset, std::uint64_t count) {
  std::string bytes;
  bytes.reserve(count);
  while (bytes.size() < count) {
    TG_TRY(const auto more, view(offset + bytes.size()));
    bytes.append(more.substr(0, count - bytes.size()));
  }
  return bytes;
}

net::Task<Result<std::string_view>> HeldSource::next() {
  if (at_ == edit_.offset && !edit_sent_) {
    edit_sent_ = true;
    at_ += edit_.size;
    if (!edit_.text.empty()) co_return std::string_view{edit_.text};
  }
  if (at_ == body_.size()) co_return std::string_view{};
  auto piece = body_.view(at_);
  if (!piece) co_return std::unexpected(piece.error());
  if (!edit_sent_) piece = piece->substr(0, edit_.offset - at_);
  at_ += piece->size();
  co_return piece;
}

}  // namespace tg::gateway
