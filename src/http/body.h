// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/head.h"

// A message's body, piece by piece as it arrives, whatever its framing (RFC 9112, 6 and 7).
//
//   BodyDecoder decoder{head.framing, head.content_length};
//   for (;;) {
//     TG_TRY(const auto step, decoder.next(input));
//     input.remove_prefix(step.consumed);
//     use(step.data);
//     if (step.done) break;                                // the rest of input is the next message
//     if (step.consumed == 0 && step.data.empty()) break;  // read more
//   }
//
// Threading:  one owner.
// Lifetime:   `data` points into the input.
// Limits:     16 digits a chunk size, 16 KiB of chunk extensions and 8 KiB of trailers a body. How
//             much data is too much is the caller's to say.
// Errors:     what is not strictly chunked: the code given to the constructor. An end in the middle
//             of a body: kUpstreamTruncated. After an error the decoder refuses everything.
namespace tg::http {

class BodyDecoder {
 public:
  // `data` may come with `done`. Extensions and trailers are checked and dropped.
  struct Step {
    std::size_t consumed = 0;
    std::string_view data;
    bool done = false;
  };

  // For a response give Code::kUpstreamProtocol.
  BodyDecoder(Framing framing, std::uint64_t content_length,
              Code malformed = Code::kMalformedHttp) noexcept;

  [[nodiscard]] Result<Step> next(std::string_view input);

  // The peer has closed its side.
  [[nodiscard]] Result<void> end_of_input();

  [[nodiscard]] bool done() const noexcept { return state_ == State::kDone; }

 private:
  enum class State : std::uint8_t {
    kCounted,        // so many bytes remain
    kUntilClose,     // all bytes are data
    kSizeFirst,      // the first digit of a chunk size
    kSize,           // further digits, or what ends them
    kExtensionName,  // the first character of an extension's name
    kExtensionNameRest,
    kExtensionValue,   // the first character after '='
    kExtensionToken,   // an unquoted value
    kExtensionQuoted,  // inside quotes
    kExtensionEscape,  // after a backslash inside quotes
    kExtensionEnd,     // after the closing quote: another extension or the line's end
    kSizeLineFeed,     // the LF of a size line
    kData,             // so many bytes of the chunk remain
    kDataReturn,       // the CR after a chunk's data
    kDataLineFeed,
    kTrailerFirst,  // a trailer's first character, or the CR of the last line
    kTrailerName,
    kTrailerValue,
    kTrailerLineFeed,
    kLastLineFeed,  // the LF that ends the body
    kDone,
    kBroken,
  };

  Step take_counted(std::string_view input);
  Result<Step> take_chunked(std::string_view input);
  State after(char character);
  State after_size(char character);
  State after_extension(char character);
  State after_trailer(char character);

  State state_;
  Code malformed_;
  std::uint8_t digits_ = 0;
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint64_t remaining_ = 0;
};

// Nothing for empty data: an empty chunk would end the body.
void append_chunk(std::string& out, std::string_view data);

inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace tg::http
