// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "oidc/jwt.h"

// Whether a token whose signature holds is meant for us, and now.
//
// Threading:  pure.
// Errors:     kFieldInvalid with what is wrong: another issuer or audience, expired, not valid yet,
//             without `sub`, `exp` or `iat`, made to last longer than 24 hours.
namespace tg::oidc {

// Of the issuer's clock before ours. An end is never stretched.
inline constexpr std::chrono::seconds kClockSkew{60};
// What lasts longer is a key that can leak: the thing that this replaces.
inline constexpr std::chrono::hours kLifetimeMax{24};

struct Expected {
  std::string_view issuer;
  std::string_view audience;
};

struct Subject {
  std::string name;  // `sub`
  WallTime expires_at;
};

[[nodiscard]] Result<Subject> check_claims(const Json& claims, const Expected& expected,
                                           WallTime now);

}  // namespace tg::oidc
