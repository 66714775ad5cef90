// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "identity/sessions.h"

// Sessions inside a transaction that changes more than them. For this room only; may throw what
// SOCI throws.
namespace tg::identity {

// Without an audit entry: that is the caller's.
[[nodiscard]] SecretBytes insert_session(soci::session& session, const NewSession& wanted,
                                         const std::string& address, WallTime now);
// The same session under a new token. kSessionMissing.
[[nodiscard]] Result<SecretBytes> rotate_session(soci::session& session,
                                                 const std::string& token_hash);

}  // namespace tg::identity
