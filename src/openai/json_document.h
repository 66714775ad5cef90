// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

#include "openai/request_peek.h"

// JSON for this room: a whole document checked and read with simdjson, where its members stand in
// the text, and strings written back. Only the .cc files of this room include it.
//
// simdjson's DOM rather than its on-demand front end: it chooses its implementation at run time,
// checks the whole body (so nothing that two parsers read differently goes upstream) and a 400 B
// body still takes a third of a microsecond.
//
// Threading:  one parser per thread; at most one Document alive per thread.
// Lifetime:   what a Document hands out dies with it; the text need not outlive the constructor.
// Limits:     a body over 256 KiB gets a parser of its own, so that no thread keeps its buffers.
namespace tg::openai {

class Document {
 public:
  explicit Document(std::string_view text);

  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  [[nodiscard]] simdjson::error_code error() const noexcept { return error_; }
  [[nodiscard]] bool is_object() const noexcept { return is_object_; }
  // Of a body that a client sent: kBodyNotJson; kBodyMalformed, nested too deep.
  [[nodiscard]] Result<void> check() const;
  // Only when is_object().
  [[nodiscard]] simdjson::dom::object object() const noexcept { return object_; }
  [[nodiscard]] simdjson::dom::element root() const noexcept { return root_; }

 private:
  friend class MemberSpans;

  std::unique_ptr<simdjson::dom::parser> own_;
  simdjson::dom::parser* parser_;
  simdjson::dom::element root_;
  simdjson::dom::object object_;
  simdjson::error_code error_;
  bool is_object_ = false;
};

// Where the root object's values stand in the text, found from the offsets of all structural
// characters that the parser left behind: a body's long strings are never looked at again.
class MemberSpans {
 public:
  MemberSpans(const Document& document, std::string_view text) noexcept;

  // The value of the root's member `index`; each call must name a later member than the last.
  [[nodiscard]] ValueSpan value(std::size_t index) noexcept;
  [[nodiscard]] std::size_t after_opening_brace() const noexcept { return starts_[0] + 1; }

 private:
  [[nodiscard]] std::size_t end_of_value(std::size_t structural) const noexcept;

  const std::uint32_t* starts_;
  std::string_view text_;
  std::size_t member_ = 0;
  std::size_t key_ = 1;  // index into starts_ of the member's key; starts_[0] is the brace
};

}  // namespace tg::openai
