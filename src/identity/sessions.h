// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "identity/audit.h"
#include "identity/people.h"
#include "store/database.h"

// Signed-in browsers. The token is 256 random bits in base62, known to the browser alone: the
// database has its BLAKE2b hash.
//
// Threading:  any control thread.
// Expiry:     7 days without use (use is written down once a minute at most, so the seventh day may
//             end a minute early), 30 days in any case.
// Errors:     find_session: kSessionMissing, whatever the reason.
namespace tg::identity {

inline constexpr std::chrono::hours kSessionIdleMax{7 * 24};
inline constexpr std::chrono::hours kSessionAgeMax{30 * 24};

struct NewSession {
  UserId user_id;
  std::string user_agent{};          // the browser's; cut at 256 bytes, left out unless plain text
  OrganizationId organization_id{};  // to work in; empty: the first that they joined
};
// A new token each time; the user's other sessions go on.
[[nodiscard]] Result<SecretBytes> create_session(store::Database& database,
                                                 const NewSession& wanted, const Actor& actor,
                                                 WallTime now = wall_now());
[[nodiscard]] Result<User> find_session(store::Database& database, std::string_view token,
                                        WallTime now = wall_now());
// Ending a session that has ended is fine.
[[nodiscard]] Result<void> end_session(store::Database& database, std::string_view token,
                                       const Actor& actor, WallTime now = wall_now());

struct SessionInfo {
  std::string id;
  std::string token_hash;
  WallTime created_at;
  WallTime last_used_at;
  std::string address;
  std::string user_agent;
};
// The user's own, the one used last first.
[[nodiscard]] Result<std::vector<SessionInfo>> list_sessions(store::Database& database,
                                                             const UserId& user_id,
                                                             WallTime now = wall_now());
// kNotFound for another's, or one that has ended.
[[nodiscard]] Result<void> end_session_by_id(store::Database& database, const UserId& user_id,
                                             const std::string& id, const Actor& actor,
                                             WallTime now = wall_now());
// All of the user's but the one with this token; how many.
[[nodiscard]] Result<int> end_other_sessions(store::Database& database, const UserId& user_id,
                                             const std::string& kept_token_hash, const Actor& actor,
                                             WallTime now = wall_now());
// The session goes on in another of its user's organizations, under a new token: what it may do has
// changed. kNotFound where they do not belong.
[[nodiscard]] Result<SecretBytes> switch_organization(store::Database& database,
                                                      const std::string& token_hash,
                                                      const OrganizationId& organization_id,
                                                      const Actor& actor,
                                                      WallTime now = wall_now());

// What a state-changing request must carry in its header: a keyed hash of the session token, so it
// needs no storage, cannot be computed elsewhere and ends with the session.
[[nodiscard]] std::string csrf_token(std::string_view session_token, const SecretBytes& pepper);
[[nodiscard]] bool is_csrf_token(std::string_view given, std::string_view session_token,
                                 const SecretBytes& pepper);

}  // namespace tg::identity
