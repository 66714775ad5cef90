// SPDX-License-Identifier: Apache-2.0
#include "ledger/usage_event.h"

#include <fmt/format.h>

namespace tg::ledger {

std::string format(const EventId& id) {
  return fmt::format("call_{}-{}-{}", id.epoch, id.worker, id.sequence);
}

const char* name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::kCompleted: return "completed";
    case Outcome::kUpstreamError: return "upstream_error";
    case Outcome::kUpstreamFailed: return "upstream_failed";
    case Outcome::kUpstreamTruncated: return "upstream_truncated";
    case Outcome::kClientGone: return "client_gone";
    case Outcome::kKeyRevoked: return "key_revoked";
    case Outcome::kInterrupted: return "interrupted";
    case Outcome::kLimitReached: return "limit_reached";
  }
  return "unknown";
}

}  // namespace tg::ledger
