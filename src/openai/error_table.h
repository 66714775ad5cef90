// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"

// The one table from a code to what a client is told and what we log (OPENAI-CONTRACT 3).
//
// Threading:  pure.
namespace tg::openai {

struct ErrorRow {
  Code code;
  int status;
  std::string_view type;
  std::string_view openai_code;  // empty: null
  std::string_view message;  // what happened and what to do next; used when nothing better is known
  LogLevel level;
  std::optional<bool> should_retry;  // sent as x-should-retry where it is set
};

[[nodiscard]] const ErrorRow& error_row(Code code) noexcept;

// {"error":{"message":…,"type":…,"param":…,"code":…}}; all four always there, param and code may be
// null.
[[nodiscard]] std::string error_body(std::string_view message, std::string_view type,
                                     std::string_view param, std::string_view code);
[[nodiscard]] std::string error_body(Code code);
[[nodiscard]] std::string error_body(Code code, std::string_view message,
                                     std::string_view param = {});

// The event that ends a broken stream in the endpoint's own form, blank line included:
// chat and completions: `data: {"error":…}`; responses: `event: error` with its flat payload.
[[nodiscard]] std::string error_event(bool responses_dialect, Code code, std::string_view message);

// "sk-tg-proj-abcdEFGH…" as OpenAI shows a wrong key: head and last four, the rest asterisks.
[[nodiscard]] std::string mask_key(std::string_view key);

}  // namespace tg::openai
