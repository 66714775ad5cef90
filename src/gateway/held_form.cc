// SPDX-License-Identifier: Apache-2.0
#include "gateway/held_form.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/write.h"

namespace tg::gateway {
namespace {

using Kind = http::MultipartReader::Kind;

constexpr std::size_t kFieldBytesMax = 1 << 20;

}  // namespace

Result<void> HeldForm::append(std::string_view bytes) {
  TG_TRY_DONE(body_.append(bytes));
  reader_.feed(bytes);
  for (;;) {
    TG_TRY(const auto event, reader_.next());
    if (event.kind == Kind::kMore) return {};
    TG_TRY_DONE(take(event));
  }
}

Result<void> HeldForm::take(const http::MultipartReader::Event& event) {
  if (event.kind == Kind::kPart) {
    in_file_ = !event.part.filename.empty();
    if (in_file_) {
      files_.push_back({.name = std::string{event.part.name}});
    } else {
      fields_.push_back({.name = std::string{event.part.name}, .value = {}});
    }
  } else if (event.kind == Kind::kData && in_file_) {
    files_.back().size += event.data.size();
  } else if (event.kind == Kind::kData) {
    field_bytes_ += event.data.size();
    if (field_bytes_ > kFieldBytesMax) {
      return fail(Code::kBodyMalformed, "the form has more than 1 MiB of text fields");
    }
    fields_.back().value.append(event.data);
  } else if (in_file_) {
    files_.back().offset = event.offset - files_.back().size;
  } else {
    fields_.back().offset = event.offset - fields_.back().value.size();
  }
  return {};
}

std::vector<openai::FormField> HeldForm::fields() const {
  std::vector<openai::FormField> fields;
  for (const auto& field : fields_) fields.push_back({field.name, field.value});
  return fields;
}

Result<BodyEdit> HeldForm::edit_field(std::string_view name, std::string_view value) const {
  // "--" could begin a boundary.
  if (!http::is_field_value(value) || value.starts_with("--")) {
    return fail(Code::kFieldInvalid, "the value cannot be written into a form");
  }
  const auto is_named = [name](const auto& part) { return part.name == name; };
  if (std::ranges::any_of(files_, is_named)) {
    return fail(Code::kBodyMalformed, "a field that must be text is a file");
  }
  const auto found = std::ranges::find_if(fields_, is_named);
  if (found == fields_.end()) {
    return BodyEdit{
        .text = fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
                            boundary_, name, value)};
  }
  if (std::any_of(found + 1, fields_.end(), is_named)) {
    return fail(Code::kBodyMalformed, "a field that must be single stands there twice");
  }
  return BodyEdit{.offset = found->offset, .size = found->value.size(), .text = std::string{value}};
}

}  // namespace tg::gateway
