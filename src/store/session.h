// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <exception>

#include "base/result.h"

// What every engine's session has in common: exceptions of SOCI end here.
//
// Threading:  a session belongs to one thread at a time.
namespace tg::store {

// Logs what was thrown, without parameter values, and gives the error for it.
[[nodiscard]] Error error_of(const std::exception& thrown) noexcept;

template <typename Function>
[[nodiscard]] Result<void> guarded(const Function& function) noexcept {
  try {
    return function();
  } catch (const std::exception& thrown) {
    return std::unexpected(error_of(thrown));
  }
}

}  // namespace tg::store
