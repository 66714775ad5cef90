// SPDX-License-Identifier: Apache-2.0
#include "http/multipart_reader.h"

#include <algorithm>
#include <cstring>

#include "http/multipart_head.h"

namespace tg::http {

MultipartReader::MultipartReader(std::string_view boundary)
    : dashed_boundary_{std::string{"--"}.append(boundary)} {}

void MultipartReader::feed(std::string_view piece) {
  buffer_.erase(0, at_);
  base_ += at_;
  at_ = 0;
  buffer_.append(piece);
}

Result<MultipartReader::Event> MultipartReader::next() {
  for (;;) {
    if (state_ == State::kHead) return take_head();
    if (state_ == State::kData) return take_data();
    const auto stepped = step();
    if (!stepped) return broken(stepped.error().detail);
    if (!*stepped) return Event{};
  }
}

Result<void> MultipartReader::finish() const {
  if (state_ == State::kEpilogue && (rest().empty() || rest() == "\r\n")) return {};
  return fail(Code::kBodyMalformed, "the form does not end");
}

Result<MultipartReader::Event> MultipartReader::broken(const char* detail) {
  state_ = State::kBroken;
  return fail(Code::kBodyMalformed, detail);
}

// Between the parts.
Result<bool> MultipartReader::step() {
  const auto malformed = [](const char* detail) { return fail(Code::kBodyMalformed, detail); };
  const auto bytes = rest();
  if (state_ == State::kBroken) return malformed("the form is not well-formed");
  if (state_ == State::kEpilogue) {
    if (std::string_view{"\r\n"}.starts_with(bytes)) return false;
    return malformed("something follows the last boundary");
  }
  if (state_ == State::kStart) {
    if (!bytes.starts_with(std::string_view{dashed_boundary_}.substr(0, bytes.size()))) {
      return malformed("the body does not begin with its boundary");
    }
    if (bytes.size() < dashed_boundary_.size()) return false;
    at_ += dashed_boundary_.size();
    state_ = State::kBoundary;
    return true;
  }
  if (bytes.size() < 2) return false;
  const bool last = bytes.starts_with("--");
  if (!last && !bytes.starts_with("\r\n")) return malformed("something follows a boundary");
  if (!last && parts_++ == kPartsMax) return malformed("the body has more than 64 parts");
  at_ += 2;
  state_ = last ? State::kEpilogue : State::kHead;
  return true;
}

Result<MultipartReader::Event> MultipartReader::take_head() {
  const auto bytes = rest().substr(0, kPartHeadBytesMax);
  const auto end = bytes.starts_with("\r\n") ? 0 : bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() == kPartHeadBytesMax) return broken("a part's head does not end");
    return Event{};
  }
  head_.assign(bytes.substr(0, end == 0 ? 2 : end + 4));
  std::string_view head = head_;
  auto part = take_part_head(head, dashed_boundary_);
  if (!part) return broken(part.error().detail);
  Event event{.kind = Kind::kPart, .part = *part, .offset = base_ + at_};
  at_ += head_.size();
  looked_at_ = 0;
  state_ = State::kData;
  return event;
}

// A part's body goes on as far as no delimiter can begin in it. A boundary at the start of a line
// that does not end in CR LF is a delimiter to some readers and data to others: refused.
Result<MultipartReader::Event> MultipartReader::take_data() {
  const auto bytes = rest();
  Event event{.kind = Kind::kData, .offset = base_ + at_};
  for (;;) {
    const void* const found = memmem(bytes.data() + looked_at_, bytes.size() - looked_at_,
                                     dashed_boundary_.data(), dashed_boundary_.size());
    if (found == nullptr) break;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (bytes.substr(0, at).ends_with("\r\n")) {
      if (at > 2) {
        event.data = bytes.substr(0, at - 2);
        at_ += at - 2;
        looked_at_ = 2;
        return event;
      }
      at_ += at + dashed_boundary_.size();
      state_ = State::kBoundary;
      event.kind = Kind::kPartEnd;
      return event;
    }
    if (at == 0 || bytes[at - 1] == '\n' || bytes[at - 1] == '\r') {
      return broken("a boundary is not set off by CR LF");
    }
    looked_at_ = at + 1;
  }
  // Of what is left a boundary may still begin in the end, set off by the two bytes before it.
  const auto undecided = std::min(bytes.size(), dashed_boundary_.size() - 1);
  looked_at_ = std::max(looked_at_, bytes.size() - undecided);
  if (looked_at_ <= 2) return Event{};
  event.data = bytes.substr(0, looked_at_ - 2);
  at_ += looked_at_ - 2;
  looked_at_ = 2;
  return event;
}

}  // namespace tg::http
