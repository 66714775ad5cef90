// SPDX-License-Identifier: Apache-2.0
#include "admin/later_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace tg::admin {
namespace {

// An export's lines have up to 16 KiB of detail, every byte of it escaped.
constexpr std::size_t kLineBytesMax = 256UL * 1024;

std::string text_or_empty(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// Entries of `tollgate audit export`, and in shape of what `client.audit_logs` gives. A chain's
// head, which has no type, is an empty change.
std::optional<identity::LaterChange> parse_line(const std::string& line) {
  if (line.size() > kLineBytesMax) return std::nullopt;
  const auto json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  identity::LaterChange change{.action = text_or_empty(json, "type"),
                               .target = text_or_empty(json, "target")};
  if (change.action.empty()) change.action = text_or_empty(json, "action");
  if (change.action.empty()) return change;
  const auto at = json.find("at_unix_ms");
  if (at == json.end() || !at->is_number_integer()) return std::nullopt;
  change.unix_ms = at->get<std::int64_t>();
  return change;
}

}  // namespace

ApiResult<LaterChanges> read_later_changes(const std::filesystem::path& file, WallTime backup_at) {
  std::ifstream lines{file};
  if (!lines) {
    return refuse(Code::kNotFound, fmt::format("{} cannot be read.", file.string()), "audit");
  }
  LaterChanges later;
  std::int64_t newest_ms = 0;
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto change = parse_line(line);
    if (!change) {
      return refuse(Code::kCorrupt,
                    fmt::format("{}, line {}, is no line of 'tollgate audit export'; nothing was "
                                "changed.",
                                file.string(), number),
                    "audit");
    }
    if (change->action.empty()) continue;
    newest_ms = std::max(newest_ms, change->unix_ms);
    later.changes.push_back(*std::move(change));
  }
  later.until = from_unix_ms(newest_ms);
  if (later.until < backup_at) {
    return refuse(Code::kConflict,
                  fmt::format("{} ends before the backup was made, so it does not tell what was "
                              "revoked since; nothing was changed. Export the audit log anew, or "
                              "leave --audit away: all keys are then put on hold.",
                              file.string()),
                  "audit");
  }
  return later;
}

}  // namespace tg::admin
