// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Paths of OpenAI's API whose use cannot be metered yet: they are closed, and never passed on.
//
// Threading:  pure.
namespace tg::openai {

// The family that `path` belongs to, "/v1/videos"; empty where it is none of them.
[[nodiscard]] std::string_view closed_family(std::string_view path) noexcept;

}  // namespace tg::openai
