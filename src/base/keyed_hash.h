// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/secret_bytes.h"

// BLAKE2b-256 of `text` under `key`, as hex. One key makes hashes for several purposes: whoever
// asks puts the purpose first in the text, so that none of them can stand for another.
//
// Threading:  pure.
namespace tg {

[[nodiscard]] std::string keyed_hash(const SecretBytes& key, std::string_view text);

}  // namespace tg
