// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/short_text.h"
#include "openai/usage.h"

// The provider's own tools, of which it charges some by the call beside the tokens: which of them a
// request allows, and which calls an answer tells of.
//
// Threading:  values.
// Limits:     64 containers of one answer; who works in more is charged for so many.
namespace tg::openai {

struct HostedTools {
  bool web_search = false;
  bool file_search = false;
  bool code_interpreter = false;
  // These are charged by their tokens.
  bool image_generation = false;
  bool mcp = false;
  bool shell = false;  // in a container of the provider's
  // Any of them, because a stored prompt says which.
  bool unknown = false;
  // Chat answers search once, and not as often as the model likes.
  bool once = false;
  ShortText search_context;  // "low", "medium", "high"; "": not said

  [[nodiscard]] bool any() const noexcept {
    return web_search || file_search || code_interpreter || unknown;
  }
};

struct ToolCalls {
  static constexpr std::size_t kContainersMax = 64;

  std::int64_t web_searches = 0;
  std::int64_t file_searches = 0;
  std::optional<std::int64_t> web_searches_told;  // as a number: it holds
  std::vector<std::string> containers;            // that code ran in, each once
  // What the provider charges and the answer gives no number of: images that a tool made.
  bool uncounted = false;

  [[nodiscard]] std::int64_t web_search_calls() const noexcept {
    return web_searches_told.value_or(web_searches);
  }
  [[nodiscard]] bool any() const noexcept {
    return web_search_calls() > 0 || file_searches > 0 || !containers.empty() || uncounted;
  }
  // What a usage object told already is not added again. A container that the request names was
  // paid for by whoever made it.
  void add_to(Usage& usage, std::span<const std::string> named) const noexcept;
};

// A word that chooses a price, as "priority" or "1024x1536": letters, digits, `-_.:`, 39 at most.
// What is none is as if it were not said.
[[nodiscard]] ShortText word_of(std::string_view text) noexcept;

}  // namespace tg::openai
