// SPDX-License-Identifier: Apache-2.0
#include "openai/json_document.h"

#include <fmt/format.h>

#include "openai/json.h"

namespace tg::openai {
namespace {

// Nearly every text body is smaller; the parser's buffers for it take about 4 MiB of address space.
constexpr std::size_t kKeptParserBytesMax = 256 * 1024;

simdjson::dom::parser& thread_parser() {
  thread_local simdjson::dom::parser parser;
  return parser;
}

}  // namespace

Document::Document(std::string_view text) {
  if (text.size() > kKeptParserBytesMax) own_ = std::make_unique<simdjson::dom::parser>();
  parser_ = own_ ? own_.get() : &thread_parser();
  // simdjson copies the text into a padded buffer that it keeps: callers cannot promise padding.
  error_ = parser_->parse(text.data(), text.size(), true).get(root_);
  if (error_ == simdjson::SUCCESS)
    is_object_ = root_.get_object().get(object_) == simdjson::SUCCESS;
}

Result<void> Document::check() const {
  if (error_ == simdjson::DEPTH_ERROR) {
    return fail(Code::kBodyMalformed, "the body is nested too deep");
  }
  if (error_ != simdjson::SUCCESS) return fail(Code::kBodyNotJson);
  return {};
}

MemberSpans::MemberSpans(const Document& document, std::string_view text) noexcept
    : starts_{document.parser_->implementation->structural_indexes.get()}, text_{text} {}

ValueSpan MemberSpans::value(std::size_t index) noexcept {
  // A member is: key, colon, value, then a comma before the next one.
  for (; member_ < index; ++member_) key_ = end_of_value(key_ + 2) + 1;
  const std::size_t begin = starts_[key_ + 2];
  const std::size_t after = end_of_value(key_ + 2);
  const bool container = text_[begin] == '{' || text_[begin] == '[';
  std::size_t end = container ? starts_[after - 1] + 1 : starts_[after];
  // Between a plain value and the comma only white space can stand.
  while (!container && text_[end - 1] <= ' ') --end;
  return {begin, end - begin};
}

// The index of the structural character that follows the value.
std::size_t MemberSpans::end_of_value(std::size_t structural) const noexcept {
  std::size_t depth = 0;
  for (;; ++structural) {
    const char character = text_[starts_[structural]];
    if (character == '{' || character == '[') ++depth;
    if (character == '}' || character == ']') --depth;
    if (depth == 0) return structural + 1;
  }
}

void append_json_string(std::string& out, std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  out += '"';
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (static_cast<unsigned char>(character) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(character));
    } else if (static_cast<unsigned char>(character) >= 0x80 && !utf8) {
      out += '?';
    } else {
      out += character;
    }
  }
  out += '"';
}

}  // namespace tg::openai
