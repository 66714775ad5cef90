// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "admin/arguments.h"
#include "base/clock.h"
#include "limits/calendar.h"

// Reads from when and to when something is wanted: Unix seconds, or a day of a zone.
//
// Threading:  pure.
// Errors:     kFieldInvalid with the field's name: no such day, no number.
namespace tg::admin {

// Nothing: it is not said. Of a day its beginning, and of one in `to` its end.
[[nodiscard]] ApiResult<std::optional<WallTime>> read_time(const Json& arguments,
                                                           std::string_view field,
                                                           const limits::TimeZone& zone = {});

}  // namespace tg::admin
