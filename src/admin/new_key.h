// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "admin/operation_context.h"
#include "base/secret_bytes.h"
#include "identity/keys.h"
#include "identity/limits.h"

// A key comes into being in one place, whoever asks for it.
//
// Threading:  with `changes` held.
// Secrets:    the key itself is in the answer that shows it, and nowhere else.
namespace tg::admin {

struct MadeKey {
  identity::KeyInfo info;
  SecretBytes key;
};
// `wanted` without digest and redacted form; the project's policy is applied to it. The running
// server knows the key, with all limits on it and above it, before this returns.
struct WantedKey {
  identity::NewKey key;
  std::optional<identity::LimitRecord> limit{};  // without target
  // A federation rule's: what policy says of lifetimes holds for its access tokens.
  bool is_of_rule = false;
};
[[nodiscard]] ApiResult<MadeKey> make_new_key(OperationContext& context, WantedKey wanted,
                                              const Caller& caller);

struct LastUse {
  std::optional<WallTime> at;
  std::string address;
  std::string client;
};
// What a running server knows counts as well as what the database does.
[[nodiscard]] LastUse last_use(const OperationContext& context, const identity::KeyInfo& key);

}  // namespace tg::admin
