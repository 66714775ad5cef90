// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/arguments.h"
#include "base/money.h"

// Reads what alerts are asked to be.
//
// Threading:  pure.
// Errors:     kFieldInvalid with the field that is at fault and what would do in its place.
namespace tg::admin {

inline constexpr std::int64_t kNanousdPerCent = 10'000'000;
inline constexpr std::int64_t kCentsMax = 100'000'000'000;  // a thousand million dollars

// Null counts as absent.
[[nodiscard]] bool is_given(const Json& fields, const char* field);

// "recipients" and "subject_prefix" in `fields`; refusals name them behind `path`. Nothing where
// they are absent.
[[nodiscard]] ApiResult<std::optional<std::vector<std::string>>> read_recipients(
    const Json& fields, std::string_view path = {});
[[nodiscard]] ApiResult<std::optional<std::string>> read_subject_prefix(const Json& fields,
                                                                        std::string_view path = {});

// A threshold in dollars and cents.
[[nodiscard]] ApiResult<NanoUsd> read_threshold(const Json& arguments, std::string_view field);
// Different ones from 1 to 100, in any order; they come back ascending.
[[nodiscard]] ApiResult<std::vector<int>> read_percents(const Json& arguments,
                                                        std::string_view field);

}  // namespace tg::admin
