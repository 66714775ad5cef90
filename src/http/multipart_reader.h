// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/multipart.h"

// multipart/form-data piece by piece as it arrives: the same forms as parse_multipart() takes, to
// the byte, in constant memory.
//
//   MultipartReader reader{boundary};
//   while (piece = more bytes) {
//     reader.feed(piece);
//     for (;;) {
//       TG_TRY(const auto event, reader.next());
//       if (event.kind == MultipartReader::Kind::kMore) break;
//       use(event);
//     }
//   }
//   TG_TRY_DONE(reader.finish());
//
// Threading:  one owner.
// Lifetime:   an event's views hold until the next feed(), a part's own until the next part.
// Limits:     as http/multipart.h; keeps the last piece and at most 8 KiB of what came before it.
// Errors:     kBodyMalformed; after an error the reader refuses everything.
namespace tg::http {

class MultipartReader {
 public:
  // `boundary` as boundary_of() gives it.
  explicit MultipartReader(std::string_view boundary);

  enum class Kind : std::uint8_t {
    kMore,  // feed() it
    kPart,  // a part begins: its name, file name and type
    kData,  // some of its body
    kPartEnd,
  };
  struct Event {
    Kind kind = Kind::kMore;
    Part part{};               // of kPart; without a body
    std::string_view data{};   // of kData; never empty
    std::uint64_t offset = 0;  // of what the event is about, in the form's bytes
  };

  void feed(std::string_view piece);
  [[nodiscard]] Result<Event> next();
  // There is no more: the form must have come to its end.
  [[nodiscard]] Result<void> finish() const;

 private:
  enum class State : std::uint8_t {
    kStart,     // the first boundary
    kBoundary,  // what follows a boundary: a line's end, or two dashes
    kHead,      // a part's fields
    kData,      // a part's body
    kEpilogue,  // nothing, or one line's end
    kBroken,
  };

  [[nodiscard]] Result<Event> broken(const char* detail);
  [[nodiscard]] Result<Event> take_head();
  [[nodiscard]] Result<Event> take_data();
  [[nodiscard]] std::string_view rest() const noexcept {
    return std::string_view{buffer_}.substr(at_);
  }
  // Nothing where more bytes are needed.
  [[nodiscard]] Result<bool> step();

  const std::string dashed_boundary_;
  State state_ = State::kStart;
  std::string buffer_;
  std::size_t at_ = 0;         // of buffer_, where what is not yet told begins
  std::uint64_t base_ = 0;     // where buffer_ begins in the form
  std::size_t looked_at_ = 0;  // of rest(), up to where no delimiter begins
  std::size_t parts_ = 0;
  std::string head_;  // the part's, which its views point into
};

}  // namespace tg::http
