// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admin/api_error.h"
#include "admin/control_socket.h"

// The control socket's lines, without the socket.
//
// Threading:  pure but for the handler.
// Errors:     a line that is not a request is answered with an error; one that is not an answer is
//             kCorrupt.
namespace tg::admin {

// {"operation":"…","arguments":{…}} → {"result":…} or {"error":{"message","code","param"}}.
[[nodiscard]] std::string answer_line(std::string_view line, const ControlHandler& handler);

[[nodiscard]] ApiResult<Json> read_answer_line(std::string_view line);

}  // namespace tg::admin
