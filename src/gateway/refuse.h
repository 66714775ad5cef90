// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "gateway/client.h"
#include "http/head.h"
#include "ledger/refusal.h"
#include "net/task.h"

// A whole answer, head and body, that tells an error in OpenAI's form.
namespace tg::gateway {

struct ErrorAnswer {
  Code code;
  std::string_view message;  // empty: the table's
  std::string_view param;
  std::string_view request_id;  // empty: a new one, so that a person can name what was refused
  std::string_view client_request_id;  // the client's own, as client_request_id_of() gives it
  std::string_view allow;              // of a 405: the methods that there are
  bool keep_alive = false;
  bool head_only = false;
  std::optional<ledger::RateState> rate{};  // when a limit lets calls through again
};

// With what every answer takes from its request; `head` is null where it could not be read.
[[nodiscard]] ErrorAnswer refusal_of(Code code, const http::RequestHead* head) noexcept;

[[nodiscard]] std::string error_answer(const ErrorAnswer& answer);

// Answers a request that is not taken any further; nothing can follow it.
[[nodiscard]] net::Task<void> refuse_request(Client* client, ErrorAnswer answer);

// x-ratelimit-*, in OpenAI's words; durations as "20ms", "1s", "6m0s".
void append_rate_fields(std::string& out, const ledger::RateState& rate);

// X-Client-Request-Id, which every answer of a call repeats; empty where it is longer than 512
// bytes or not of visible ASCII.
[[nodiscard]] std::string_view client_request_id_of(const http::Fields& fields) noexcept;

}  // namespace tg::gateway
