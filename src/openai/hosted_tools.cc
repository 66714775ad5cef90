// SPDX-License-Identifier: Apache-2.0
#include "openai/hosted_tools.h"

#include <algorithm>

namespace tg::openai {

void ToolCalls::add_to(Usage& usage, std::span<const std::string> named) const noexcept {
  const auto sessions = std::ranges::count_if(containers, [named](const std::string& container) {
    return std::ranges::find(named, container) == named.end();
  });
  usage.web_search_calls = std::max(usage.web_search_calls, web_search_calls());
  usage.file_search_calls = std::max(usage.file_search_calls, file_searches);
  usage.code_interpreter_sessions =
      std::max<std::int64_t>(usage.code_interpreter_sessions, sessions);
}

ShortText word_of(std::string_view text) noexcept {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.' || c == ':';
  };
  if (text.size() > ShortText::kBytesMax || !std::ranges::all_of(text, fits)) return {};
  return text;
}

}  // namespace tg::openai
