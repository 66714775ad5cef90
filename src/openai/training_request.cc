// SPDX-License-Identifier: Apache-2.0
#include "openai/training_request.h"

#include <algorithm>
#include <array>
#include <optional>

#include "openai/json_document.h"
#include "openai/object_path.h"
#include "openai/references.h"
#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

// OpenAI takes 50; more than any provider does would only make a sum that says nothing.
constexpr std::int64_t kEpochsMax = 1'000;
constexpr int kDepthMax = 64;

constexpr const char* kTwice = "a field is given twice; an upstream might read the other";

// The members of those names, each at most once; null counts as none.
template <std::size_t size>
Result<std::array<std::optional<element>, size>> members(
    element value, const std::array<std::string_view, size>& names) {
  std::array<std::optional<element>, size> found{};
  std::array<int, size> seen{};
  each_member(value, [&](std::string_view key, element inner) {
    const auto name = std::ranges::find(names, key);
    if (name == names.end()) return;
    const auto index = static_cast<std::size_t>(name - names.begin());
    ++seen.at(index);
    if (!inner.is_null()) found.at(index) = inner;
  });
  if (std::ranges::any_of(seen, [](int times) { return times > 1; })) {
    return fail(Code::kBodyMalformed, kTwice);
  }
  return found;
}

Result<std::optional<element>> member(element value, std::string_view name) {
  TG_TRY(const auto found, members<1>(value, {name}));
  return found.front();
}

Result<void> check_object(const std::optional<element>& value, const char* problem) {
  if (value && !value->is_object()) return fail(Code::kBodyMalformed, problem);
  return {};
}

// Nothing: "auto", or not said.
Result<std::optional<std::int64_t>> read_epochs(const std::optional<element>& hyperparameters) {
  TG_TRY_DONE(check_object(hyperparameters, "hyperparameters must be an object"));
  if (!hyperparameters) return std::nullopt;
  TG_TRY(const auto epochs, member(*hyperparameters, "n_epochs"));
  if (!epochs || text_or_empty(*epochs) == "auto") return std::nullopt;
  std::int64_t number = 0;
  if (epochs->get_int64().get(number) != simdjson::SUCCESS || number < 1 || number > kEpochsMax) {
    return fail(Code::kBodyMalformed, "n_epochs must be \"auto\" or a whole number from 1 to 1000");
  }
  return number;
}

Result<void> read_method(element method, TrainingRequest& request) {
  using enum TrainingRequest::Method;
  static constexpr std::array<std::string_view, 4> kNames{"type", "supervised", "dpo",
                                                          "reinforcement"};
  if (!method.is_object()) return fail(Code::kBodyMalformed, "method must be an object");
  TG_TRY(const auto found, members(method, kNames));
  const auto type = found[0] ? text_or_empty(*found[0]) : std::string_view{};
  if (type == "reinforcement" || found[3]) {
    request.method = kReinforcement;
    return {};
  }
  if (type != "supervised" && type != "dpo") {
    return fail(Code::kBodyMalformed, "method.type must be supervised or dpo");
  }
  request.method = type == "dpo" ? kDpo : kSupervised;
  for (const std::size_t index : {1, 2}) {
    if (!found.at(index)) continue;
    TG_TRY_DONE(check_object(found.at(index), "a method's settings must be an object"));
    TG_TRY(const auto hyperparameters, member(*found.at(index), "hyperparameters"));
    TG_TRY(const auto epochs, read_epochs(hyperparameters));
    if (!epochs) continue;
    request.epochs = std::max(request.epochs, *epochs);
    if (kNames.at(index) == type) request.epochs_left_open = false;
  }
  return {};
}

Result<std::string> read_file(const std::optional<element>& value, const char* problem) {
  if (!value) return std::string{};
  const auto id = text_or_empty(*value);
  if (!is_object_id(id)) return fail(Code::kBodyMalformed, problem);
  return std::string{id};
}

// The image that a message's part is, where it stands in the part: {"type": "image_url",
// "image_url": {"url": "data:…"}} and nothing else, for what stands beside it might be text.
std::int64_t image_bytes(element part) {
  int count = 0;
  bool typed = false;
  std::int64_t bytes = 0;
  each_member(part, [&](std::string_view key, element value) {
    ++count;
    typed |= key == "type" && text_or_empty(value) == "image_url";
    if (key != "image_url") return;
    const auto take = [&bytes](std::string_view url) {
      if (url.starts_with("data:image/")) bytes += static_cast<std::int64_t>(url.size());
    };
    take(text_or_empty(value));
    each_member(value, [&](std::string_view name, element url) {
      if (name == "url") take(text_or_empty(url));
    });
  });
  return typed && count == 2 ? bytes : 0;
}

template <typename Visit>
void each_item(element value, Visit visit) {
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return;
  for (const element item : items) visit(item);
}

// Of the messages' parts: of a chat, and of what is answered in two ways (dpo).
std::int64_t images_in_messages(element line) {
  std::int64_t bytes = 0;
  const auto add_messages = [&bytes](std::string_view key, element messages) {
    if (key != "messages") return;
    each_item(messages, [&bytes](element message) {
      each_member(message, [&bytes](std::string_view name, element content) {
        if (name == "content")
          each_item(content, [&](element part) { bytes += image_bytes(part); });
      });
    });
  };
  each_member(line, [&](std::string_view key, element value) {
    add_messages(key, value);
    if (key == "input") each_member(value, add_messages);
  });
  return bytes;
}

// Anywhere: one that is none costs only what is held for it.
std::int64_t count_images(element value, int depth) {
  if (depth > kDepthMax) return 0;
  std::int64_t count = 0;
  each_item(value, [&](element item) { count += count_images(item, depth + 1); });
  each_member(value, [&](std::string_view key, element inner) {
    count += key == "image_url" ? 1 : count_images(inner, depth + 1);
  });
  return count;
}

}  // namespace

Result<TrainingRequest> read_training_request(std::string_view body) {
  const Document document{body};
  TG_TRY_DONE(document.check());
  if (!document.is_object()) return fail(Code::kBodyMalformed, "the body must be an object");
  static constexpr std::array<std::string_view, 5> kNames{
      "model", "training_file", "validation_file", "hyperparameters", "method"};
  TG_TRY(const auto found, members(document.root(), kNames));
  TrainingRequest request;
  request.model = found[0] ? text_or_empty(*found[0]) : std::string_view{};
  if (request.model.empty())
    return fail(Code::kBodyMalformed, "model must name the model to train");
  TG_TRY(request.training_file, read_file(found[1], "training_file must be an uploaded file's id"));
  if (request.training_file.empty()) {
    return fail(Code::kBodyMalformed, "training_file must be an uploaded file's id");
  }
  TG_TRY(request.validation_file,
         read_file(found[2], "validation_file must be an uploaded file's id"));
  TG_TRY(const auto epochs, read_epochs(found[3]));
  request.epochs = epochs.value_or(0);
  request.epochs_left_open = !epochs || found[4];
  if (found[4]) {
    TG_TRY_DONE(read_method(*found[4], request));
    // Who reads either of two places must find it there.
    if (found[3] && !epochs) request.epochs_left_open = true;
  }
  return request;
}

Result<TrainingLine> read_training_line(std::string_view text) {
  const Document document{text};
  if (!document.is_object()) return fail(Code::kBodyMalformed, "a line is no JSON object");
  References references;
  add_references(document.root(), references);
  if (!references.empty()) {
    return fail(Code::kBodyMalformed, "a line names a file, and how much that is cannot be told");
  }
  const auto in_images = images_in_messages(document.root());
  return TrainingLine{.bytes = static_cast<std::int64_t>(text.size()) - in_images,
                      .images = count_images(document.root(), 0)};
}

}  // namespace tg::openai
