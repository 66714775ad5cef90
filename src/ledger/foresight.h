// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "limits/reservation.h"

// Whether a limit would refuse a call as it stands, before what the call asks is known in whole:
// what costs something to find out need not be found out for who is refused anyway. Nothing is
// held, so who passes here may still be refused.
//
// Threading:  any worker.
namespace tg::ledger {

// `at_least`: what the call asks as far as it is known. `model`: "" while it is not.
[[nodiscard]] std::optional<limits::Refused> foreseen_refusal(
    std::span<const limits::LimitSet* const> sets, std::string_view model,
    const limits::Amounts& at_least, WallTime now);

}  // namespace tg::ledger
