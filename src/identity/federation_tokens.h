// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/federation_rules.h"
#include "keys/digest.h"
#include "keys/key_table.h"
#include "store/database.h"

namespace soci {
class session;
}

// Access tokens: short-lived secrets of a rule's key, each for a subject token that was verified.
//
// A subject token may come again, since SDKs present what lies in a pod's file until that is
// renewed, in each process anew. It then gives the access token that it gave before, and nothing
// more: no second one, no later end. Only where its own life is longer than an access token's does
// another follow, when half of that is over. No access token outlives its subject token. Where a
// person has ended the access token, its subject token gives nothing any more.
//
// Threading:  any control thread.
// Limits:     10,000 access tokens of a rule alive.
// Errors:     kForbidden with the reason why there is none, kTooManyAttempts, kConflict (the rule
//             has changed meanwhile).
// Secrets:    of a subject token only a keyed hash is stored, of an access token its digest.
namespace tg::identity {

inline constexpr std::chrono::seconds kAccessTokenLifetime{3600};

struct WantedToken {
  FederationRule rule;
  std::string subject_hash;
  std::string subject;  // of the token, for the audit log
  WallTime expires_at;  // the subject token
  std::chrono::seconds lifetime = kAccessTokenLifetime;
  std::string address{};  // the peer's
};

struct AccessToken {
  std::int64_t number = 1;  // which of this subject token's it is
  WallTime ends_at;
  std::vector<keys::KeyRecord> made{};  // what the key table must know; none: it knows already
};

// A secret for that number; the same for the same.
struct TokenSecret {
  keys::Digest digest{};
  std::string redacted;
};
using MakeTokenSecret = std::function<TokenSecret(std::int64_t number)>;

[[nodiscard]] Result<AccessToken> issue_access_token(store::Database& database,
                                                     const WantedToken& wanted,
                                                     const MakeTokenSecret& make,
                                                     WallTime now = wall_now());

// Inside a Database::write(). All that open these keys; what the key table must know of those that
// are alive.
[[nodiscard]] Result<std::vector<keys::KeyRecord>> end_access_tokens(soci::session& session,
                                                                     const std::vector<KeyId>& keys,
                                                                     WallTime now);

}  // namespace tg::identity
