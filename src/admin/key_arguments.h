// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "admin/arguments.h"
#include "admin/operations.h"
#include "base/clock.h"
#include "identity/keys.h"
#include "identity/limits.h"

// The properties of a key as requests name them: note, expires_at or expires_in_seconds, scopes or
// a preset, endpoints, models, addresses, limit.
//
// Threading:  pure, but for a time zone that is looked up for the first time.
// Errors:     kFieldInvalid with the field that is at fault and what would do in its place.
namespace tg::admin {

// A time in the future, null for "never"; nothing when neither field is there.
[[nodiscard]] ApiResult<std::optional<std::optional<WallTime>>> read_expiry(const Json& arguments,
                                                                            WallTime now);

// What `before` becomes: an absent list stays as it is, an empty one no longer narrows. Nothing
// when no field is there. An admin key takes addresses only.
[[nodiscard]] ApiResult<std::optional<identity::KeyRestrictions>> read_restrictions(
    const Json& arguments, const identity::KeyRestrictions& before, bool is_admin_key);

// `limit`, an object with the fields of set_limit but scope and id.
[[nodiscard]] ApiResult<std::optional<identity::LimitRecord>> read_limit(const Json& arguments,
                                                                         const Caller& caller);

}  // namespace tg::admin
