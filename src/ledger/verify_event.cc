// SPDX-License-Identifier: Apache-2.0
// What a call's own fields must say of each other.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "ledger/event_row.h"
#include "ledger/pricing.h"
#include "ledger/verify_parts.h"

namespace tg::ledger {
namespace {

Difference difference(const UsageEvent& event, std::string_view column, std::string expected,
                      std::int64_t found) {
  return {.what = fmt::format("{} of {}", column, format(event.id)),
          .expected = std::move(expected),
          .found = fmt::format("{} (usage_events)", found)};
}

// No number of a call is negative.
Finding verify_signs(const UsageEvent& event) {
  const auto row = to_row(event);
  for (std::size_t i = 0; i < row.numbers.size(); ++i) {
    if (row.numbers[i] < 0)
      return difference(event, kNumberColumns[i], "0 or more", row.numbers[i]);
  }
  return {};
}

Finding verify_interrupted(const UsageEvent& event) {
  const auto& [id, admission, settlement] = event;
  const auto used = admission.test ? settlement.would_have_cost : settlement.charge;
  const auto* column = admission.test ? "would_have_cost" : "charge";
  if (admission.stream && used < admission.prompt_charge) {
    return difference(event, column,
                      fmt::format("the prompt's {} or more", admission.prompt_charge.count()),
                      used.count());
  }
  if (!admission.stream && used != admission.interrupted_charge) {
    return difference(event, column,
                      fmt::format("{} (interrupted_charge)", admission.interrupted_charge.count()),
                      used.count());
  }
  const auto& usage = settlement.usage;
  if (usage.input_tokens() != admission.prompt_tokens) {
    return difference(event, "input_text_tokens",
                      fmt::format("{} (prompt_tokens)", admission.prompt_tokens),
                      usage.input_tokens());
  }
  const auto output =
      std::max<std::int64_t>(0, admission.interrupted_tokens - admission.prompt_tokens);
  if (!admission.stream && usage.output_tokens() != output) {
    return difference(event, "output_text_tokens",
                      fmt::format("{} (interrupted_tokens less prompt_tokens)", output),
                      usage.output_tokens());
  }
  return {};
}

Finding verify_money(const UsageEvent& event) {
  const auto& [id, admission, settlement] = event;
  const auto charge = settlement.charge.count();
  if (admission.test) {
    if (charge == 0) return {};
    return difference(event, "charge", "0: a test key's", charge);
  }
  // What prices of the organization's own come to, its sheet says; and each part of an interrupted
  // call was rounded by itself.
  const bool interrupted = settlement.outcome == Outcome::kInterrupted;
  if (admission.charge_price_id != 0 || (interrupted && !admission.charges_as_cost())) return {};
  if ((settlement.flags & flag(EventFlag::kOwnSum)) != 0 && !admission.charges_as_cost()) return {};
  const auto factor = admission.charge_factor_millionths;
  const auto full = charge_at(settlement.cost, factor).count();
  const auto less = flag(EventFlag::kChargeCapped) | flag(EventFlag::kOnlyDelivered);
  const bool may_be_less = (settlement.flags & less) != 0;
  if (may_be_less ? charge <= full : charge == full) return {};
  const auto times =
      admission.charges_as_cost() ? std::string{} : fmt::format(" times {} millionths", factor);
  return difference(event, "charge",
                    fmt::format("{}{} (cost{})", may_be_less ? "at most " : "", full, times),
                    charge);
}

}  // namespace

Finding verify_event(const UsageEvent& event, std::int64_t clock_floor_ms) {
  if (auto found = verify_signs(event)) return found;
  const auto admitted_ms = to_unix_ms(event.admission.at);
  if (admitted_ms > clock_floor_ms) {
    return difference(event, "admitted_ms",
                      fmt::format("{} or before (clock_floor)", clock_floor_ms), admitted_ms);
  }
  if (auto found = verify_money(event)) return found;
  if (event.settlement.outcome == Outcome::kInterrupted) return verify_interrupted(event);
  return {};
}

}  // namespace tg::ledger
