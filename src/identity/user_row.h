// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "identity/people.h"

// A user with the organization that is theirs (the one they joined first), read inside a
// transaction. For this room only; may throw what SOCI throws.
namespace tg::identity {

// kNotFound.
[[nodiscard]] Result<User> read_user(soci::session& session, const std::string& id);

}  // namespace tg::identity
