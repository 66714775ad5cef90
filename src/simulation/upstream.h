// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "ledger/call_account.h"
#include "simulation/random.h"
#include "simulation/world.h"

// A provider, as honest as drawn. What it reports is what a real one's answer would be read as.
//
// Threading:  one thread.
namespace tg::simulation {

enum class Manner : std::uint8_t {
  kHonest,
  kSilent,  // no usage
  kCut,     // breaks off
  kFails,   // an error instead of an answer
  kLies,    // a hundred times more than it did
  kUnderReports,
  kContradicts,  // and the larger reading is right
};

class Upstream {
 public:
  // `output_tokens_max`: what it was asked for at most, all choices together.
  Upstream(Random& random, const Order& order, std::int64_t output_tokens_max, bool may_lie);

  [[nodiscard]] Manner manner() const { return manner_; }
  [[nodiscard]] bool ended() const { return passed_bytes_ >= total_bytes_; }
  // The next piece of a stream.
  std::int64_t more(Random& random);
  [[nodiscard]] std::int64_t total_bytes() const { return total_bytes_; }
  // Its last word, for an answer of which so much has passed.
  void report(Random& random, const Order& order, openai::Answer& answer) const;
  [[nodiscard]] ledger::CallAccount::End end() const;

 private:
  Manner manner_ = Manner::kHonest;
  std::int64_t output_tokens_max_ = 0;
  std::int64_t total_bytes_ = 0;
  std::int64_t passed_bytes_ = 0;
  std::int64_t piece_bytes_ = 0;
};

// What a report of the provider costs, by this file's own arithmetic; only for what it priced.
[[nodiscard]] std::int64_t cost_of(const config::Model& model, const openai::Usage& usage);

}  // namespace tg::simulation
