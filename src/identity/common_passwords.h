// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Whether a password is among those that attackers try first. A list of the thousands would hold
// little of twelve characters and more: those are short common words with digits and signs around
// them, repetitions, and walks over the keyboard. So these shapes are recognized, and a list has
// what else is long and common.
//
// Threading:  pure.
namespace tg::identity {

// `password` in lower case.
[[nodiscard]] bool is_common_password(std::string_view password);

}  // namespace tg::identity
