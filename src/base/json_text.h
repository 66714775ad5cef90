// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// Text of any origin as a JSON string, in ASCII alone: what is not printable ASCII is escaped, what
// is not UTF-8 becomes U+FFFD. So no text can end its line, colour a terminal or reorder what is
// read, wherever the line is looked at.
//
// Threading:  pure.
namespace tg {

// With its quotes.
void append_json_text(std::string& out, std::string_view text);

}  // namespace tg
