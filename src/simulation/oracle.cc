// SPDX-License-Identifier: Apache-2.0
#include "simulation/oracle.h"

#include <fmt/format.h>

#include <algorithm>

namespace tg::simulation {
namespace {

using ledger::Outcome;

constexpr std::int64_t kBytesPerToken = 4;

std::int64_t tokens_of(std::int64_t bytes) { return (bytes + kBytesPerToken - 1) / kBytesPerToken; }

// What surely stands in the journal of so many noted bytes: see Journal::instalment().
std::int64_t sure_bytes(const Notes& notes) {
  if (notes.bytes <= notes.bytes_at_last_sure) return notes.bytes;
  if (notes.bytes <= 16 * notes.bytes_at_last_sure) return notes.bytes * 8 / 9;
  return notes.bytes / 2;
}

std::int64_t output_charge(const KnownCall& call, std::int64_t bytes) {
  const auto tokens = std::min(tokens_of(bytes), call.output_max);
  return static_cast<std::int64_t>(static_cast<__int128>(tokens) * call.output_price / 1'000'000);
}

std::string wrong(const KnownCall& call, const char* what, std::int64_t is, std::int64_t should) {
  return fmt::format("call {} (number {}): {}: is {}, should be {}", ledger::format(call.id),
                     call.number, what, is, should);
}

}  // namespace

std::int64_t KnownCall::used(limits::Metric metric) const {
  switch (metric) {
    case limits::Metric::kMoney: return charge;
    case limits::Metric::kTokens: return tokens;
    case limits::Metric::kRequests: return 1;
    case limits::Metric::kConcurrency:
    case limits::Metric::kImages:
    case limits::Metric::kAudio: break;
  }
  return 0;
}

KnownCall& Oracle::add(const ledger::EventId& id, const ledger::Admission& admission) {
  auto& call = calls_.emplace_back();
  call.number = static_cast<std::int64_t>(calls_.size()) - 1;
  call.id = id;
  call.admission = admission;
  return call;
}

void Oracle::on_sync(std::int64_t first) {
  for (auto at = first; at < next_number(); ++at) {
    auto& call = calls_[static_cast<std::size_t>(at)];
    call.sent_synced = call.sent;
    call.settled_synced = call.settled;
    call.notes_synced = call.notes;
  }
}

std::int64_t Oracle::used(const PlacedRule& placed, WallTime from, WallTime to) const {
  std::int64_t sum = 0;
  for (const auto& call : calls_) {
    if (!call.counted || call.admission.at < from || call.admission.at >= to) continue;
    if (placed.covers(call.admission)) sum += call.used(placed.rule.metric);
  }
  return sum;
}

std::string Oracle::compare(const LedgerRows& rows, std::int64_t first, End end) {
  std::size_t found = 0;
  for (auto& call : calls_) {
    const auto row = rows.find(call.id);
    const auto* seen = row == rows.end() ? nullptr : &row->second;
    if (seen != nullptr) ++found;
    if (call.in_ledger || call.number < first) {
      if ((seen != nullptr) != call.in_ledger) return wrong(call, "is in the ledger", 0, 1);
      if (seen != nullptr && seen->charge != call.charge) {
        return wrong(call, "charge has changed", seen->charge, call.charge);
      }
      continue;
    }
    if (auto fault = judge(call, seen, end); !fault.empty()) return fault;
  }
  if (found != rows.size()) return "the ledger has events that nobody made";
  return {};
}

std::string Oracle::judge(KnownCall& call, const LedgerRow* row, End end) {
  const bool power = end == End::kPowerLost;
  const bool must = power ? call.settled_synced || call.sent_synced : call.settled || call.sent;
  if (row == nullptr) {
    if (end == End::kRunning) return {};
    if (must) return wrong(call, "is not in the ledger", 0, 1);
    // Lost with the power, or void: it counts nowhere.
    call.counted = false;
    call.settled = true;
    return {};
  }
  if (!call.settled && !call.sent) return wrong(call, "was never sent, and is in the ledger", 1, 0);
  call.in_ledger = true;
  const bool interrupted = row->outcome == Outcome::kInterrupted;
  if (call.settled && !interrupted) {
    if (row->charge != call.charge) return wrong(call, "charge", row->charge, call.charge);
    if (row->tokens != call.tokens) return wrong(call, "tokens", row->tokens, call.tokens);
    if (row->outcome != call.outcome) return wrong(call, "outcome", 0, 1);
    return {};
  }
  if (!interrupted) return wrong(call, "is told as ended", 1, 0);
  if (call.settled && (!power || call.settled_synced)) {
    return wrong(call, "was settled, and is told as interrupted", 1, 0);
  }
  auto fault = judge_interrupted(call, *row, power ? call.notes_synced : call.notes);
  call.counted = call.settled = true;
  call.outcome = Outcome::kInterrupted;
  call.charge = row->charge;
  call.tokens = row->tokens;
  return fault;
}

std::string Oracle::judge_interrupted(const KnownCall& call, const LedgerRow& row,
                                      const Notes& least) {
  const auto& admission = call.admission;
  if (admission.test) return row.charge == 0 ? "" : wrong(call, "test charge", row.charge, 0);
  const auto prompt = admission.prompt_charge.count();
  if (!admission.stream) {
    if (row.charge == admission.interrupted_charge.count()) return {};
    return wrong(call, "interrupted charge", row.charge, admission.interrupted_charge.count());
  }
  const auto low = prompt + output_charge(call, sure_bytes(least));
  const auto high = prompt + output_charge(call, call.notes.bytes) + 1;
  // Reasoning models hold their whole output; what an upstream sends beyond is not charged here.
  const bool capped = call.output_price == 0;
  if (!capped && row.charge < low)
    return wrong(call, "interrupted below its notes", row.charge, low);
  if (!capped && row.charge > high)
    return wrong(call, "interrupted beyond its notes", row.charge, high);
  if (row.charge < prompt) return wrong(call, "interrupted below its prompt", row.charge, prompt);
  return {};
}

}  // namespace tg::simulation
