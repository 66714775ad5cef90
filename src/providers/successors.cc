// SPDX-License-Identifier: Apache-2.0
#include "providers/successors.h"

#include <cstdint>

extern "C" {
extern const unsigned char model_successors[];
extern const std::uint64_t model_successors_size;
}

namespace tg::providers {
namespace {

// What stands before `separator`, which is taken out of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto head = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return head;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto word = take_until(text, ' ');
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

Result<void> read_line(std::string_view line, Successors& into) {
  const auto kind = take_until(line, '\t');
  Successors::Entry entry{std::string{take_until(line, '\t')}, split_words(line)};
  if (entry.name.empty() || entry.candidates.empty()) {
    return fail(Code::kCorrupt, "a line of the successors has no name or no candidate");
  }
  if (kind == "retired") {
    into.retired.push_back(std::move(entry));
  } else if (kind == "default") {
    into.defaults.push_back(std::move(entry));
  } else {
    return fail(Code::kCorrupt, "a line of the successors is neither retired nor default");
  }
  return {};
}

}  // namespace

Result<Successors> Successors::load(std::string_view tsv) {
  Successors successors;
  while (!tsv.empty()) {
    const auto line = take_until(tsv, '\n');
    if (line.empty() || line.starts_with('#')) continue;
    TG_TRY_DONE(read_line(line, successors));
  }
  return successors;
}

Result<Successors> Successors::load_embedded() {
  return load({reinterpret_cast<const char*>(model_successors), model_successors_size});
}

}  // namespace tg::providers
