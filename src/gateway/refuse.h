// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ledger/refusal.h"

// A whole answer, head and body, that tells an error in OpenAI's form.
namespace tg::gateway {

struct ErrorAnswer {
  Code code;
  std::string_view message;  // empty: the table's
  std::string_view param;
  std::string_view request_id;  // empty: there is no call to name
  bool keep_alive = false;
  bool head_only = false;
  std::optional<ledger::RateState> rate{};  // when a limit lets calls through again
};

[[nodiscard]] std::string error_answer(const ErrorAnswer& answer);

}  // namespace tg::gateway
