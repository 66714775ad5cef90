// SPDX-License-Identifier: Apache-2.0
#include "admin/explanation_json.h"

#include <array>
#include <string_view>
#include <utility>

#include "admin/price_arguments.h"
#include "base/clock.h"
#include "config/snapshot.h"
#include "ledger/explanation.h"
#include "providers/price_sheets.h"

namespace tg::admin {
namespace {

using ledger::EventFlag;
using Note = ledger::ChargeTerm::Note;

struct FlagText {
  EventFlag flag;
  const char* name;
  const char* meaning;
};

constexpr std::array kFlagTexts{
    FlagText{EventFlag::kOverBound, "over_bound",
             "The provider reports more than the call was bounded by."},
    FlagText{EventFlag::kContradictory, "contradictory",
             "The provider's usage does not add up; the larger reading was charged."},
    FlagText{EventFlag::kReportedTooLittle, "reported_too_little",
             "The provider reports less than was streamed: charged as streamed."},
    FlagText{EventFlag::kOutputCapped, "output_capped",
             "The output was cut to what the limits had left."},
    FlagText{EventFlag::kChargeCapped, "charge_capped",
             "A limit that trusts no provider kept the charge below the cost."},
    FlagText{EventFlag::kModelMismatch, "model_mismatch",
             "Another model answered than was asked for."},
    FlagText{EventFlag::kChargedAsServed, "charged_as_served",
             "The prices of the model that answered hold."},
    FlagText{EventFlag::kUnpricedUnit, "unpriced_unit", "It used a unit that has no price."},
    FlagText{EventFlag::kUnpricedModel, "unpriced",
             "Nobody says what its model costs: charged at the operator's ceiling."},
    FlagText{EventFlag::kOnlyDelivered, "only_delivered",
             "The client went away: what it did not wait for is not charged."},
    FlagText{EventFlag::kOwnSum, "own_sum", "The cost is not made from this usage alone."},
};

Json flags_json(const ledger::Settlement& settlement) {
  auto flags = Json::array();
  for (const auto& text : kFlagTexts) {
    if ((settlement.flags & flag(text.flag)) == 0) continue;
    flags.push_back({{"name", text.name}, {"meaning", text.meaning}});
  }
  return flags;
}

const char* meaning(Note note) {
  switch (note) {
    case Note::kNone: return "";
    case Note::kDearest: return "Its size or quality is not known: the dearest price.";
    case Note::kTokenCeiling:
      return "Its tokens were not named: as many as such an image can take.";
    case Note::kSpokenLength: return "The length in which so many characters are spoken.";
  }
  return "";
}

Json term_json(const ledger::ChargeTerm& term, openai::UsageSource source) {
  ledger::PriceSum amount;
  term.add_to(amount);
  Json row{{"unit", config::name(term.unit)},
           {"source", source_name(source)},
           {"price", price_json(*term.price)},
           {"amount_nanousd", amount.exact()},
           {"note", text_or_null(meaning(term.note))}};
  if (term.thousandths) {
    row["milliseconds"] = term.count;
  } else {
    row["count"] = term.count;
  }
  if (term.times != 1) row["times"] = term.times;
  return row;
}

Json sheet_json(const std::optional<config::PriceSheet>& sheet) {
  if (!sheet) return nullptr;
  return Json{{"id", sheet->id},
              {"source", providers::name(sheet->source)},
              {"catalogue_date", text_or_null(sheet->catalogue_date)},
              {"decision", sheet->decision == 0 ? Json(nullptr) : Json(sheet->decision)},
              {"valid_from", to_unix_s(sheet->valid_from)},
              {"free", sheet->model->free}};
}

Json terms_json(const ledger::ChargeTerms& terms, openai::UsageSource source) {
  auto list = Json::array();
  for (const auto& term : terms.all()) list.push_back(term_json(term, source));
  return list;
}

Json credit_json(const std::vector<ledger::CreditEntry>& credit) {
  auto list = Json::array();
  for (const auto& entry : credit) {
    list.push_back({{"grant_id", entry.grant_id}, {"amount_nanousd", entry.amount.count()}});
  }
  return list;
}

// What the organization pays for the cost.
Json charge_json(const ledger::UsageEvent& event, const ledger::Explanation& explained,
                 const std::optional<config::PriceSheet>& charge_sheet) {
  const auto& [id, admission, settlement] = event;
  const auto& recomputed = explained.recomputed_charge;
  const bool own = admission.charge_price_id != 0;
  return Json{{"rule", own                           ? "prices"
                       : admission.charges_as_cost() ? "cost"
                                                     : "factor"},
              {"factor_millionths", admission.charge_factor_millionths},
              {"price_sheet", sheet_json(charge_sheet)},
              {"terms", terms_json(explained.charge_terms, settlement.usage.source)},
              {"exact_nanousd", explained.charge_terms.sum().exact()},
              {"recomputed_nanousd", recomputed ? Json(recomputed->count()) : Json(nullptr)}};
}

}  // namespace

const char* source_name(openai::UsageSource source) noexcept {
  switch (source) {
    case openai::UsageSource::kProvider: return "provider";
    case openai::UsageSource::kCounted: return "counted";
    case openai::UsageSource::kEstimated: return "estimated";
    case openai::UsageSource::kNone: break;
  }
  return "none";
}

Json explanation_json(Json call, const ledger::UsageEvent& event,
                      const std::optional<config::PriceSheet>& sheet,
                      const std::optional<config::PriceSheet>& charge_sheet,
                      const std::vector<ledger::CreditEntry>& credit) {
  const auto& [id, admission, settlement] = event;
  const auto explained = ledger::explain(event, sheet ? sheet->model.get() : nullptr,
                                         charge_sheet ? charge_sheet->model.get() : nullptr);
  const auto& recomputed = explained.recomputed;
  return Json{{"object", "tollgate.call_explanation"},
              {"call", std::move(call)},
              {"upstream_model", admission.upstream_model},
              {"provider_id", admission.provider_id.view()},
              {"test", admission.test},
              {"tier", text_or_null(settlement.tier.str())},
              {"price_sheet", sheet_json(sheet)},
              {"basis", ledger::name(explained.basis)},
              {"meaning", ledger::meaning(explained.basis)},
              {"terms", terms_json(explained.terms, settlement.usage.source)},
              {"exact_nanousd", explained.terms.sum().exact()},
              {"recomputed_nanousd", recomputed ? Json(recomputed->count()) : Json(nullptr)},
              {"agrees", explained.agrees()},
              {"cost_nanousd", settlement.cost.count()},
              {"charge_nanousd", settlement.charge.count()},
              {"charge", charge_json(event, explained, charge_sheet)},
              {"would_have_cost_nanousd", settlement.would_have_cost.count()},
              {"held_nanousd", admission.held.count()},
              {"credit", credit_json(credit)},
              {"flags", flags_json(settlement)}};
}

}  // namespace tg::admin
