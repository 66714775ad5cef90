// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "openai/json.h"
#include "openai/json_document.h"
#include "openai/request_peek.h"

namespace tg::openai {
namespace {

constexpr std::string_view kIncludeUsage = R"("include_usage":true)";

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// stream_options as the client wrote it, with include_usage true.
std::string with_usage(std::string_view options) {
  const Document document{options};
  if (!document.is_object()) return fmt::format("{{{}}}", kIncludeUsage);
  MemberSpans spans{document, options};
  std::size_t index = 0;
  for (const auto [key, value] : document.object()) {
    if (key == "include_usage") {
      const auto [offset, size] = spans.value(index);
      return fmt::format("{}true{}", options.substr(0, offset), options.substr(offset + size));
    }
    ++index;
  }
  const auto inner = spans.after_opening_brace();
  return fmt::format("{}{}{}{}", options.substr(0, inner), kIncludeUsage, index == 0 ? "" : ",",
                     options.substr(inner));
}

struct Edit {
  ValueSpan span;
  std::string text;
};

std::string apply(std::string_view body, std::span<Edit> edits) {
  std::ranges::sort(edits, {}, [](const Edit& edit) { return edit.span.offset; });
  std::string out;
  out.reserve(body.size() + 512);
  std::size_t done = 0;
  for (const auto& [span, text] : edits) {
    TG_CHECK(span.offset >= done && span.offset + span.size <= body.size());
    out.append(body, done, span.offset - done).append(text);
    done = span.offset + span.size;
  }
  return std::move(out.append(body, done));
}

}  // namespace

std::string rewrite_json(std::string_view body, const RequestPeek& peek, const Rewrite& rewrite) {
  std::vector<Edit> edits;
  std::string first;  // what becomes the object's first members
  const auto insert = [&first](std::string_view member) {
    if (!first.empty()) first += ',';
    first += member;
  };
  const auto set = [&](std::string_view name, const std::optional<ValueSpan>& span,
                       std::string value) {
    if (span) {
      edits.push_back({*span, std::move(value)});
    } else {
      insert(fmt::format(R"("{}":{})", name, value));
    }
  };
  if (!rewrite.model.empty()) set("model", peek.model_value, quoted(rewrite.model));
  if (rewrite.include_usage) {
    if (const auto span = peek.stream_options_value) {
      edits.push_back({*span, with_usage(body.substr(span->offset, span->size))});
    } else {
      insert(fmt::format(R"("stream_options":{{{}}})", kIncludeUsage));
    }
  }
  if (rewrite.output_tokens_max > 0) {
    const auto cap = std::to_string(rewrite.output_tokens_max);
    for (const auto& span : peek.output_limit_values) edits.push_back({span, cap});
    if (peek.output_limit_values.empty()) {
      insert(fmt::format(R"("{}":{})", rewrite.output_limit_name, cap));
    }
  }
  if (!rewrite.service_tier.empty()) {
    set("service_tier", peek.service_tier_value, quoted(rewrite.service_tier));
  }
  if (rewrite.store_nothing) set("store", peek.store_value, "false");
  if (!first.empty()) {
    if (!peek.empty_object) first += ',';
    edits.push_back({{peek.first_member_offset, 0}, std::move(first)});
  }
  return apply(body, std::span{edits});
}

}  // namespace tg::openai
