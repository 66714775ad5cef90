// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/body_source.h"
#include "gateway/spill.h"

// A body that must be here whole before it can go on: in memory up to a bound, then in a spill
// file. And the source that sends it, as often as wanted, with one place in it rewritten.
//
// Threading:  its worker's.
// Lifetime:   a view holds until the next view() or append().
// Limits:     `memory_max` of memory while it is small, two pieces of 64 KiB once it is not.
// Errors:     gateway/spill.h's.
namespace tg::gateway {

class HeldBody {
 public:
  // `area` null: a body that does not fit into memory is refused.
  HeldBody(SpillArea* area, std::size_t memory_max) : area_{area}, memory_max_{memory_max} {}

  [[nodiscard]] Result<void> append(std::string_view bytes);

  [[nodiscard]] std::uint64_t size() const noexcept { return spilled_bytes() + memory_.size(); }
  [[nodiscard]] bool in_memory() const noexcept { return file_ == nullptr; }
  [[nodiscard]] std::string_view memory() const noexcept { return memory_; }

  // The bytes from `offset` on, as far as they lie together: 64 KiB at most, one at least.
  [[nodiscard]] Result<std::string_view> view(std::uint64_t offset);
  [[nodiscard]] Result<std::string> copy(std::uint64_t offset, std::uint64_t count);

 private:
  using Piece = std::array<char, SpillFile::kPieceBytes>;

  [[nodiscard]] std::uint64_t spilled_bytes() const noexcept { return file_ ? file_->size() : 0; }
  [[nodiscard]] Result<void> spill();

  SpillArea* area_;
  const std::size_t memory_max_;
  std::string memory_;  // all, or what does not fill a piece of the file yet
  std::unique_ptr<SpillFile> file_;
  std::unique_ptr<Piece> opened_;  // the piece that was read last
  std::uint64_t opened_number_ = 0;
};

// What takes the place of `size` bytes at `offset`.
struct BodyEdit {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string text;
};

class HeldSource final : public BodySource {
 public:
  HeldSource(HeldBody& body, BodyEdit edit) : body_{body}, edit_{std::move(edit)} {}

  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
    return body_.size() - edit_.size + edit_.text.size();
  }
  [[nodiscard]] net::Task<Result<std::string_view>> next() override;
  [[nodiscard]] bool is_held() const noexcept override { return true; }
  [[nodiscard]] bool rewind() noexcept override {
    at_ = 0;
    edit_sent_ = false;
    return true;
  }
  void cancel() noexcept override {}  // nothing is awaited

 private:
  HeldBody& body_;
  const BodyEdit edit_;
  std::uint64_t at_ = 0;  // of the body
  bool edit_sent_ = false;
};

}  // namespace tg::gateway
