// SPDX-License-Identifier: Apache-2.0
#include "identity/idempotency.h"

#include <soci/soci.h>

#include <chrono>

namespace tg::identity {
namespace {

constexpr std::chrono::hours kAgeMax{24};

}  // namespace

Result<std::optional<IdempotentState>> begin_request(store::Database& database,
                                                     const IdempotentRequest& request,
                                                     WallTime now) {
  std::optional<IdempotentState> known;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const long long now_ms = to_unix_ms(now);
    const long long oldest_ms = to_unix_ms(now - kAgeMax);
    session << "DELETE FROM idempotent_creates WHERE created_unix_ms <= :oldest",
        soci::use(oldest_ms);
    IdempotentState state;
    session << "SELECT request_hash, answer FROM idempotent_creates"
               " WHERE caller = :caller AND idempotency_key = :key",
        soci::use(request.caller), soci::use(request.key), soci::into(state.request_hash),
        soci::into(state.answer);
    if (session.got_data()) {
      known = std::move(state);
      return {};
    }
    session << "INSERT INTO idempotent_creates (caller, idempotency_key, request_hash, answer,"
               " created_unix_ms) VALUES (:caller, :key, :hash, '', :now)",
        soci::use(request.caller), soci::use(request.key), soci::use(request.request_hash),
        soci::use(now_ms);
    return {};
  }));
  return known;
}

Result<void> end_request(store::Database& database, const IdempotentRequest& request,
                         const std::string& answer) {
  return database.write([&](soci::session& session) -> Result<void> {
    session << "UPDATE idempotent_creates SET answer = :answer"
               " WHERE caller = :caller AND idempotency_key = :key",
        soci::use(answer), soci::use(request.caller), soci::use(request.key);
    return {};
  });
}

Result<void> forget_request(store::Database& database, const IdempotentRequest& request) {
  return database.write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM idempotent_creates WHERE caller = :caller AND idempotency_key = :key",
        soci::use(request.caller), soci::use(request.key);
    return {};
  });
}

}  // namespace tg::identity
