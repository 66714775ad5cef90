// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "base/metrics.h"
#include "ledger/usage_event.h"
#include "openai/endpoint.h"

// What one worker has counted of its calls since it began. metrics_page.h tells it.
//
// Threading:  written by its worker, read by any.
// Limits:     no number of its own for anything that clients choose: endpoints, outcomes and codes
//             are ours.
namespace tg::gateway {

inline constexpr std::array<std::int64_t, 16> kCallBoundsUs{
    5'000,     10'000,    25'000,     50'000,     100'000,    250'000,    500'000,     1'000'000,
    2'500'000, 5'000'000, 10'000'000, 20'000'000, 30'000'000, 60'000'000, 120'000'000, 600'000'000};
inline constexpr std::array<std::int64_t, 11> kOverheadBoundsUs{
    10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 100'000};

inline constexpr std::size_t kOutcomes =
    static_cast<std::size_t>(ledger::Outcome::kLimitReached) + 1;
inline constexpr std::size_t kCodes = static_cast<std::size_t>(Code::kCancelled) + 1;

struct EndpointMetrics {
  std::array<Count, kOutcomes> calls;     // settled, by their outcome
  Durations<kCallBoundsUs> duration;      // from the request's head to the settlement; of work that
                                          // went on it says nothing
  Durations<kCallBoundsUs> first_byte;    // from the request's head to the answer's
  Durations<kOverheadBoundsUs> overhead;  // as x-tollgate-overhead-us
  Count input_tokens;
  Count output_tokens;
};

struct WorkerMetrics {
  std::array<EndpointMetrics, openai::kEndpointCount> endpoints;
  std::array<Count, kCodes> refusals;  // by their Code
  Count connections_accepted;
  Count connections_refused;  // above connections_max
  Count connections;          // now
  Count running_calls;        // now
  Count open_work;            // now: goes on upstream when its call is over
  Count waiting_calls;        // now, for a limit to let them through
  Count body_bytes;           // of requests, in memory now
  Count log_lines_lost;       // of calls: whoever reads the log did not keep up
  Count upstream_opened;
  Count upstream_failed;
  Count upstream_reused;
  Count upstream_idle;  // now

  void note(openai::Endpoint endpoint, const ledger::Settlement& settled) noexcept {
    auto& of = endpoints.at(static_cast<std::size_t>(endpoint));
    of.calls.at(static_cast<std::size_t>(settled.outcome)).add(1);
    of.input_tokens.add(settled.usage.input_tokens());
    of.output_tokens.add(settled.usage.output_tokens());
  }
};

}  // namespace tg::gateway
