// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <memory>
#include <string>

#include "base/clock.h"

namespace tg {
namespace {

constexpr std::array kLevelNames{"debug", "info", "warning", "error"};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& sink() {
  static const auto kLogger = [] {
    auto made = std::make_shared<spdlog::logger>("tollgate",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *kLogger;
}

void append_json_string(std::string& line, std::string_view text) {
  line += '"';
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      line += '\\';
      line += character;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", byte);
    } else {
      line += character;
    }
  }
  line += '"';
}

void append_value(std::string& line, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_json_string(line, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    fmt::format_to(std::back_inserter(line), "{}", *number);
  } else {
    line += std::get<bool>(field.value) ? "true" : "false";
  }
}

std::string json_line(LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":)", format_utc(wall_now()),
                                 kLevelNames.at(static_cast<int>(level)));
  append_json_string(line, message);
  for (const auto& field : fields) {
    line += ',';
    append_json_string(line, field.name);
    line += ':';
    append_value(line, field);
  }
  line += '}';
  return line;
}

std::string readable_line(LogLevel level, std::string_view message,
                          std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{} {:7} {}", format_utc(wall_now()).substr(11, 8),
                                 kLevelNames.at(static_cast<int>(level)), message);
  for (const auto& field : fields) {
    fmt::format_to(std::back_inserter(line), "  {}=", field.name);
    append_value(line, field);
  }
  return line;
}

}  // namespace

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  const auto to = to_spdlog(level);
  if (!sink().should_log(to)) return;
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  sink().log(to,
             terminal ? readable_line(level, message, fields) : json_line(level, message, fields));
}

void set_log_level(LogLevel least) noexcept { sink().set_level(to_spdlog(least)); }

}  // namespace tg
