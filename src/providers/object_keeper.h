// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

// Which provider keeps what belongs to no other object: files, conversations, skills. The
// operator's choice, else the oldest.
//
// Threading:  control threads.
// Errors:     kDatabase.
namespace tg::providers {

[[nodiscard]] Result<void> choose_object_keeper(store::Database& database,
                                                const ProviderId& provider);
// Nothing where there is no provider but the sandbox. A choice that was removed is none.
[[nodiscard]] Result<std::optional<ProviderId>> object_keeper(store::Database& database);

}  // namespace tg::providers
