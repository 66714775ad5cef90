// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Paths of OpenAI's API whose use cannot be metered yet: they are closed, and never passed on.
//
// Threading:  pure.
namespace tg::openai {

// Whether `path` is the family's own, or one below it.
[[nodiscard]] bool is_below(std::string_view path, std::string_view family) noexcept;

// The family that `path` belongs to, "/v1/videos"; empty where it is none of them.
[[nodiscard]] std::string_view closed_family(std::string_view path) noexcept;

}  // namespace tg::openai
