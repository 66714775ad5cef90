// SPDX-License-Identifier: Apache-2.0
#include "http/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "http/scan.h"

namespace tg::http {
namespace {

constexpr int kSizeDigitsMax = 16;
constexpr std::uint32_t kExtensionBytesMax = 16 * 1024;
constexpr std::uint32_t kTrailerBytesMax = 8 * 1024;
// The sixteenth digit may not shift the first one out, nor make a size that is negative to others.
constexpr std::uint64_t kSizeBeforeLastDigitMax = (std::uint64_t{1} << 59) - 1;

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::uint64_t content_length, Code malformed) noexcept
    : state_{State::kDone}, malformed_{malformed} {
  switch (framing) {
    case Framing::kNone: break;
    case Framing::kLength:
      remaining_ = content_length;
      if (remaining_ > 0) state_ = State::kCounted;
      break;
    case Framing::kChunked: state_ = State::kSizeFirst; break;
    case Framing::kUntilClose: state_ = State::kUntilClose; break;
  }
}

Result<BodyDecoder::Step> BodyDecoder::next(std::string_view input) {
  switch (state_) {
    case State::kDone: return Step{0, {}, true};
    case State::kUntilClose: return Step{input.size(), input, false};
    case State::kCounted: {
      Step step = take_counted(input);
      if (remaining_ == 0) state_ = State::kDone;
      step.done = done();
      return step;
    }
    default: return take_chunked(input);
  }
}

Result<void> BodyDecoder::end_of_input() {
  if (state_ == State::kUntilClose) state_ = State::kDone;
  if (state_ == State::kDone) return {};
  state_ = State::kBroken;
  return fail(Code::kUpstreamTruncated, "the connection was closed before the body ended");
}

BodyDecoder::Step BodyDecoder::take_counted(std::string_view input) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), remaining_));
  remaining_ -= size;
  return {size, input.substr(0, size), false};
}

Result<BodyDecoder::Step> BodyDecoder::take_chunked(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && state_ != State::kData && state_ != State::kDone &&
         state_ != State::kBroken) {
    state_ = after(input[at++]);
  }
  if (state_ == State::kBroken) return fail(malformed_, "the body is not properly chunked");
  if (state_ != State::kData) return Step{at, {}, done()};

  Step step = take_counted(input.substr(at));
  if (remaining_ == 0) state_ = State::kDataReturn;
  step.consumed += at;
  return step;
}

BodyDecoder::State BodyDecoder::after(char c) {
  switch (state_) {
    case State::kSizeFirst:
    case State::kSize: return after_size(c);
    case State::kExtensionName:
    case State::kExtensionNameRest:
    case State::kExtensionValue:
    case State::kExtensionToken:
    case State::kExtensionQuoted:
    case State::kExtensionEscape:
    case State::kExtensionEnd:
      // The limit is for the whole body: a byte of data in each chunk must not carry a flood.
      return ++extension_bytes_ > kExtensionBytesMax ? State::kBroken : after_extension(c);
    case State::kSizeLineFeed:
      if (c != '\n') return State::kBroken;
      digits_ = 0;
      return remaining_ == 0 ? State::kTrailerFirst : State::kData;
    case State::kDataReturn: return c == '\r' ? State::kDataLineFeed : State::kBroken;
    case State::kDataLineFeed: return c == '\n' ? State::kSizeFirst : State::kBroken;
    case State::kLastLineFeed: return c == '\n' ? State::kDone : State::kBroken;
    default: return ++trailer_bytes_ > kTrailerBytesMax ? State::kBroken : after_trailer(c);
  }
}

BodyDecoder::State BodyDecoder::after_size(char c) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++digits_ > kSizeDigitsMax || remaining_ > kSizeBeforeLastDigitMax) return State::kBroken;
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    return State::kSize;
  }
  if (state_ == State::kSizeFirst) return State::kBroken;
  if (c == ';') return State::kExtensionName;
  return c == '\r' ? State::kSizeLineFeed : State::kBroken;
}

// chunk-ext without the "bad" white space that RFC 9112 lets a recipient forgive.
BodyDecoder::State BodyDecoder::after_extension(char c) {
  const auto end_or = [c](State otherwise) {
    return c == '\r' ? State::kSizeLineFeed : c == ';' ? State::kExtensionName : otherwise;
  };
  switch (state_) {
    case State::kExtensionName:
      return is_token_byte(c) ? State::kExtensionNameRest : State::kBroken;
    case State::kExtensionNameRest:
      if (is_token_byte(c)) return State::kExtensionNameRest;
      return c == '=' ? State::kExtensionValue : end_or(State::kBroken);
    case State::kExtensionValue:
      if (c == '"') return State::kExtensionQuoted;
      return is_token_byte(c) ? State::kExtensionToken : State::kBroken;
    case State::kExtensionToken:
      return is_token_byte(c) ? State::kExtensionToken : end_or(State::kBroken);
    case State::kExtensionQuoted:
      if (is_control(c)) return State::kBroken;
      if (c == '"') return State::kExtensionEnd;
      return c == '\\' ? State::kExtensionEscape : State::kExtensionQuoted;
    case State::kExtensionEscape: return is_control(c) ? State::kBroken : State::kExtensionQuoted;
    default: return end_or(State::kBroken);
  }
}

BodyDecoder::State BodyDecoder::after_trailer(char c) {
  switch (state_) {
    case State::kTrailerFirst:
      if (c == '\r') return State::kLastLineFeed;
      return is_token_byte(c) ? State::kTrailerName : State::kBroken;
    case State::kTrailerName:
      if (c == ':') return State::kTrailerValue;
      return is_token_byte(c) ? State::kTrailerName : State::kBroken;
    case State::kTrailerValue:
      if (c == '\r') return State::kTrailerLineFeed;
      return is_control(c) ? State::kBroken : State::kTrailerValue;
    case State::kTrailerLineFeed: return c == '\n' ? State::kTrailerFirst : State::kBroken;
    default: return State::kBroken;
  }
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", data.size());
  out.append(data).append("\r\n");
}

}  // namespace tg::http
