// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/api_error.h"

// Reads an operation's JSON arguments. A field is absent, null or of its type; all else is refused
// with the field's name.
//
// Threading:  pure.
// Limits:     texts of 8 KiB.
namespace tg::admin {

inline constexpr std::int64_t kUnixSecondsMax = 253'402'300'799;  // the year 9999's last

// The object inside `text`, nesting at most 16 deep; kBodyNotJson, or kBodyMalformed for what is
// JSON but no object. A field that stands twice is refused, since readers differ in which one
// counts.
[[nodiscard]] ApiResult<Json> parse_object(std::string_view text);

// "Unknown field 'naem'. The fields here are: name, kind, project_id."
[[nodiscard]] ApiResult<void> refuse_unknown_fields(const Json& arguments,
                                                    std::initializer_list<std::string_view> known);

// Empty when absent or null.
[[nodiscard]] ApiResult<std::string> optional_text(const Json& arguments, std::string_view field);
[[nodiscard]] ApiResult<std::string> required_text(const Json& arguments, std::string_view field);
// Nothing when absent or null; at most 1,000 texts.
[[nodiscard]] ApiResult<std::optional<std::vector<std::string>>> optional_texts(
    const Json& arguments, std::string_view field);
[[nodiscard]] ApiResult<bool> optional_flag(const Json& arguments, std::string_view field,
                                            bool otherwise);
[[nodiscard]] ApiResult<std::int64_t> optional_number(const Json& arguments, std::string_view field,
                                                      std::int64_t otherwise, std::int64_t least,
                                                      std::int64_t most);

// What a room below could not do, in words: its own detail, else what the code means.
[[nodiscard]] ApiError to_api_error(const Error& error, std::string_view param = {});

}  // namespace tg::admin

// TG_TRY for a Result<T> whose error becomes an ApiError.
#define TG_API_TRY_WITH(holder, target, expression)                               \
  auto holder = (expression);                                                     \
  if (!holder) return std::unexpected(::tg::admin::to_api_error(holder.error())); \
  target = *std::move(holder)
#define TG_API_TRY(target, expression) \
  TG_API_TRY_WITH(TG_CONCAT(tg_result_, __LINE__), target, expression)
#define TG_API_TRY_DONE(expression)                                    \
  do {                                                                 \
    if (auto done = (expression); !done) {                             \
      return std::unexpected(::tg::admin::to_api_error(done.error())); \
    }                                                                  \
  } while (false)
