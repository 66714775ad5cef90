// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

// Many log lines of one thread, written at once.
//
// Threading:  one thread; write() does not mix with what other threads log.
// Limits:     the caller's: write() when bytes() are enough.
namespace tg {

class LogLines {
 public:
  // Nothing where the log's level leaves it out.
  void add(WallTime at, LogLevel level, std::string_view message, std::span<const LogField> fields);
  void write();
  [[nodiscard]] std::size_t bytes() const noexcept { return lines_.size(); }

 private:
  void append_json(WallTime at, LogLevel level, std::string_view message,
                   std::span<const LogField> fields);
  void append_readable(WallTime at, LogLevel level, std::string_view message,
                       std::span<const LogField> fields);
  // "2026-11-24T07:18:11.042Z"
  [[nodiscard]] std::string_view time_of(WallTime at);

  std::string lines_;
  std::string time_;  // of the last line
  std::int64_t time_s_ = -1;
};

}  // namespace tg
