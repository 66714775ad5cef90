// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "identity/people.h"

// A user with the organization that they work in: `preferred_organization` where they belong to it,
// else the one they joined first. Read inside a transaction. For this room only; may throw what
// SOCI throws.
namespace tg::identity {

// kNotFound; so is someone who belongs nowhere.
[[nodiscard]] Result<User> read_user(soci::session& session, const std::string& id,
                                     const std::string& preferred_organization = {});

// Of the whole instance; 0 before the setup.
[[nodiscard]] long long count_operators(soci::session& session);

}  // namespace tg::identity
