// SPDX-License-Identifier: Apache-2.0
#include "admin/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "openai/error_table.h"

namespace tg::admin {
namespace {

constexpr int kNestingMax = 16;
constexpr std::size_t kTextBytesMax = 8192;
constexpr std::size_t kTextsMax = 1000;

// Null for a field that is absent or null.
const Json* find(const Json& arguments, std::string_view field) {
  const auto found = arguments.find(field);
  return found == arguments.end() || found->is_null() ? nullptr : &*found;
}

// Watches the parser pass: what it refuses is neither deeper nor more ambiguous than we allow.
class Watcher {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    if (depth > kNestingMax) too_deep_ = true;
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end && !names_.empty()) names_.pop_back();
    if (event == Json::parse_event_t::key && !names_.empty()) {
      const auto& name = value.get_ref<const std::string&>();
      if (!names_.back().insert(name).second && twice_.empty()) twice_ = name;
    }
    return true;
  }

  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] const std::string& twice() const { return twice_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string twice_;
  bool too_deep_ = false;
};

}  // namespace

ApiResult<Json> parse_object(std::string_view text) {
  Watcher watcher;
  // The parser itself does not recurse, so a deep body costs memory in proportion to its size only.
  auto parsed = Json::parse(
      text,
      [&watcher](int depth, Json::parse_event_t event, const Json& value) {
        return watcher(depth, event, value);
      },
      /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    return refuse(Code::kBodyNotJson, "The request's body is not JSON.");
  }
  if (watcher.too_deep()) {
    return refuse(Code::kBodyMalformed, "The request's JSON is nested more than 16 deep.");
  }
  if (!watcher.twice().empty()) {
    return refuse(Code::kBodyMalformed,
                  fmt::format("The field '{}' stands twice.", watcher.twice()), watcher.twice());
  }
  if (!parsed.is_object()) {
    return refuse(Code::kBodyMalformed, "The request's body must be a JSON object.");
  }
  return parsed;
}

ApiResult<void> refuse_unknown_fields(const Json& arguments,
                                      std::initializer_list<std::string_view> known) {
  for (const auto& [field, value] : arguments.items()) {
    if (std::ranges::find(known, field) != known.end()) continue;
    return refuse(Code::kFieldInvalid,
                  known.size() == 0
                      ? fmt::format("Unknown field '{}': nothing is expected here.", field)
                      : fmt::format("Unknown field '{}'. The fields here are: {}.", field,
                                    fmt::join(known, ", ")),
                  field);
  }
  return {};
}

ApiResult<std::string> optional_text(const Json& arguments, std::string_view field) {
  const auto* value = find(arguments, field);
  if (value == nullptr) return std::string{};
  if (!value->is_string()) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' must be a text.", field),
                  std::string{field});
  }
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > kTextBytesMax) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is longer than 8 KiB.", field),
                  std::string{field});
  }
  return text;
}

ApiResult<std::string> required_text(const Json& arguments, std::string_view field) {
  auto text = optional_text(arguments, field);
  if (text && text->empty()) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is missing.", field), std::string{field});
  }
  return text;
}

ApiResult<std::optional<std::vector<std::string>>> optional_texts(const Json& arguments,
                                                                  std::string_view field) {
  const auto* value = find(arguments, field);
  if (value == nullptr) return std::optional<std::vector<std::string>>{};
  const bool all_texts = value->is_array() && std::ranges::all_of(*value, [](const Json& item) {
                           return item.is_string();
                         });
  if (!all_texts) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' must be a list of texts.", field),
                  std::string{field});
  }
  if (value->size() > kTextsMax) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' has more than 1,000 items.", field),
                  std::string{field});
  }
  std::vector<std::string> texts;
  for (const auto& item : *value) texts.push_back(item.get<std::string>());
  return std::optional{std::move(texts)};
}

ApiResult<bool> optional_flag(const Json& arguments, std::string_view field, bool otherwise) {
  const auto* value = find(arguments, field);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' must be true or false.", field),
                  std::string{field});
  }
  return value->get<bool>();
}

ApiResult<std::int64_t> optional_number(const Json& arguments, std::string_view field,
                                        std::int64_t otherwise, std::int64_t least,
                                        std::int64_t most) {
  const auto* value = find(arguments, field);
  if (value == nullptr) return otherwise;
  const bool in_range = value->is_number_integer() &&
                        (!value->is_number_unsigned() ||
                         value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most)) &&
                        value->get<std::int64_t>() >= least && value->get<std::int64_t>() <= most;
  if (!in_range) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' must be a whole number from {} to {}.", field, least, most),
                  std::string{field});
  }
  return value->get<std::int64_t>();
}

ApiError to_api_error(const Error& error, std::string_view param) {
  std::string message{error.detail};
  if (message.empty()) message = openai::error_row(error.code).message;
  if (error.system_errno != 0) {
    message += fmt::format(" ({})", std::generic_category().message(error.system_errno));
  }
  // Below, a name or an address that cannot be meant is a matter of configuration; here it is what
  // somebody has just sent.
  const auto code = error.code == Code::kConfiguration ? Code::kFieldInvalid : error.code;
  return {.code = code, .message = std::move(message), .param = std::string{param}};
}

}  // namespace tg::admin
