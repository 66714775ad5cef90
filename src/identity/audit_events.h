// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The audit log's event types: OpenAI's, of its description and its SDKs, and our own.
//
// Threading:  pure.
namespace tg::identity {

// One of OpenAI's, whether anything here makes it or not.
[[nodiscard]] bool is_openai_event(std::string_view type) noexcept;
// "tollgate." and lower-case words between dots.
[[nodiscard]] bool is_own_event(std::string_view type) noexcept;

}  // namespace tg::identity
