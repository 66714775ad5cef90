// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/money.h"
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

enum class Outcome : std::uint8_t {
  kCompleted = 0,
  kUpstreamError = 1,      // the upstream answered with an error
  kUpstreamFailed = 2,     // unreachable, timed out, or broke the protocol before its first byte
  kUpstreamTruncated = 3,  // broke off in the middle of its answer
  kClientGone = 4,         // the client went away
  kKeyRevoked = 5,         // cut because its key was revoked
  kInterrupted = 6,        // this server ended before the call did
};
[[nodiscard]] const char* name(Outcome outcome) noexcept;

// What is known when a call is let in. Everything a recovery needs to charge it stands here.
struct Admission {
  WallTime at;
  openai::Endpoint endpoint{};
  bool stream = false;
  bool test = false;  // a test key: charged zero
  std::string key_id;
  std::string owner_id;
  std::string project_id;
  std::string organization_id;
  std::string model;           // as asked for
  std::string upstream_model;  // as sent
  std::string provider_id;
  NanoUsd held;                // on every meter
  NanoUsd prompt_charge;       // what an interrupted call is charged for its input
  NanoUsd interrupted_charge;  // what a call that was not streamed is charged if it is interrupted
};

struct Settlement {
  Outcome outcome = Outcome::kCompleted;
  int http_status = 0;  // what the client was told
  std::string served_model;
  openai::Usage usage;
  NanoUsd cost;             // what the provider asks
  NanoUsd charge;           // what the organization pays; zero for test keys
  NanoUsd would_have_cost;  // for test keys
  std::int64_t duration_ms = 0;
};

struct UsageEvent {
  EventId id;
  Admission admission;
  Settlement settlement;
};

}  // namespace tg::ledger
