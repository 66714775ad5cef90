// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Whether what answered is what was asked for, by their names alone.
//
// Threading:  pure.
namespace tg::openai {

// The same but for case, a folder in front ("openai/gpt-4o") and a snapshot's date, or "latest",
// that one of them leaves open: "gpt-4o" is "gpt-4o-2024-08-06", which is not "gpt-4o-2024-05-13".
[[nodiscard]] bool is_same_model(std::string_view asked, std::string_view served) noexcept;

// Without its folder and its date: "gpt-4o" of "openai/gpt-4o-2024-08-06".
[[nodiscard]] std::string_view model_family(std::string_view name) noexcept;

}  // namespace tg::openai
