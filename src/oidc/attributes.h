// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "oidc/jwt.h"

// What a rule asks of a token: attributes, which are the token's claims and what a provider derives
// from them, each with exactly one value.
//
// An expression is the part of CEL that picks: `claims.repository`, `assertion.sub`,
// `claims["kubernetes.io"].namespace`, texts in quotes, and `+` between texts.
//
// Threading:  pure.
// Limits:     an expression of 512 bytes with 16 steps; 32 matchers.
// Errors:     kFieldInvalid: an expression that is not understood.
namespace tg::oidc {

struct Transformation {
  std::string attribute;
  std::string expression;
  friend bool operator==(const Transformation&, const Transformation&) = default;
};

[[nodiscard]] Result<void> check_expression(std::string_view expression);

// The claims, and what is derived from them in its place. What a token has not is not there.
[[nodiscard]] Json attributes_of(const Json& claims, const std::vector<Transformation>& derived);

// Whether each matcher's attribute has exactly its value, of its type. `matchers` is an object of
// texts, truths and numbers; an empty one matches nothing.
[[nodiscard]] bool matches(const Json& attributes, const Json& matchers);

}  // namespace tg::oidc
