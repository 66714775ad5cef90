// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "base/money.h"
#include "config/snapshot.h"
#include "ledger/input_counter.h"
#include "ledger/journal.h"
#include "ledger/pricing.h"
#include "ledger/refusal.h"
#include "ledger/stored_object.h"
#include "ledger/usage_event.h"
#include "limits/limit.h"
#include "limits/reservation.h"
#include "openai/answer_tap.h"
#include "openai/request_peek.h"

// One call's money: held before it goes out, taken in instalments while it streams, settled with
// the truth, and written down before each step. The gateway and the simulation use the same.
//
//   admit() → sent() → pass() for each piece of a stream → settle()
//                                                        → go_on() … settle_late()
//
// Threading:  one per call, used by its worker.
// Lifetime:   the journal and everything in Terms outlive it.
// Errors:     a Refusal leaves no trace on any limit and nothing in the journal.
// Invariant:  a call that was admitted is settled exactly once; the destructor checks that.
namespace tg::ledger {

struct Terms {
  const config::Model* model = nullptr;  // whose prices hold; null: an unpriced sandbox model
  openai::Endpoint endpoint{};
  const openai::RequestPeek* request = nullptr;
  // In the order of Level; the last ones may be null, as the parent of a key that has none. The
  // admission says whose the credit is.
  std::array<const limits::LimitSet*, kLevels> owners{};
  config::TargetState* target = nullptr;  // null: the sandbox
  // That answer where the first does not, perhaps at a higher price.
  std::span<const config::Target> other_targets{};
  InputCounter* input_counter = nullptr;  // null: its bytes are the bound of its text
  // Where no single request of a model's is asked: a batch's sum, or a flat price.
  std::optional<Bound> bound{};
  // What the organization pays: by prices of its own, else so many millionths of the cost.
  const config::Model* charge_model = nullptr;
  std::int64_t charge_factor_millionths = config::ChargeRule::kSame;
  std::optional<Bound> charge_bound{};  // beside `bound`, where prices of its own hold
  bool only_delivered = false;          // what a client does not wait for is not charged

  [[nodiscard]] std::span<const limits::LimitSet* const> limit_sets() const noexcept {
    return {owners.begin(), std::ranges::find(owners, nullptr)};
  }
};

class CallAccount {
 public:
  explicit CallAccount(Journal& journal) noexcept : journal_{journal} {}
  // Work that an earlier server began, held again on limits that do not refuse yet.
  CallAccount(Journal& journal, const OpenWork& work, const Terms& terms);
  ~CallAccount();
  CallAccount(CallAccount&& other) noexcept;
  CallAccount& operator=(CallAccount&&) = delete;
  CallAccount(const CallAccount&) = delete;
  CallAccount& operator=(const CallAccount&) = delete;

  // `admission` says who and what; its instant and its money are filled in here.
  [[nodiscard]] std::expected<void, Refusal> admit(const Terms& terms, Admission admission);
  // Before the first byte goes upstream.
  void sent() noexcept;
  // Before what was read of a stream is passed on: takes the instalments that it needs. A refusal
  // ends the stream.
  [[nodiscard]] std::optional<Refusal> pass(const openai::Answer& so_far);

  struct End {
    Outcome outcome = Outcome::kCompleted;
    int http_status = 0;
    bool produced = false;  // the client saw something, or would have
    std::int64_t duration_ms = 0;
    bool mismatch = false;  // another model answered than was asked for
    // Whose prices hold in the place of the asked one's: of the model, or the target, that
    // answered.
    const config::Model* served = nullptr;
    // Where the client went away: bytes of the answer's text that it had been given.
    std::optional<std::int64_t> delivered_bytes{};
  };
  void settle(const End& end, const openai::Answer& answer);
  // It was sent and what came of it was not heard: charged as a recovery would.
  void settle_unheard(End end);

  // What this call has made or removed upstream; before it is settled or goes on.
  void note(const StoredObject& object) noexcept;
  // In the place of settle(): the upstream goes on, and what is held stays held. `work` says who
  // works on what; the rest is filled in here.
  void go_on(OpenWork work) noexcept;
  // The account has moved to where it waits: its terms, there.
  void wait_with(const Terms& terms) noexcept;
  // The end of work that went on; what it costs, where the answer's usage does not say it.
  // kJournalFull: nothing has happened, try again.
  [[nodiscard]] Result<void> settle_late(const End& end, const openai::Answer& answer,
                                         std::optional<Money> known = std::nullopt);
  // What so much usage costs and is charged, as this call's terms are.

  [[nodiscard]] bool admitted() const noexcept { return state_ != State::kNew; }
  [[nodiscard]] bool settled() const noexcept { return state_ == State::kSettled; }
  [[nodiscard]] bool waiting() const noexcept { return state_ == State::kWaiting; }
  [[nodiscard]] const Admission& admission() const noexcept { return admission_; }
  [[nodiscard]] const EventId& id() const noexcept { return id_; }
  // The most output tokens that the upstream may be asked for, a choice; 0: as the client wishes.
  [[nodiscard]] std::int64_t output_cap() const noexcept { return output_cap_; }
  // Of requests or tokens, as the limits of this call stand.
  [[nodiscard]] std::optional<RateState> rate_state(limits::Metric metric, WallTime now) const;
  // Once settled.
  [[nodiscard]] const Settlement& settlement() const noexcept { return settlement_; }

 private:
  enum class State : std::uint8_t {
    kNew,
    kOpen,     // admitted
    kSettled,  // its charge stands in the journal and on the limits
    kWaiting,  // its work goes on upstream
  };
  [[nodiscard]] Result<void> compute_bounds(const openai::RequestPeek& request);
  [[nodiscard]] Result<Bound> bound_of_targets(const openai::RequestPeek& request,
                                               Trust trust) const;
  [[nodiscard]] bool holds_credit() const noexcept;
  [[nodiscard]] bool pays_in_instalments() const noexcept;
  [[nodiscard]] std::int64_t output_at_first() const noexcept;
  [[nodiscard]] std::optional<limits::Refused> hold(std::int64_t output_tokens);
  [[nodiscard]] std::optional<limits::Refused> hold_or_cap();
  [[nodiscard]] bool count_input();
  [[nodiscard]] bool hold_capped();
  [[nodiscard]] std::int64_t affordable_output() const;
  [[nodiscard]] limits::Amounts amounts(std::int64_t output_tokens) const noexcept;
  [[nodiscard]] limits::Amounts amounts(NanoUsd money, std::int64_t tokens) const noexcept;
  [[nodiscard]] std::optional<limits::Refused> take(std::int64_t output_tokens);
  void note(std::int64_t output_bytes);
  void fill_in_interruption();
  void compute_settlement(const End& end, const openai::Answer& answer,
                          std::optional<Money> known = std::nullopt);
  void settle_reservation() noexcept;
  // A call that no model answers: its price does not depend on what is used.
  [[nodiscard]] bool is_flat() const noexcept {
    return terms_.bound.has_value() && terms_.model == nullptr;
  }
  [[nodiscard]] Money flat_price(Outcome outcome) const noexcept;

  // Null: before there is an answer.
  void choose_price(const openai::Answer* answer) noexcept;
  [[nodiscard]] PriceQualifiers qualifiers() const noexcept {
    return {.tier = settlement_.tier, .size = settlement_.size, .quality = settlement_.quality};
  }
  void charge_as_served(const End& end);
  [[nodiscard]] Result<Bound> charged(const Bound& cost, const openai::RequestPeek& request,
                                      Trust trust) const;
  [[nodiscard]] NanoUsd held_cost() const noexcept { return cost_bound_.with_output(held_output_); }
  // Adds a flag where a unit that was used has no price.
  [[nodiscard]] NanoUsd price(const config::Model& model, const openai::Usage& usage, NanoUsd held,
                              EventFlags& flags) const;
  [[nodiscard]] Money money_for(const openai::Usage& usage, EventFlags& flags) const;
  [[nodiscard]] Money money_for(const openai::Usage& usage) const {
    EventFlags ignored = 0;
    return money_for(usage, ignored);
  }
  [[nodiscard]] NanoUsd charge_delivered(std::int64_t bytes) const;
  // Flags what cannot be true, and mends what was reported too little.
  [[nodiscard]] EventFlags judge(const openai::Answer& answer, openai::Usage& usage) const noexcept;
  [[nodiscard]] bool is_over_bound(const openai::Usage& usage, NanoUsd charge) const noexcept;
  void set_money(const Money& money);
  void leave_out_undelivered(const End& end);

  Journal& journal_;
  Terms terms_;
  Admission admission_;
  EventId id_;
  Bound bound_;  // in what is charged, as all that is held
  Bound cost_bound_;
  Bound untrusted_;
  const config::Model* prices_ = nullptr;  // that hold: the terms' model, or what answered
  limits::Reservation reservation_;
  NanoUsd held_;                  // on limits that trust the upstream
  std::int64_t held_output_ = 0;  // tokens of output in it
  std::int64_t output_max_ = 0;   // that it can come to: the bound's, or the cap's
  std::int64_t output_cap_ = 0;
  std::int64_t noted_bytes_ = 0;
  bool instalments_ = false;
  bool untrusting_ = false;  // a limit that trusts no upstream holds
  State state_ = State::kNew;
  Settlement settlement_;
};

}  // namespace tg::ledger
