// SPDX-License-Identifier: Apache-2.0
#include "base/number_text.h"

#include <fmt/format.h>

namespace tg {
namespace {

template <typename Number>
void append(std::string& out, Number number) {
  const fmt::format_int text{number};
  out.append(text.data(), text.size());
}

}  // namespace

void append_number(std::string& out, std::int64_t number) { append(out, number); }
void append_number(std::string& out, std::uint64_t number) { append(out, number); }

}  // namespace tg
