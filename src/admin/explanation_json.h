// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "admin/api_error.h"
#include "config/price_sheet.h"
#include "ledger/credits.h"
#include "ledger/usage_event.h"

// A call's explanation, as the API shows it.
//
// Threading:  pure.
namespace tg::admin {

// "provider": who counted what a call used.
[[nodiscard]] const char* source_name(openai::UsageSource source) noexcept;

// `call` is the call as it stands in a list of calls; no sheet: none was kept for it.
// `charge_sheet` is there where the organization pays prices of its own; `credit` paid for the
// call.
[[nodiscard]] Json explanation_json(Json call, const ledger::UsageEvent& event,
                                    const std::optional<config::PriceSheet>& sheet,
                                    const std::optional<config::PriceSheet>& charge_sheet,
                                    const std::vector<ledger::CreditEntry>& credit);

}  // namespace tg::admin
