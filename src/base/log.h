// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

// One JSON line per event on standard error, or a readable line where that is a terminal.
// The message is a literal that never changes; what differs stands in fields, so that lines can be
// counted and searched. docs/logs.md lists both.
//
// Threading:  any thread; one write per line.
// Secrets:    never pass a key, credential, password, cookie or prompt as a field. Ids are fine.
namespace tg {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, bool> value;

  LogField(std::string_view field, std::string_view text) : name{field}, value{text} {}
  LogField(std::string_view field, const char* text) : name{field}, value{std::string_view{text}} {}
  LogField(std::string_view field, bool flag) : name{field}, value{flag} {}
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  LogField(std::string_view field, Number number)
      : name{field}, value{static_cast<std::int64_t>(number)} {}
};

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

void set_log_level(LogLevel least) noexcept;

}  // namespace tg
