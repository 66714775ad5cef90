// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

// Which requests with an Idempotency-Key were carried out, so that none is twice. What is kept of
// an answer here has no secret in it.
//
// Threading:  any control thread; the caller sees to it that one request at a time is begun.
// Limits:     kept for 24 hours.
namespace tg::identity {

struct IdempotentRequest {
  std::string caller;  // a key's or user's id
  std::string key;     // what the caller named
  std::string request_hash;
};

struct IdempotentState {
  std::string request_hash;
  std::string answer;  // empty: it began, and its end is not known
};

// Nothing: it is new, and has now begun.
[[nodiscard]] Result<std::optional<IdempotentState>> begin_request(store::Database& database,
                                                                   const IdempotentRequest& request,
                                                                   WallTime now = wall_now());
[[nodiscard]] Result<void> end_request(store::Database& database, const IdempotentRequest& request,
                                       const std::string& answer);
// It was refused and changed nothing: it may come again.
[[nodiscard]] Result<void> forget_request(store::Database& database,
                                          const IdempotentRequest& request);

}  // namespace tg::identity
