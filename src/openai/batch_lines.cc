// SPDX-License-Identifier: Apache-2.0
#include "openai/batch_lines.h"

#include <algorithm>

#include "openai/json_document.h"
#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

struct Line {
  std::string url;
  std::string body;
  int members = 0;  // of those two
};

Result<Line> split_line(std::string_view text) {
  const Document document{text};
  if (!document.is_object()) return fail(Code::kBodyMalformed, "a line is no JSON object");
  Line line;
  each_member(document.root(), [&line](std::string_view key, element value) {
    if (key == "url") line.url = text_or_empty(value);
    if (key == "body" && value.is_object()) line.body = simdjson::minify(value);
    line.members += key == "url" || key == "body";
  });
  if (line.members != 2) {
    return fail(Code::kBodyMalformed, "a line needs one url and one body, which is an object");
  }
  return line;
}

}  // namespace

std::optional<std::string_view> Lines::next() {
  for (;;) {
    const auto end = bytes_.find('\n', taken_);
    if (end == std::string::npos) {
      bytes_.erase(0, taken_);
      taken_ = 0;
      return std::nullopt;
    }
    auto line = std::string_view{bytes_}.substr(taken_, end - taken_);
    taken_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) return line;
  }
}

Result<void> Lines::feed(std::string_view piece) {
  // What is left is one line's beginning.
  const auto of_it = std::min(piece.find('\n'), piece.size());
  if (bytes_.size() + of_it > bytes_max_) return fail(Code::kBodyMalformed, "a line is too long");
  bytes_.append(piece);
  return {};
}

void Lines::finish() {
  if (!bytes_.empty() && !bytes_.ends_with('\n')) bytes_ += '\n';
}

bool may_be_batched(Endpoint endpoint) noexcept {
  switch (endpoint) {
    case Endpoint::kChatCompletions:
    case Endpoint::kResponses:
    case Endpoint::kCompletions:
    case Endpoint::kEmbeddings:
    case Endpoint::kModerations: return true;
    default: return false;
  }
}

Result<BatchLine> read_batch_line(std::string_view text) {
  TG_TRY(const auto line, split_line(text));
  const auto endpoint = model_endpoint(line.url);
  if (!endpoint || !may_be_batched(*endpoint)) {
    return fail(Code::kBodyMalformed, "a line's url is no endpoint that a batch can ask");
  }
  BatchLine read{.endpoint = *endpoint, .request = {}};
  TG_TRY(read.request, peek_json(*endpoint, line.body));
  if (read.request.stream || read.request.background) {
    return fail(Code::kBodyMalformed, "a batch's requests can neither stream nor go on");
  }
  return read;
}

std::optional<Answer> read_batch_result(Endpoint endpoint, std::string_view line) {
  std::string body;
  std::int64_t status = 0;
  {
    const Document document{line};
    if (!document.is_object()) return std::nullopt;
    each_member(document.root(), [&](std::string_view key, element value) {
      if (key != "response") return;
      each_member(value, [&](std::string_view name, element inner) {
        if (name == "status_code") (void)inner.get_int64().get(status);
        if (name == "body" && inner.is_object()) body = simdjson::minify(inner);
      });
    });
  }
  if (status != 200 || body.empty()) return std::nullopt;
  Answer answer;
  read_answer(endpoint, body, answer);
  return answer;
}

}  // namespace tg::openai
