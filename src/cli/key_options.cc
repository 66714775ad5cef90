// SPDX-License-Identifier: Apache-2.0
#include "cli/key_options.h"

#include <charconv>
#include <optional>

namespace tg::cli {
namespace {

using admin::Json;

// "90", "45m", "12h", "30d" as seconds.
std::optional<std::int64_t> parse_duration_s(std::string_view text) {
  std::int64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc{} || count < 0) return std::nullopt;
  const std::string_view unit{parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)};
  constexpr std::int64_t kMost = 1'000'000'000;
  if (count > kMost) return std::nullopt;
  if (unit.empty() || unit == "s") return count;
  if (unit == "m") return count * 60;
  if (unit == "h") return count * 3600;
  if (unit == "d") return count * 86'400;
  return std::nullopt;
}

void add_list(const char* field, const std::vector<std::string>& items, Json& arguments) {
  if (items.empty()) return;
  const bool is_any = items.size() == 1 && items.front() == "any";
  arguments[field] = is_any ? Json::array() : Json(items);
}

}  // namespace

void add_key_options(CLI::App& command, KeyOptions& options) {
  command.add_option("--note", options.note, "for people; shown in the console");
  command.add_option("--expires-in", options.expires_in, "30d, 12h, 45m, 90s; 'never'");
  command.add_option("--preset", options.preset, "all or read_only, in place of --scope");
  command.add_option("--scope", options.scopes, "api.model.request …; again for more, 'any'");
  command.add_option("--endpoint", options.endpoints, "/v1/chat/completions …; again, 'any'");
  command.add_option("--model", options.models, "gpt-5, gpt-5* …; again for more, 'any'");
  command.add_option("--address", options.addresses, "203.0.113.0/24 …; again for more, 'any'");
}

void add_arguments(const KeyOptions& options, Json& arguments) {
  if (!options.note.empty()) arguments["note"] = options.note;
  if (!options.preset.empty()) arguments["preset"] = options.preset;
  if (options.expires_in == "never") {
    arguments["expires_in_seconds"] = nullptr;
  } else if (!options.expires_in.empty()) {
    // What is no duration is sent as it is, and refused with the field's name.
    const auto seconds = parse_duration_s(options.expires_in);
    arguments["expires_in_seconds"] = seconds ? Json(*seconds) : Json(options.expires_in);
  }
  add_list("scopes", options.scopes, arguments);
  add_list("endpoints", options.endpoints, arguments);
  add_list("models", options.models, arguments);
  add_list("addresses", options.addresses, arguments);
}

}  // namespace tg::cli
