// SPDX-License-Identifier: Apache-2.0
#include "ledger/usage_event.h"

#include <fmt/format.h>

#include <charconv>

namespace tg::ledger {

std::string format(const EventId& id) {
  return fmt::format("call_{}-{}-{}", id.epoch, id.worker, id.sequence);
}

std::optional<EventId> parse_event_id(std::string_view text) noexcept {
  constexpr std::string_view kPrefix = "call_";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  EventId id;
  const auto read = [&text](auto& number, bool last) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (last) return text.empty();
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
    return true;
  };
  if (!read(id.epoch, false) || !read(id.worker, false) || !read(id.sequence, true)) {
    return std::nullopt;
  }
  return id;
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
