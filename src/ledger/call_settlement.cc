// SPDX-License-Identifier: Apache-2.0
// The actual charge takes the reservation's place. The provider's own usage wins; what it does not
// say is estimated, and marked so; what cannot be true is charged and flagged.
#include <algorithm>
#include <array>

#include "base/log.h"
#include "ledger/call_account.h"
#include "ledger/charge_terms.h"
#include "ledger/estimates.h"
#include "ledger/training.h"

namespace tg::ledger {
namespace {

using openai::Answer;
using openai::Usage;
using openai::UsageSource;

// No tokenizer's token is longer: runs of blanks and dashes are 128 bytes at most. So text that
// passed is at least so many tokens, whatever is reported.
constexpr std::int64_t kTokenBytesMax = 128;

constexpr std::array kInputClasses{
    &Usage::input_text_tokens,           &Usage::input_audio_tokens,
    &Usage::input_image_tokens,          &Usage::cached_input_text_tokens,
    &Usage::cached_input_audio_tokens,   &Usage::cached_input_image_tokens,
    &Usage::cache_write_text_tokens,     &Usage::cache_write_1h_text_tokens,
    &Usage::cache_write_12h_text_tokens,
};
constexpr std::array kOutputClasses{
    &Usage::output_text_tokens,
    &Usage::output_audio_tokens,
    &Usage::output_image_tokens,
    &Usage::reasoning_tokens,
};

template <std::size_t size>
void clip(Usage& usage, const std::array<std::int64_t Usage::*, size>& classes, std::int64_t most) {
  for (const auto one : classes) {
    usage.*one = std::min(usage.*one, std::max<std::int64_t>(0, most));
    most -= usage.*one;
  }
}

// Whose output the bound counts exactly; an embedding has none.
bool output_is_bounded(openai::Endpoint endpoint) {
  return openai::writes_text(endpoint) || endpoint == openai::Endpoint::kEmbeddings;
}

Usage reported_or_estimated(const Terms& terms, const Answer& answer, const CallAccount::End& end) {
  // An object that is read tells what its own call used, which was settled then.
  if (terms.bound && terms.model == nullptr) return {};
  if (answer.usage.source == UsageSource::kProvider) return answer.usage;
  const bool produced = end.produced || end.outcome == Outcome::kCompleted ||
                        answer.output_bytes > 0 || answer.images > 0 || answer.tools.any();
  // Nothing that a model made, or nothing that is charged.
  const bool uncounted = terms.endpoint == openai::Endpoint::kModerations ||
                         terms.endpoint == openai::Endpoint::kInputTokens || terms.bound;
  if (!produced || uncounted) return {};
  static const config::Model kUnpriced;
  return estimated_usage(terms.model == nullptr ? kUnpriced : *terms.model, terms.endpoint,
                         *terms.request, answer);
}

// Nothing but training has the price of training, whatever a request or an answer calls its tier.
ShortText tier_of(openai::Endpoint endpoint, std::string_view named) {
  const bool trains = endpoint == openai::Endpoint::kFineTuning;
  return trains || named != kTrainingTier ? openai::word_of(named) : ShortText{};
}

Usage settled_usage(const Terms& terms, const Answer& answer, const CallAccount::End& end) {
  auto usage = reported_or_estimated(terms, answer, end);
  if (usage.source != UsageSource::kNone) answer.tools.add_to(usage, terms.request->references);
  return usage;
}

}  // namespace

void CallAccount::settle(const End& end, const Answer& answer) {
  TG_CHECK(state_ == State::kOpen);
  state_ = State::kSettled;
  compute_settlement(end, answer);
  journal_.settle(id_, admission_, settlement_);
  settle_reservation();
}

void CallAccount::settle_unheard(End end) {
  TG_CHECK(state_ == State::kOpen);
  state_ = State::kSettled;
  end.outcome = Outcome::kInterrupted;
  compute_settlement(
      end, {}, admission_.with_cost(admission_.interrupted_charge, admission_.interrupted_cost));
  auto& usage = settlement_.usage;
  usage.source = UsageSource::kEstimated;
  usage.input_text_tokens = admission_.prompt_tokens;
  usage.output_text_tokens =
      std::max<std::int64_t>(0, admission_.interrupted_tokens - admission_.prompt_tokens);
  journal_.settle(id_, admission_, settlement_);
  settle_reservation();
}

Result<void> CallAccount::settle_late(const End& end, const Answer& answer,
                                      std::optional<Money> known) {
  TG_CHECK(state_ == State::kWaiting);
  compute_settlement(end, answer, known);
  TG_TRY_DONE(
      journal_.settle_late({.id = id_, .admission = admission_, .settlement = settlement_}));
  state_ = State::kSettled;
  settle_reservation();
  return {};
}

void CallAccount::compute_settlement(const End& end, const Answer& answer,
                                     std::optional<Money> known) {
  settlement_.outcome = end.outcome;
  settlement_.http_status = end.http_status;
  settlement_.duration_ms = end.duration_ms;
  settlement_.served_model = answer.served_model;
  settlement_.usage = settled_usage(terms_, answer, end);
  choose_price(&answer);
  auto& usage = settlement_.usage;
  settlement_.flags = judge(answer, usage);
  // What was counted here cannot be more than what was held for it before it was passed on.
  if (usage.source == UsageSource::kEstimated && instalments_) {
    clip(usage, kOutputClasses, held_output_);
  }
  charge_as_served(end);
  if (terms_.model != nullptr && terms_.model->unpriced) {
    settlement_.flags |= flag(EventFlag::kUnpricedModel);
  }
  if (answer.tools.uncounted) settlement_.flags |= flag(EventFlag::kUnpricedUnit);

  if (admission_.test) {
    settlement_.would_have_cost = money_for(usage, settlement_.flags).cost;
  } else {
    const auto money = known       ? *known
                       : is_flat() ? flat_price(end.outcome)
                                   : money_for(usage, settlement_.flags);
    if (known && usage.source == UsageSource::kNone && known->cost > NanoUsd{}) {
      usage.source = UsageSource::kEstimated;
    }
    if (is_over_bound(usage, money.charge)) settlement_.flags |= flag(EventFlag::kOverBound);
    if (known) settlement_.flags |= flag(EventFlag::kOwnSum);
    set_money(money);
    leave_out_undelivered(end);
  }
  if (terms_.target != nullptr && usage.source == UsageSource::kProvider) {
    terms_.target->add_answer(usage.output_tokens());
    if ((settlement_.flags & flag(EventFlag::kOverBound)) != 0) {
      terms_.target->set_broke_its_word(true);
    }
  }
}

void CallAccount::settle_reservation() noexcept {
  if (admission_.test) return;
  const auto& usage = settlement_.usage;
  auto used = amounts(settlement_.charge, usage.input_tokens() + usage.output_tokens());
  // What came to nothing made no images and heard no recording.
  if (usage.source == UsageSource::kNone) used.images = used.audio_bytes = 0;
  reservation_.settle(used);
}

// What the provider refused or never got is not charged.
Money CallAccount::flat_price(Outcome outcome) const noexcept {
  const bool refused = outcome == Outcome::kUpstreamError || outcome == Outcome::kUpstreamFailed;
  if (refused) return {};
  const auto cost = cost_bound_.total;
  return {.cost = cost, .charge = charge_at(cost, terms_.charge_factor_millionths)};
}

// A client that went away pays for what it was given, where its organization has chosen so; the
// provider asks for all of it.
void CallAccount::leave_out_undelivered(const End& end) {
  if (!terms_.only_delivered || !end.delivered_bytes) return;
  const auto charge = charge_delivered(*end.delivered_bytes);
  if (charge >= settlement_.charge) return;
  settlement_.charge = charge;
  settlement_.flags |= flag(EventFlag::kOnlyDelivered);
}

NanoUsd CallAccount::charge_delivered(std::int64_t bytes) const {
  if (bytes <= 0) return {};
  if (!openai::writes_text(terms_.endpoint)) return settlement_.charge;
  auto delivered = settlement_.usage;
  delivered.output_text_tokens = std::min(delivered.output_text_tokens, estimated_tokens(bytes));
  delivered.output_audio_tokens = delivered.output_image_tokens = delivered.reasoning_tokens = 0;
  return money_for(delivered).charge;
}

void CallAccount::set_money(const Money& money) {
  settlement_.cost = money.cost;
  settlement_.charge = money.charge;
  auto& usage = settlement_.usage;
  const bool beyond = usage.input_tokens() > untrusted_.input_tokens ||
                      usage.output_tokens() > untrusted_.output_tokens ||
                      money.charge > untrusted_.total;
  if (!untrusting_ || !beyond) return;
  // More than the model can do. The provider may bill it; a limit that trusts no upstream holds.
  clip(usage, kInputClasses, untrusted_.input_tokens);
  clip(usage, kOutputClasses, untrusted_.output_tokens);
  settlement_.charge = std::min(money_for(usage).charge, untrusted_.total);
  settlement_.flags |= flag(EventFlag::kChargeCapped);
}

EventFlags CallAccount::judge(const Answer& answer, Usage& usage) const noexcept {
  EventFlags flags = 0;
  if (output_cap_ > 0) flags |= flag(EventFlag::kOutputCapped);
  if (answer.usage.contradictory) flags |= flag(EventFlag::kContradictory);
  if (usage.source != UsageSource::kProvider) return flags;

  if (openai::writes_text(terms_.endpoint) &&
      answer.output_bytes > usage.output_tokens() * kTokenBytesMax) {
    usage.output_text_tokens += estimated_tokens(answer.output_bytes) - usage.output_tokens();
    flags |= flag(EventFlag::kReportedTooLittle);
  }
  return flags;
}

bool CallAccount::is_over_bound(const Usage& usage, NanoUsd charge) const noexcept {
  if (usage.source != UsageSource::kProvider) return false;
  if (terms_.model == nullptr || is_free(*terms_.model)) return false;
  return usage.input_tokens() > bound_.input_tokens ||
         (output_is_bounded(terms_.endpoint) && usage.output_tokens() > held_output_) ||
         charge > held_;
}

// What the answer says holds: it may have been served in another tier than was asked for, and what
// was left open is decided now.
void CallAccount::choose_price(const Answer* answer) noexcept {
  const auto& request = *terms_.request;
  const bool images = openai::makes_images(terms_.endpoint);
  settlement_.tier = tier_of(terms_.endpoint, request.service_tier);
  settlement_.size = images ? openai::word_of(request.size) : request.hosted_tools.search_context;
  settlement_.quality = openai::word_of(request.quality);
  if (answer == nullptr) return;
  if (!answer->tier.empty()) settlement_.tier = tier_of(terms_.endpoint, answer->tier.view());
  if (!answer->size.empty()) settlement_.size = answer->size;
  if (!answer->quality.empty()) settlement_.quality = answer->quality;
  if (!images && settlement_.usage.web_search_calls == 0) settlement_.size = {};
}

// Only where its prices say what all of it costs; the asked one's hold else.
void CallAccount::charge_as_served(const End& end) {
  prices_ = terms_.model;
  if (end.mismatch) settlement_.flags |= flag(EventFlag::kModelMismatch);
  if (end.served == nullptr || is_flat()) return;
  if (!itemize(*end.served, settlement_.usage, qualifiers())) return;
  prices_ = end.served;
  settlement_.served_price_id = prices_->price_id;
  settlement_.flags |= flag(EventFlag::kChargedAsServed);
}

Money CallAccount::money_for(const Usage& usage, EventFlags& flags) const {
  const auto* model = prices_ == nullptr ? terms_.model : prices_;
  if (model == nullptr || usage.source == UsageSource::kNone) return {};
  const auto cost = price(*model, usage, held_cost(), flags);
  if (terms_.charge_model == nullptr) {
    return {.cost = cost, .charge = charge_at(cost, terms_.charge_factor_millionths)};
  }
  return {.cost = cost, .charge = price(*terms_.charge_model, usage, held_, flags)};
}

// A unit without a price is never free: the call is charged what was held for it at least, and what
// its input costs where that is more.
NanoUsd CallAccount::price(const config::Model& model, const Usage& usage, NanoUsd held,
                           EventFlags& flags) const {
  const auto priced = itemize(model, usage, qualifiers());
  if (!priced || priced->incomplete()) flags |= flag(EventFlag::kUnpricedUnit);
  if (priced) return priced->total();
  log(LogLevel::kWarning, "unit without a price", {{"call", format(id_)}, {"model", model.name}});
  auto input = usage;
  clip(input, kOutputClasses, 0);
  return std::max(held, charge(model, input, qualifiers()).value_or(NanoUsd{}));
}

}  // namespace tg::ledger
