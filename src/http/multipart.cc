// SPDX-License-Identifier: Apache-2.0
#include "http/multipart.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "http/multipart_head.h"
#include "http/scan.h"
#include "http/write.h"

namespace tg::http {
namespace {

constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046, 5.1.1
constexpr std::size_t kPartFieldsMax = 16;

std::unexpected<Error> malformed(const char* detail) { return fail(Code::kBodyMalformed, detail); }

bool is_boundary(std::string_view text) {
  static constexpr std::string_view kOthers = "'()+_,-./:=? ";
  return !text.empty() && text.size() <= kBoundaryBytesMax && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
         });
}

struct Parameter {
  std::string_view name;
  std::string_view value;
};

// One `; name=value` or `; name="value"` from the front of `text`. A backslash in quotes hides the
// quote that follows it; escapes are left as they are.
std::optional<Parameter> take_parameter(std::string_view& text) {
  text = trim(text);
  if (!text.starts_with(';')) return std::nullopt;
  text = trim(text.substr(1));
  Parameter parameter;
  parameter.name = text.substr(0, text.find('='));
  if (!is_token(parameter.name) || parameter.name.size() == text.size()) return std::nullopt;
  text.remove_prefix(parameter.name.size() + 1);
  if (!text.starts_with('"')) {
    const auto* const end = find_token_end(text.data(), text.data() + text.size());
    parameter.value = {text.data(), end};
    text.remove_prefix(parameter.value.size());
    return parameter.value.empty() ? std::nullopt : std::optional{parameter};
  }
  std::size_t close = 1;
  while (close < text.size() && text[close] != '"') close += text[close] == '\\' ? 2 : 1;
  if (close >= text.size()) return std::nullopt;
  parameter.value = text.substr(1, close - 1);
  text.remove_prefix(close + 1);
  return parameter;
}

Result<void> read_disposition(std::string_view value, Part& part) {
  const auto kind = value.substr(0, value.find(';'));
  if (!equals_ignore_case(trim(kind), "form-data")) return malformed("a part is not form-data");
  bool named = false;
  bool has_filename = false;
  for (value.remove_prefix(kind.size()); !trim(value).empty();) {
    const auto parameter = take_parameter(value);
    if (!parameter) return malformed("a part's Content-Disposition cannot be read");
    if (equals_ignore_case(parameter->name, "name")) {
      if (std::exchange(named, true)) return malformed("a part has two names");
      part.name = parameter->value;
    } else if (equals_ignore_case(parameter->name, "filename")) {
      if (std::exchange(has_filename, true)) return malformed("a part has two file names");
      part.filename = parameter->value;
    } else if (equals_ignore_case(parameter->name, "filename*") && !has_filename) {
      part.filename = parameter->value;
    } else if (equals_ignore_case(parameter->name, "name*")) {
      return malformed("a part has a second form of its name, which RFC 7578 forbids");
    }
  }
  // A backslash in a name is an escape to some readers and itself to others.
  if (!named || part.name.find('\\') != std::string_view::npos) {
    return malformed("a part has no plain name");
  }
  return {};
}

Result<void> read_part_field(std::string_view line, Part& part, bool& has_disposition) {
  const auto name = line.substr(0, line.find(':'));
  if (!is_token(name) || name.size() == line.size()) return malformed("a part's field has no name");
  const auto value = trim(line.substr(name.size() + 1));
  if (!is_field_value(value)) return malformed("a control character in a part's field");
  if (equals_ignore_case(name, "content-disposition")) {
    if (std::exchange(has_disposition, true)) return malformed("a part has two dispositions");
    return read_disposition(value, part);
  }
  if (equals_ignore_case(name, "content-type")) {
    if (!part.content_type.empty()) return malformed("a part has two content types");
    part.content_type = value;
  }
  if (equals_ignore_case(name, "content-transfer-encoding") &&
      (equals_ignore_case(value, "base64") || equals_ignore_case(value, "quoted-printable"))) {
    return malformed("a part has a transfer encoding, which RFC 7578 does not know");
  }
  return {};
}

}  // namespace

Result<Part> take_part_head(std::string_view& rest, std::string_view dashed_boundary) {
  Part part;
  bool has_disposition = false;
  std::size_t head_bytes = 0;
  for (std::size_t fields = 0;; ++fields) {
    const auto line = rest.substr(0, rest.substr(0, kPartHeadBytesMax).find("\r\n"));
    head_bytes += line.size() + 2;
    if (fields > kPartFieldsMax || head_bytes > kPartHeadBytesMax || line.size() == rest.size()) {
      return malformed("a part's head does not end");
    }
    rest.remove_prefix(line.size() + 2);
    if (line.empty()) break;
    if (line.starts_with(dashed_boundary)) return malformed("a boundary in a part's head");
    TG_TRY_DONE(read_part_field(line, part, has_disposition));
  }
  if (!has_disposition) return malformed("a part has no Content-Disposition");
  return part;
}

namespace {

// Where the part's data ends: before the CR LF of the next delimiter. A boundary at the start of a
// line that does not end in CR LF is a delimiter to some readers and data to others: refused.
Result<std::size_t> find_part_end(std::string_view rest, std::string_view dashed_boundary) {
  for (std::size_t from = 0;;) {
    // memmem stays linear, where std::string_view::find compares anew at each first byte.
    const void* const found = memmem(rest.data() + from, rest.size() - from, dashed_boundary.data(),
                                     dashed_boundary.size());
    if (found == nullptr) return malformed("the last part does not end");
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
    if (rest.substr(0, at).ends_with("\r\n")) return at - 2;
    if (at == 0 || rest[at - 1] == '\n' || rest[at - 1] == '\r') {
      return malformed("a boundary is not set off by CR LF");
    }
    from = at + 1;
  }
}

}  // namespace

Result<std::string_view> boundary_of(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  if (!equals_ignore_case(trim(type), "multipart/form-data")) {
    return malformed("the content type is not multipart/form-data");
  }
  std::string_view boundary;
  for (content_type.remove_prefix(type.size()); !trim(content_type).empty();) {
    const auto parameter = take_parameter(content_type);
    if (!parameter) return malformed("the content type's parameters cannot be read");
    if (!equals_ignore_case(parameter->name, "boundary")) continue;
    if (!boundary.empty()) return malformed("the content type names two boundaries");
    boundary = parameter->value;
    if (!is_boundary(boundary)) return malformed("the content type's boundary is not valid");
  }
  if (boundary.empty()) return malformed("the content type names no boundary");
  return boundary;
}

Result<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary) {
  if (!is_boundary(boundary)) return malformed("the boundary is not valid");
  const std::string dashed_boundary = std::string{"--"}.append(boundary);
  if (!body.starts_with(dashed_boundary)) {
    return malformed("the body does not begin with its boundary");
  }
  std::string_view rest = body.substr(dashed_boundary.size());
  std::vector<Part> parts;
  while (!rest.starts_with("--")) {
    if (!rest.starts_with("\r\n")) return malformed("something follows a boundary");
    rest.remove_prefix(2);
    if (parts.size() == kPartsMax) return malformed("the body has more than 64 parts");
    TG_TRY(Part part, take_part_head(rest, dashed_boundary));
    TG_TRY(const std::size_t size, find_part_end(rest, dashed_boundary));
    part.body = rest.substr(0, size);
    rest.remove_prefix(size + 2 + dashed_boundary.size());
    parts.push_back(part);
  }
  rest.remove_prefix(2);
  if (!rest.empty() && rest != "\r\n") return malformed("something follows the last boundary");
  return parts;
}

Result<std::string> rewrite_field(std::string_view body, std::string_view boundary,
                                  std::string_view name, std::string_view value) {
  const bool plain_name = std::none_of(name.begin(), name.end(), [](char c) {
    return is_control(c) || c == '"' || c == '\\' || c == '%';
  });
  if (name.empty() || !plain_name || !is_field_value(value) || value.starts_with("--")) {
    return fail(Code::kFieldInvalid, "the name or value cannot be written into a form");
  }
  TG_TRY(const std::vector<Part> parts, parse_multipart(body, boundary));
  const Part* found = nullptr;
  for (const Part& part : parts) {
    if (part.name != name) continue;
    if (found != nullptr) return malformed("a field that must be single stands there twice");
    if (!part.filename.empty()) return malformed("a field that must be text is a file");
    found = &part;
  }

  std::string out;
  out.reserve(body.size() + value.size() + boundary.size() + name.size() + 64);
  if (found != nullptr) {
    const auto before = static_cast<std::size_t>(found->body.data() - body.data());
    out.append(body.substr(0, before)).append(value);
    return out.append(body.substr(before + found->body.size()));
  }
  out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
  out.append(name).append("\"\r\n\r\n").append(value).append("\r\n");
  return out.append(body);
}

}  // namespace tg::http
