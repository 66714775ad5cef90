// SPDX-License-Identifier: Apache-2.0
#include "openai/model_name.h"

#include <algorithm>

namespace tg::openai {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

// '0' stands for any digit.
bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form, [](char c, char wanted) {
    return wanted == '0' ? c >= '0' && c <= '9' : c == wanted;
  });
}

// The end that says which snapshot it is: OpenAI's and Anthropic's days, months, Google's numbers.
std::size_t snapshot_size(std::string_view name) {
  if (name.ends_with("-latest")) return std::string_view{"-latest"}.size();
  for (const std::string_view form :
       {"-0000-00-00", "-00000000", "@00000000", "-0000", "-000"}) {
    if (name.size() > form.size() && has_form(name.substr(name.size() - form.size()), form)) {
      return form.size();
    }
  }
  return 0;
}

struct Name {
  std::string_view family;
  std::string_view snapshot;  // "": not said
  std::string_view rest;      // of a fine-tuned model, whose and which
};

Name split(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  Name parts;
  if (name.starts_with("ft:")) {
    const auto end = std::min(name.find(':', 3), name.size());
    parts.rest = name.substr(end);
    name = name.substr(0, end);
  }
  const auto snapshot = snapshot_size(name);
  parts.family = name.substr(0, name.size() - snapshot);
  parts.snapshot = name.substr(name.size() - snapshot);
  if (parts.snapshot == "-latest") parts.snapshot = {};
  return parts;
}

}  // namespace

bool is_same_model(std::string_view asked, std::string_view served) noexcept {
  if (equal(asked, served)) return true;
  const auto left = split(asked);
  const auto right = split(served);
  if (!equal(left.family, right.family) || !equal(left.rest, right.rest)) return false;
  return left.snapshot.empty() || right.snapshot.empty() || left.snapshot == right.snapshot;
}

std::string_view model_family(std::string_view name) noexcept { return split(name).family; }

}  // namespace tg::openai
