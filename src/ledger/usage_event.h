// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/money.h"
#include "base/short_text.h"
#include "config/charge_books.h"
#include "openai/endpoint.h"
#include "openai/usage.h"

// The record of one call, from its admission to its settlement.
namespace tg::ledger {

// `epoch-worker-sequence`: the journal's place for the call, never used twice. An epoch is one
// start of the server on its data folder.
struct EventId {
  std::uint32_t epoch = 0;
  std::uint16_t worker = 0;
  std::uint64_t sequence = 0;

  friend auto operator<=>(const EventId&, const EventId&) = default;
};

// "call_<epoch>-<worker>-<sequence>", as people and the API see it; also the answer's x-request-id.
[[nodiscard]] std::string format(const EventId& id);
// Nothing where the text is not of that form.
[[nodiscard]] std::optional<EventId> parse_event_id(std::string_view text) noexcept;

enum class Outcome : std::uint8_t {
  kCompleted = 0,
  kUpstreamError = 1,      // the upstream answered with an error
  kUpstreamFailed = 2,     // unreachable, timed out, or broke the protocol before its first byte
  kUpstreamTruncated = 3,  // broke off in the middle of its answer
  kClientGone = 4,         // the client went away
  kKeyRevoked = 5,         // cut because its key was revoked
  kInterrupted = 6,        // this server ended before the call did
  kLimitReached = 7,       // ended in the middle of its stream: a limit had no more for it
};
[[nodiscard]] const char* name(Outcome outcome) noexcept;

// What somebody who looks at an event should know; any number of them.
enum class EventFlag : std::uint8_t {
  kOverBound = 0,          // the upstream reports more than the call was bounded by
  kContradictory = 1,      // its usage does not add up; the larger reading was charged
  kReportedTooLittle = 2,  // less than was streamed: charged as streamed
  kOutputCapped = 3,       // the output was cut to what the limits had left
  kChargeCapped = 4,       // a limit that trusts no upstream kept the charge below the cost
  kModelMismatch = 5,      // another model answered than was asked for
  kChargedAsServed = 6,    // by the prices of the one that answered
  kUnpricedUnit = 7,       // a unit without a price: what was held is charged, for a tool nothing
  kOwnSum = 16,            // not from this usage alone: a batch's lines, or what had been held
  kUnpricedModel = 17,     // nobody says what its model costs: charged at the operator's ceiling
  kOnlyDelivered = 18,     // the client went away: what it did not wait for is not charged
};
using EventFlags = std::uint32_t;
[[nodiscard]] constexpr EventFlags flag(EventFlag of) noexcept {
  return EventFlags{1} << static_cast<unsigned>(of);
}

// What a provider asks, and what the organization pays for it.
struct Money {
  NanoUsd cost;
  NanoUsd charge;
};

// Whose prepaid money a call was let in with, and is paid with (credits.h).
enum class CreditOf : std::uint8_t {
  kNobody = 0,  // it is billed
  kOrganization = 1,
  kProject = 2,
};

// What is known when a call is let in. Everything a recovery needs to charge it stands here.
struct Admission {
  WallTime at;
  openai::Endpoint endpoint{};
  bool stream = false;
  bool test = false;  // a test key: charged zero
  ShortText key_id;
  ShortText owner_id;
  ShortText project_id;
  ShortText organization_id;
  std::string model;           // as asked for
  std::string upstream_model;  // as sent
  ShortText provider_id;
  NanoUsd held;  // at first, on every limit
  // What it is charged if it is interrupted: a stream for its input, beside its instalments;
  // another call at all. The other of the two is zero.
  NanoUsd prompt_charge;
  NanoUsd interrupted_charge;
  std::int64_t prompt_tokens = 0;       // what limits of tokens count for the same
  std::int64_t interrupted_tokens = 0;  // output included; zero of a stream
  // The sheet whose prices hold for this call until its end (config/price_sheet.h); 0: none, as of
  // a flat price, or of calls from before sheets were kept.
  std::int64_t price_id = 0;
  // What its organization pays, where that is not the cost: a factor of it, or the prices of
  // another sheet. Then what stands above as charges is less or more than the costs, which stand
  // here.
  std::int64_t charge_factor_millionths = config::ChargeRule::kSame;
  std::int64_t charge_price_id = 0;
  NanoUsd held_cost;
  NanoUsd prompt_cost;
  NanoUsd interrupted_cost;
  CreditOf credit_of = CreditOf::kNobody;

  [[nodiscard]] bool charges_as_cost() const noexcept {
    return charge_factor_millionths == config::ChargeRule::kSame && charge_price_id == 0;
  }
  // `charge` with the cost that stands for it.
  [[nodiscard]] Money with_cost(NanoUsd charge, NanoUsd own_cost) const noexcept {
    return {.cost = charges_as_cost() ? charge : own_cost, .charge = charge};
  }
};

// What a stream has produced so far; cumulative.
struct Instalment {
  NanoUsd output_charge;
  std::int64_t output_tokens = 0;
  NanoUsd output_cost{};  // where the charge is not the cost
};

struct Settlement {
  Outcome outcome = Outcome::kCompleted;
  int http_status = 0;  // what the client was told
  std::string served_model;
  openai::Usage usage;
  // What chose among the model's prices: "priority"; of an image "1024x1536" and "high", of a web
  // search how much it read. As the answer says, else as the request does; "": neither.
  ShortText tier;
  ShortText size;
  ShortText quality;
  std::int64_t served_price_id = 0;  // the sheet of what answered, where its prices hold
  NanoUsd cost;                      // what the provider asks
  NanoUsd charge;                    // what the organization pays; zero for test keys
  NanoUsd would_have_cost;           // for test keys
  std::int64_t duration_ms = 0;
  EventFlags flags = 0;
};

struct UsageEvent {
  EventId id;
  Admission admission;
  Settlement settlement;
};

}  // namespace tg::ledger
