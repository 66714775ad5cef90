// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "openai/request_peek.h"

namespace tg::openai {
namespace {

constexpr std::size_t kModelBytesMax = 256;
constexpr std::int64_t kImagesMax = 1'000'000;

Result<bool> read_flag(std::string_view text) {
  if (text == "true" || text == "True" || text == "1") return true;
  if (text == "false" || text == "False" || text == "0" || text.empty()) return false;
  return fail(Code::kBodyMalformed, "stream must be true or false");
}

Result<std::int64_t> read_count(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc{} && end == text.data() + text.size() && count >= 0 && count <= kImagesMax)
    return std::max<std::int64_t>(1, count);
  return fail(Code::kBodyMalformed, "n must be a whole number, zero or more");
}

Result<void> read_field(const FormField& field, RequestPeek& peek) {
  if (field.name == "model") {
    const bool plain = field.value.size() <= kModelBytesMax && !field.value.contains('\0') &&
                       simdjson::validate_utf8(field.value.data(), field.value.size());
    if (!plain) return fail(Code::kBodyMalformed, "model must be at most 256 bytes of UTF-8");
    peek.model = field.value;
  } else if (field.name == "stream") {
    TG_TRY(peek.stream, read_flag(field.value));
  } else if (field.name == "n") {
    TG_TRY(peek.choices, read_count(field.value));
  } else if (field.name == "size") {
    peek.size = field.value;
  } else if (field.name == "quality") {
    peek.quality = field.value;
  } else if (field.name == "response_format") {
    peek.response_format = field.value;
  }
  return {};
}

bool is_read(std::string_view name) {
  return name == "model" || name == "stream" || name == "n" || name == "size" ||
         name == "quality" || name == "response_format" || name == "prompt";
}

}  // namespace

Result<RequestPeek> peek_form(Endpoint, std::span<const FormField> fields) {
  RequestPeek peek;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields[i];
    const auto same = [&field](const FormField& other) { return other.name == field.name; };
    if (is_read(field.name) && std::ranges::any_of(fields.first(i), same)) {
      return fail(Code::kBodyMalformed, "a field is given twice; an upstream might read the other");
    }
    TG_TRY_DONE(read_field(field, peek));
    peek.input_bytes += static_cast<std::int64_t>(field.value.size());
  }
  return peek;
}

}  // namespace tg::openai
