// SPDX-License-Identifier: Apache-2.0
#include "ledger/call_account.h"

#include <algorithm>
#include <utility>

#include "ledger/estimates.h"

namespace tg::ledger {
namespace {

// Output is held this much at a time while a stream passes. Short, because it is what each open
// stream keeps from all others; long enough that most answers need one. A token is at least one
// byte of text, so it covers 1,024 bytes and usually four times as much.
constexpr std::int64_t kInstalmentTokens = 1024;
// A shorter answer helps nobody.
constexpr std::int64_t kCapTokensMin = 256;
// What a capped answer may come to, where nothing is known of the model's answers; and at least.
constexpr std::int64_t kCapTokensUnknown = 4096;
constexpr std::int64_t kCapTokensTypicalMin = 1024;
// Other calls come and go while a cap is computed.
constexpr int kCapTries = 4;
// How much text may pass between two notes of it in the journal: what a kill -9 can hide.
constexpr std::int64_t kNoteBytes = 2048;

// Whether less output would help against this refusal.
bool can_be_capped(const limits::Refused& refused) {
  const auto metric = refused.limit->rule().metric;
  return (metric == limits::Metric::kMoney || metric == limits::Metric::kTokens) &&
         refused.limit->trusts_upstream();
}

// Whether this refusal counts what is read.
bool counts_input(const limits::Refused& refused) {
  const auto metric = refused.limit->rule().metric;
  return metric == limits::Metric::kMoney || metric == limits::Metric::kTokens;
}

std::int64_t typical_cap(const config::TargetState* target) {
  const auto known = target == nullptr ? 0 : target->percentile_95_output_tokens();
  return known == 0 ? kCapTokensUnknown : std::max(kCapTokensTypicalMin, 4 * known);
}

}  // namespace

CallAccount::~CallAccount() {
  TG_CHECK(state_ != State::kOpen);
  // The server ends and the work does not: the next server holds it again.
  if (state_ == State::kWaiting && !admission_.test) reservation_.release();
}

CallAccount::CallAccount(CallAccount&& other) noexcept
    : journal_{other.journal_},
      terms_{other.terms_},
      admission_{std::move(other.admission_)},
      id_{other.id_},
      bound_{other.bound_},
      cost_bound_{other.cost_bound_},
      untrusted_{other.untrusted_},
      prices_{other.prices_},
      reservation_{std::move(other.reservation_)},
      held_{other.held_},
      held_output_{other.held_output_},
      output_max_{other.output_max_},
      output_cap_{other.output_cap_},
      noted_bytes_{other.noted_bytes_},
      instalments_{other.instalments_},
      untrusting_{other.untrusting_},
      state_{std::exchange(other.state_, State::kNew)},
      settlement_{std::move(other.settlement_)} {}

CallAccount::CallAccount(Journal& journal, const OpenWork& work, const Terms& terms)
    : journal_{journal},
      terms_{terms},
      admission_{work.admission},
      id_{work.id},
      held_{work.admission.held},
      state_{State::kWaiting} {
  bound_ = untrusted_ = Bound{.total = held_,
                              .prompt = held_,
                              .input_tokens = work.held_input_tokens,
                              .output_tokens = work.held_output_tokens,
                              .output_price = 0};
  cost_bound_ = bound_;
  if (!admission_.charges_as_cost()) {
    cost_bound_.total = cost_bound_.prompt = admission_.held_cost;
  }
  held_output_ = output_max_ = bound_.output_tokens;
  choose_price(nullptr);
  if (admission_.test) return;
  const limits::Amounts amounts{.money = held_, .tokens = bound_.tokens(), .requests = 1};
  reservation_.hold_again(terms_.limit_sets(), admission_.upstream_model, amounts, admission_.at,
                          wall_now());
}

std::expected<void, Refusal> CallAccount::admit(const Terms& terms, Admission admission) {
  TG_CHECK(state_ == State::kNew);
  terms_ = terms;
  admission_ = std::move(admission);
  admission_.at = wall_now();
  choose_price(nullptr);
  admission_.held_cost = admission_.prompt_cost = admission_.interrupted_cost = NanoUsd{};
  admission_.price_id = terms_.model == nullptr ? 0 : terms_.model->price_id;
  if (!admission_.test) {
    admission_.charge_factor_millionths = terms_.charge_factor_millionths;
    admission_.charge_price_id = terms_.charge_model == nullptr ? 0 : terms_.charge_model->price_id;
  }
  if (!admission_.test) {
    if (const auto bounds = compute_bounds(*terms_.request); !bounds) {
      return std::unexpected(
          Refusal{.code = bounds.error().code, .message = {}, .param = "model", .rate = {}});
    }
    if (const auto refused = hold_or_cap()) {
      return std::unexpected(describe(*refused, admission_.at));
    }
  }
  if (!holds_credit()) admission_.credit_of = CreditOf::kNobody;
  fill_in_interruption();
  const auto id = journal_.admit(admission_);
  if (!id) {
    if (!admission_.test) reservation_.release();
    return std::unexpected(
        Refusal{.code = id.error().code, .message = {}, .param = "", .rate = {}});
  }
  id_ = *id;
  state_ = State::kOpen;
  return {};
}

Result<void> CallAccount::compute_bounds(const openai::RequestPeek& request) {
  if (terms_.bound) {
    cost_bound_ = *terms_.bound;
    bound_ = untrusted_ = terms_.charge_bound ? *terms_.charge_bound
                                              : cost_bound_.at(terms_.charge_factor_millionths);
    output_max_ = bound_.output_tokens;
    return {};
  }
  const bool broken = terms_.target != nullptr && terms_.target->broke_its_word();
  untrusting_ = limits::Reservation::any_untrusting(terms_.limit_sets(), admission_.upstream_model);
  if (untrusting_ || broken) {
    TG_TRY(cost_bound_, bound_of_targets(request, Trust::kNothing));
    TG_TRY(untrusted_, charged(cost_bound_, request, Trust::kNothing));
  }
  if (broken) {
    bound_ = untrusted_;
    bound_.output_price = 0;  // a cap would not be kept either
  } else {
    TG_TRY(cost_bound_, bound_of_targets(request, Trust::kRequest));
    TG_TRY(bound_, charged(cost_bound_, request, Trust::kRequest));
  }
  output_max_ = bound_.output_tokens;
  instalments_ = pays_in_instalments();
  return {};
}

// Whichever of them answers.
Result<Bound> CallAccount::bound_of_targets(const openai::RequestPeek& request, Trust trust) const {
  TG_TRY(auto most, bound(*terms_.model, terms_.endpoint, request, trust));
  for (const auto& other : terms_.other_targets) {
    if (!other.model || other.model.get() == terms_.model) continue;
    if (const auto its = bound(*other.model, terms_.endpoint, request, trust)) {
      most.raise_to(*its);
    }
  }
  return most;
}

// Tokens are counted alike whatever is charged for them.
Result<Bound> CallAccount::charged(const Bound& cost, const openai::RequestPeek& request,
                                   Trust trust) const {
  if (terms_.charge_model == nullptr) return cost.at(terms_.charge_factor_millionths);
  TG_TRY(auto own, bound(*terms_.charge_model, terms_.endpoint, request, trust));
  own.input_tokens = cost.input_tokens;
  own.output_tokens = cost.output_tokens;
  return own;
}

// A call that can cost nothing holds no credit, and takes none.
bool CallAccount::holds_credit() const noexcept {
  const auto* credit = terms_.owners[static_cast<std::size_t>(Level::kCredit)];
  return !admission_.test && held_ > NanoUsd{} && credit != nullptr && !credit->limits().empty();
}

// Where all output passes as text, so that it can be counted here before it is passed on.
bool CallAccount::pays_in_instalments() const noexcept {
  const auto& request = *terms_.request;
  return request.stream && !request.background && openai::writes_text(terms_.endpoint) &&
         bound_.output_price > 0 && !terms_.model->reasons && !request.unseen_output &&
         !request.open_ended_input;
}

std::int64_t CallAccount::output_at_first() const noexcept {
  return instalments_ ? std::min(kInstalmentTokens, output_max_) : output_max_;
}

limits::Amounts CallAccount::amounts(std::int64_t output_tokens) const noexcept {
  return amounts(bound_.with_output(output_tokens), bound_.input_tokens + output_tokens);
}

limits::Amounts CallAccount::amounts(NanoUsd money, std::int64_t tokens) const noexcept {
  const auto& request = *terms_.request;
  return {.money = money,
          .tokens = tokens,
          .requests = 1,
          .images = openai::makes_images(terms_.endpoint) ? request.choices : 0,
          .audio_bytes = request.audio_bytes};
}

std::optional<limits::Refused> CallAccount::hold(std::int64_t output_tokens) {
  const limits::Claim claim{.bound = amounts(output_tokens),
                            .untrusted = amounts(untrusted_.total, untrusted_.tokens())};
  auto refused =
      reservation_.try_hold(terms_.limit_sets(), admission_.upstream_model, claim, admission_.at);
  if (refused) return refused;
  held_ = claim.bound.money;
  held_output_ = output_tokens;
  return std::nullopt;
}

std::optional<limits::Refused> CallAccount::hold_or_cap() {
  auto refused = hold(output_at_first());
  if (refused && counts_input(*refused) && count_input()) refused = hold(output_at_first());
  if (!refused || bound_.output_price == 0 || !can_be_capped(*refused)) return refused;
  if (!hold_capped()) return refused;
  return std::nullopt;
}

// A token has at least one byte and mostly four: what did not fit by its bytes may fit as it is.
bool CallAccount::count_input() {
  if (terms_.input_counter == nullptr || terms_.bound) return false;
  const auto tokens = terms_.input_counter->input_tokens_at_most();
  if (!tokens || *tokens >= terms_.request->input_bytes) return false;
  auto counted = *terms_.request;
  counted.input_bytes = *tokens;
  return compute_bounds(counted).has_value();
}

// The output is cut to a part of what the limits have left, so that the calls that share the last
// cents do not starve each other.
bool CallAccount::hold_capped() {
  const auto choices = std::max<std::int64_t>(1, terms_.request->choices);
  for (int attempt = 0; attempt < kCapTries; ++attempt) {
    const auto cap =
        std::min({affordable_output() / 3, typical_cap(terms_.target), output_max_}) / choices;
    if (cap < kCapTokensMin) return false;
    if (hold(cap * choices)) continue;
    output_cap_ = cap;
    output_max_ = cap * choices;
    return true;
  }
  return false;
}

std::int64_t CallAccount::affordable_output() const {
  using limits::Metric;
  const auto left = [this](Metric metric) {
    return limits::Reservation::least_left(terms_.limit_sets(), admission_.upstream_model, metric,
                                           admission_.at);
  };
  auto affordable = bound_.output_tokens;
  if (const auto money = left(Metric::kMoney)) {
    affordable = std::min(affordable, bound_.output_for(NanoUsd{*money}));
  }
  if (const auto tokens = left(Metric::kTokens)) {
    affordable = std::min(affordable, *tokens - bound_.input_tokens);
  }
  return std::max<std::int64_t>(0, affordable);
}

// What a recovery charges for a call that this server did not see to its end.
void CallAccount::fill_in_interruption() {
  admission_.held = held_;
  if (!admission_.charges_as_cost()) admission_.held_cost = held_cost();
  if (terms_.bound) {
    admission_.stream = false;  // what is charged if it is interrupted is known at once
    admission_.prompt_tokens = bound_.input_tokens;
    admission_.interrupted_tokens = bound_.tokens();
    admission_.interrupted_charge = held_;
    admission_.interrupted_cost = admission_.held_cost;
    return;
  }
  if (terms_.model == nullptr) return;
  if (terms_.request->background) admission_.stream = false;  // its output need not pass here
  auto usage = estimated_input(*terms_.model, terms_.endpoint, *terms_.request);
  admission_.prompt_tokens = usage.input_tokens();
  if (admission_.stream) {
    const auto prompt = money_for(usage);
    admission_.prompt_charge = std::min(prompt.charge, held_);
    if (!admission_.charges_as_cost()) admission_.prompt_cost = std::min(prompt.cost, held_cost());
    return;
  }
  const auto known = terms_.target == nullptr ? 0 : terms_.target->median_output_tokens();
  usage.output_text_tokens = std::min(known == 0 ? kTypicalOutputTokens : known, held_output_);
  const auto money = money_for(usage);
  admission_.interrupted_charge = std::min(money.charge, held_);
  if (!admission_.charges_as_cost()) {
    admission_.interrupted_cost = std::min(money.cost, held_cost());
  }
  admission_.interrupted_tokens = usage.input_tokens() + usage.output_tokens();
}

std::optional<RateState> CallAccount::rate_state(limits::Metric metric, WallTime now) const {
  return ledger::rate_state(terms_.limit_sets(), admission_.upstream_model, metric, now);
}

void CallAccount::sent() noexcept { journal_.sent(id_); }

void CallAccount::note(const StoredObject& object) noexcept { journal_.note(id_, object); }

void CallAccount::go_on(OpenWork work) noexcept {
  TG_CHECK(state_ == State::kOpen);
  state_ = State::kWaiting;
  work.id = id_;
  work.admission = admission_;
  work.held_input_tokens = bound_.input_tokens;
  work.held_output_tokens = held_output_;
  journal_.go_on(work);
}

void CallAccount::wait_with(const Terms& terms) noexcept {
  TG_CHECK(state_ == State::kWaiting);
  terms_ = terms;
  choose_price(nullptr);
  terms_.charge_factor_millionths = admission_.charge_factor_millionths;
  if (!admission_.test) reservation_.go_on(admission_.upstream_model);
}

std::optional<Refusal> CallAccount::pass(const openai::Answer& so_far) {
  TG_DCHECK(state_ == State::kOpen);
  if (instalments_) {
    const auto needed = std::min(so_far.output_bytes, output_max_);
    if (needed > held_output_) {
      const auto most = std::min(std::max(needed, held_output_ + kInstalmentTokens), output_max_);
      // Where a whole instalment does not fit, what is needed now may.
      if (take(most)) {
        if (const auto refused = take(needed)) return describe(*refused, wall_now());
      }
    }
  }
  if (!admission_.test && so_far.output_bytes >= noted_bytes_ + kNoteBytes) {
    note(so_far.output_bytes);
  }
  return std::nullopt;
}

std::optional<limits::Refused> CallAccount::take(std::int64_t output_tokens) {
  const auto wanted = amounts(output_tokens);
  auto refused = reservation_.try_grow(
      {.money = wanted.money - held_, .tokens = output_tokens - held_output_, .requests = 0});
  if (refused) return refused;
  held_ = wanted.money;
  held_output_ = output_tokens;
  return std::nullopt;
}

void CallAccount::note(std::int64_t output_bytes) {
  noted_bytes_ = output_bytes;
  openai::Usage output;
  output.source = openai::UsageSource::kEstimated;
  output.output_text_tokens = std::min(estimated_tokens(output_bytes), output_max_);
  const auto money = money_for(output);
  Instalment so_far{.output_charge = std::min(money.charge, held_ - admission_.prompt_charge),
                    .output_tokens = output.output_text_tokens};
  if (!admission_.charges_as_cost()) {
    so_far.output_cost = std::min(money.cost, held_cost() - admission_.prompt_cost);
  }
  journal_.instalment(id_, so_far);
}

}  // namespace tg::ledger
