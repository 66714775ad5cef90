// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

// A JSON Web Token in its compact form (RFC 7515, 7519), taken apart and not believed yet: whose it
// is and whether it holds says signature.h, then claims.h.
//
// Threading:  pure.
// Limits:     16 KiB; JSON nesting at most 16 deep, no field twice.
// Errors:     kFieldInvalid with what is wrong: other than three parts, base64url that could be
//             written another way, JSON that is no object, no `alg` or `kid`, an extension that
//             must be understood (`crit`), a token inside of the token (`cty`), encryption (`enc`).
namespace tg::oidc {

using Json = nlohmann::json;

inline constexpr std::size_t kTokenBytesMax = 16 << 10;

struct Jwt {
  std::string algorithm;  // what its header says; the key decides whether that may be
  std::string key_id;
  Json claims;
  std::string_view signed_part;  // of the text that was parsed: header and claims as they stand
  std::string signature;
};

[[nodiscard]] Result<Jwt> parse_jwt(std::string_view token);

// The object in `text`, nesting at most 16 deep, no field twice.
[[nodiscard]] Result<Json> parse_strict_object(std::string_view text);

// RFC 7515's base64url: no padding, no bits left over.
[[nodiscard]] Result<std::string> from_base64url(std::string_view text);

}  // namespace tg::oidc
