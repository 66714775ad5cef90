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
#include "base/json_text.h"
#include "base/log_lines.h"
#include "base/number_text.h"

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

bool for_people() {
  static const bool kTerminal = isatty(STDERR_FILENO) == 1;
  return kTerminal;
}

void append_value(std::string& line, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_json_text(line, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    append_number(line, *number);
  } else {
    line += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  LogLines line;
  line.add(wall_now(), level, message, fields);
  line.write();
}

void LogLines::add(WallTime at, LogLevel level, std::string_view message,
                   std::span<const LogField> fields) {
  if (!sink().should_log(to_spdlog(level))) return;
  if (!lines_.empty()) lines_ += '\n';
  if (for_people()) {
    append_readable(at, level, message, fields);
  } else {
    append_json(at, level, message, fields);
  }
}

void LogLines::append_json(WallTime at, LogLevel level, std::string_view message,
                           std::span<const LogField> fields) {
  lines_.append(R"({"time":")").append(time_of(at));
  lines_.append(R"(","level":")").append(kLevelNames.at(static_cast<std::size_t>(level)));
  lines_.append(R"(","message":)");
  append_json_text(lines_, message);
  for (const auto& field : fields) {
    lines_.append(R"(,")").append(field.name).append(R"(":)");
    append_value(lines_, field);
  }
  lines_ += '}';
}

void LogLines::append_readable(WallTime at, LogLevel level, std::string_view message,
                               std::span<const LogField> fields) {
  fmt::format_to(std::back_inserter(lines_), "{} {:7} {}", time_of(at).substr(11, 8),
                 kLevelNames.at(static_cast<std::size_t>(level)), message);
  for (const auto& field : fields) {
    lines_.append("  ").append(field.name).append("=");
    append_value(lines_, field);
  }
}

// All but the milliseconds is the last line's, most of the time.
std::string_view LogLines::time_of(WallTime at) {
  if (to_unix_s(at) != time_s_) {
    time_s_ = to_unix_s(at);
    time_ = format_utc(at);
  }
  constexpr std::size_t kMilliseconds = std::string_view{"2026-11-24T07:18:11."}.size();
  auto ms = to_unix_ms(at) % 1000;
  for (std::size_t digit = 3; digit-- > 0; ms /= 10) {
    time_[kMilliseconds + digit] = static_cast<char>('0' + ms % 10);
  }
  return time_;
}

void LogLines::write() {
  if (lines_.empty()) return;
  // Each line's own level was asked for already.
  sink().log(spdlog::level::critical, lines_);
  lines_.clear();
}

void set_log_level(LogLevel least) noexcept { sink().set_level(to_spdlog(least)); }

}  // namespace tg
