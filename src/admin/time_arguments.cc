// SPDX-License-Identifier: Apache-2.0
#include "admin/time_arguments.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

namespace tg::admin {
namespace {

constexpr int kFirstYear = 1971;

// A day as "2026-11-24", in the zone.
ApiResult<limits::Interval> read_day(const limits::TimeZone& zone, const std::string& day,
                                     std::string_view field) {
  int year = 0;
  unsigned month = 0;
  unsigned number = 0;
  char rest = 0;
  const bool shaped = day.size() == 10 && std::sscanf(day.c_str(), "%4d-%2u-%2u%c", &year, &month,
                                                      &number, &rest) == 3;  // NOLINT
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{number}};
  const auto name_of = [&zone](WallTime time) { return zone.format(time).substr(0, 10); };
  if (shaped && date.ok() && year >= kFirstYear) {
    // Noon in UTC is in this day or in a neighbour of it, wherever the zone lies.
    auto found = zone.period(limits::Period::kDay,
                             WallTime{std::chrono::sys_days{date}} + std::chrono::hours{12});
    if (name_of(found.begin) > day) {
      found = zone.period(limits::Period::kDay, found.begin - std::chrono::hours{1});
    } else if (name_of(found.begin) < day) {
      found = zone.period(limits::Period::kDay, found.end);
    }
    if (name_of(found.begin) == day) return found;
  }
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is a day, as 2026-11-24, or a time in Unix seconds.", field),
                std::string{field});
}

}  // namespace

ApiResult<std::optional<WallTime>> read_time(const Json& arguments, std::string_view field,
                                             const limits::TimeZone& zone) {
  const auto found = arguments.find(field);
  if (found != arguments.end() && found->is_string() && !found->get<std::string>().empty()) {
    TG_TRY(const auto day, read_day(zone, found->get<std::string>(), field));
    return field == "to" ? day.end : day.begin;
  }
  if (found != arguments.end() && found->is_string()) return std::nullopt;
  TG_TRY(const auto seconds, optional_number(arguments, field, -1, 0, kUnixSecondsMax));
  if (seconds < 0) return std::nullopt;
  return from_unix_ms(seconds * 1000);
}

}  // namespace tg::admin
