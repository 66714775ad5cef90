// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

// A whole answer, head and body, that tells an error in OpenAI's form.
namespace tg::gateway {

struct ErrorAnswer {
  Code code;
  std::string_view message;  // empty: the table's
  std::string_view param;
  std::string_view request_id;  // empty: there is no call to name
  bool keep_alive = false;
  bool head_only = false;
};

[[nodiscard]] std::string error_answer(const ErrorAnswer& answer);

}  // namespace tg::gateway
