// SPDX-License-Identifier: Apache-2.0
#include "ledger/explanation.h"

#include <algorithm>
#include <array>

namespace tg::ledger {
namespace {

struct BasisText {
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array kBasisTexts{
    BasisText{"terms", "Each unit that was used, at its price; rounded once."},
    BasisText{"free", "The operator has made its model free, or the provider gives it away."},
    BasisText{"nothing", "Nothing was used that costs anything."},
    BasisText{"flat", "No model was asked: a flat price a call, or none."},
    BasisText{"own_sum",
              "Not from this usage alone: a batch is the sum of its lines, each rounded by itself; "
              "work whose usage never came is charged what had been held."},
    BasisText{"interrupted",
              "The server ended before the call did: what had surely been used until then."},
    BasisText{"unpriced_unit", "It used a unit that has no price: what was held is charged."},
    BasisText{"unknown", "Its prices were not kept: the call is older than price sheets."},
};

bool has(const Settlement& settlement, EventFlag what) {
  return (settlement.flags & flag(what)) != 0;
}

// Nothing: its terms can be added up.
std::optional<Basis> other_basis(const UsageEvent& event, const config::Model* prices) {
  const auto& settlement = event.settlement;
  if (settlement.outcome == Outcome::kInterrupted) return Basis::kInterrupted;
  if (has(settlement, EventFlag::kOwnSum)) return Basis::kOwnSum;
  const bool asks_a_model =
      static_cast<int>(event.admission.endpoint) < openai::kModelEndpointCount;
  if (event.admission.price_id == 0 && !asks_a_model) return Basis::kFlat;
  if (settlement.usage.source == openai::UsageSource::kNone) return Basis::kNothing;
  if (prices == nullptr) return Basis::kUnknown;
  if (is_free(*prices)) return Basis::kFree;
  if (has(settlement, EventFlag::kUnpricedUnit)) return Basis::kUnpriced;
  return std::nullopt;
}

}  // namespace

std::string_view name(Basis basis) noexcept {
  return kBasisTexts.at(static_cast<std::size_t>(basis)).name;
}

std::string_view meaning(Basis basis) noexcept {
  return kBasisTexts.at(static_cast<std::size_t>(basis)).meaning;
}

namespace {

Result<ChargeTerms> terms_of(const Settlement& settlement, const config::Model& prices) {
  return itemize(prices, settlement.usage,
                 {.tier = settlement.tier, .size = settlement.size, .quality = settlement.quality});
}

void explain_cost(const UsageEvent& event, const config::Model* prices, Explanation& explanation) {
  const auto& settlement = event.settlement;
  if (const auto other = other_basis(event, prices)) {
    explanation.basis = *other;
    if (*other == Basis::kFree || *other == Basis::kNothing) explanation.recomputed = NanoUsd{};
    return;
  }
  const auto terms = terms_of(settlement, *prices);
  explanation.basis = terms ? Basis::kTerms : Basis::kUnpriced;
  if (!terms) return;
  explanation.terms = *terms;
  const auto total = terms->total();
  // It may have been cut once more, to what the model can cost at all.
  const bool cut = has(settlement, EventFlag::kChargeCapped) && total > explanation.stated;
  if (!cut) explanation.recomputed = total;
}

void explain_charge(const UsageEvent& event, const config::Model* charge_prices,
                    Explanation& explanation) {
  const auto& [id, admission, settlement] = event;
  explanation.charge = settlement.charge;
  if (admission.test) return;
  const bool less =
      has(settlement, EventFlag::kChargeCapped) || has(settlement, EventFlag::kOnlyDelivered);
  if (admission.charge_price_id != 0) {
    if (charge_prices == nullptr || explanation.basis != Basis::kTerms) return;
    const auto terms = terms_of(settlement, *charge_prices);
    if (!terms) return;
    explanation.charge_terms = *terms;
    if (!less) explanation.recomputed_charge = terms->total();
    return;
  }
  // Parts of a whole that is not known here were rounded each by itself.
  const bool in_parts =
      explanation.basis == Basis::kInterrupted || explanation.basis == Basis::kOwnSum;
  if (less || (in_parts && !admission.charges_as_cost())) return;
  explanation.recomputed_charge = charge_at(settlement.cost, admission.charge_factor_millionths);
}

}  // namespace

Explanation explain(const UsageEvent& event, const config::Model* prices,
                    const config::Model* charge_prices) {
  const auto& [id, admission, settlement] = event;
  Explanation explanation;
  explanation.stated = admission.test ? settlement.would_have_cost : settlement.cost;
  // What was clipped to the model's own limits is no longer what the provider counted.
  if (has(settlement, EventFlag::kChargeCapped) && admission.charges_as_cost()) {
    explanation.stated = settlement.charge;
  }
  explain_cost(event, prices, explanation);
  if (has(settlement, EventFlag::kChargeCapped) && !admission.charges_as_cost()) {
    explanation.recomputed.reset();
  }
  explain_charge(event, charge_prices, explanation);
  return explanation;
}

}  // namespace tg::ledger
