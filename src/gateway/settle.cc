// SPDX-License-Identifier: Apache-2.0
// Step 6: the actual charge takes the reservation's place, on every limit and in the journal.
#include "gateway/call.h"

namespace tg::gateway {

void Call::settle(ledger::Outcome outcome, int http_status) {
  const auto elapsed = std::chrono::steady_clock::now() - begun_at_;
  const ledger::CallAccount::End end{
      .outcome = outcome,
      .http_status = http_status,
      .produced = head_sent_ || outcome == ledger::Outcome::kUpstreamTruncated,
      .duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count(),
  };
  account_.settle(end, answer_);
}

ledger::Outcome Call::outcome_of(Code code) const noexcept {
  if (key_revoked_) return ledger::Outcome::kKeyRevoked;
  if (client_gone_) return ledger::Outcome::kClientGone;
  if (code == Code::kUpstreamTruncated && head_sent_) return ledger::Outcome::kUpstreamTruncated;
  return answer_status_ == 0 || !head_sent_ ? ledger::Outcome::kUpstreamFailed
                                            : ledger::Outcome::kUpstreamTruncated;
}

}  // namespace tg::gateway
