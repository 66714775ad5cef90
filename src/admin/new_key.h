// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/operation_context.h"
#include "base/secret_bytes.h"
#include "identity/keys.h"

// A key comes into being in one place, whoever asks for it.
//
// Threading:  with `changes` held.
// Secrets:    the key itself is in the answer that shows it, and nowhere else.
namespace tg::admin {

struct MadeKey {
  identity::KeyInfo info;
  SecretBytes key;
};
// `wanted` without digest and redacted form. The running server knows the key, with all limits
// that are above it, before this returns.
[[nodiscard]] ApiResult<MadeKey> make_new_key(OperationContext& context, identity::NewKey wanted,
                                              const Caller& caller);

// What a running server knows counts as well as what the database does.
[[nodiscard]] std::optional<WallTime> last_use(const OperationContext& context,
                                               const identity::KeyInfo& key);

}  // namespace tg::admin
