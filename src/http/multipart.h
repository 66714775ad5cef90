// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// multipart/form-data (RFC 7578): what images and audio are uploaded with. The whole body is in
// memory. Strict, because the provider reads the same bytes again: no preamble, no epilogue, no
// padding after a delimiter, one Content-Disposition a part, no other transfer encoding.
//
// Threading:  pure functions.
// Lifetime:   parts are views into the body.
// Limits:     64 parts, 16 fields and 8 KiB of fields a part, a boundary of 70 bytes.
// Errors:     kBodyMalformed; kFieldInvalid for a value that cannot be written.
namespace tg::http {

inline constexpr std::size_t kPartsMax = 64;

struct Part {
  std::string_view name;      // as between its quotes
  std::string_view filename;  // as between its quotes, escapes unresolved; empty for a text field
  std::string_view content_type;  // empty when not said
  std::string_view body;
};

// The boundary named by "multipart/form-data; boundary=...".
[[nodiscard]] Result<std::string_view> boundary_of(std::string_view content_type);

[[nodiscard]] Result<std::vector<Part>> parse_multipart(std::string_view body,
                                                        std::string_view boundary);

// The body with the text field's value replaced, and every other byte as it was. A field that is
// missing is added as the first part. A field that stands there twice is refused: nobody can say
// which of the two the provider believes.
[[nodiscard]] Result<std::string> rewrite_field(std::string_view body, std::string_view boundary,
                                                std::string_view name, std::string_view value);

}  // namespace tg::http
