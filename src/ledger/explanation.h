// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/snapshot.h"
#include "ledger/charge_terms.h"
#include "ledger/usage_event.h"

// Why a call costs what the ledger says: its sum again, by the same code that charged it, from its
// own usage and the prices that it was let in with.
//
// Threading:  pure.
// Lifetime:   the terms point into the model.
namespace tg::ledger {

// What the sum is made of.
enum class Basis : std::uint8_t {
  kTerms,        // each unit that was used, at its price
  kFree,         // its model is free
  kNothing,      // nothing was used
  kFlat,         // no model was asked: a flat price a call, or none
  kOwnSum,       // a batch's lines each by itself, or what had been held
  kInterrupted,  // what had surely been used when the server ended
  kUnpriced,     // a unit without a price: what was held
  kUnknown,      // its prices were not kept: it is older than price sheets
};
[[nodiscard]] std::string_view name(Basis basis) noexcept;
// A sentence for people.
[[nodiscard]] std::string_view meaning(Basis basis) noexcept;

struct Explanation {
  Basis basis = Basis::kUnknown;
  ChargeTerms terms;
  NanoUsd stated;  // what the event says: its cost; of a test key's call what it would have cost
  // What the same sum comes to now; nothing where the event alone cannot say it.
  std::optional<NanoUsd> recomputed;

  // Of the charge, where the organization pays prices of its own.
  ChargeTerms charge_terms;
  // What the charge comes to now; nothing where the event alone cannot say it, or it is less than
  // that for a reason that the flags tell.
  std::optional<NanoUsd> recomputed_charge;
  NanoUsd charge;

  // False: the ledger says something else than the sum does.
  [[nodiscard]] bool agrees() const noexcept {
    return (!recomputed || *recomputed == stated) &&
           (!recomputed_charge || *recomputed_charge == charge);
  }
};

// `prices` are those of the event's price sheet, `charge_prices` of the one that its charge is made
// from; null: it has none.
[[nodiscard]] Explanation explain(const UsageEvent& event, const config::Model* prices,
                                  const config::Model* charge_prices = nullptr);

}  // namespace tg::ledger
