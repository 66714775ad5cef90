// SPDX-License-Identifier: Apache-2.0
#include "simulation/upstream.h"

#include <algorithm>

namespace tg::simulation {
namespace {

using ledger::Outcome;

Manner draw_manner(Random& random, bool may_lie) {
  const auto drawn = random.below(20);
  if (drawn < 10) return Manner::kHonest;
  if (drawn < 12) return Manner::kSilent;
  if (drawn < 14) return Manner::kCut;
  if (drawn < 16) return Manner::kFails;
  if (drawn < 17) return Manner::kUnderReports;
  if (!may_lie) return Manner::kHonest;
  return drawn < 19 ? Manner::kLies : Manner::kContradicts;
}

std::int64_t price_of(const config::Model& model, config::Unit unit, std::int64_t otherwise) {
  for (const auto& price : model.prices) {
    if (price.unit == unit) return price.nanousd_per_million;
  }
  return otherwise;
}

}  // namespace

Upstream::Upstream(Random& random, const Order& order, std::int64_t output_tokens_max, bool may_lie)
    : manner_{draw_manner(random, may_lie)}, output_tokens_max_{output_tokens_max} {
  const bool produces = output_tokens_max > 0 && manner_ != Manner::kFails;
  // Three bytes a token, so that an answer of the greatest length is no longer than it may be.
  if (produces)
    total_bytes_ = random.skewed(std::min<std::int64_t>(output_tokens_max * 3, 200'000));
  // Unseen thought comes first, and its text is what is left.
  if (order.model->reasons) total_bytes_ /= 4;
  // Few enough that a history comes to its end, enough for more notes than are all written.
  piece_bytes_ = 1 + total_bytes_ / 60 + random.skewed(8'000);
}

std::int64_t Upstream::more(Random& random) {
  const auto piece = std::min(random.between(1, piece_bytes_), total_bytes_ - passed_bytes_);
  passed_bytes_ += piece;
  return piece;
}

void Upstream::report(Random& random, const Order& order, openai::Answer& answer) const {
  if (manner_ == Manner::kSilent || manner_ == Manner::kCut || manner_ == Manner::kFails) return;
  auto& usage = answer.usage;
  usage.source = openai::UsageSource::kProvider;
  usage.input_text_tokens = random.between(1, order.request.input_bytes);
  if (order.model->name == "chat" && random.chance(30)) {
    usage.cached_input_text_tokens = random.below(usage.input_text_tokens);
    usage.input_text_tokens -= usage.cached_input_text_tokens;
  }
  if (output_tokens_max_ > 0) {
    const auto least = (answer.output_bytes + 127) / 128;
    const auto most = std::max(least, std::min(answer.output_bytes, output_tokens_max_));
    usage.output_text_tokens = random.between(least, most);
    if (order.model->reasons) {
      usage.reasoning_tokens = random.below(output_tokens_max_ - usage.output_text_tokens + 1);
    }
  }
  if (manner_ == Manner::kUnderReports) usage.output_text_tokens /= 200;
  if (manner_ == Manner::kLies) {
    usage.input_text_tokens *= random.chance(50) ? 100 : 1;
    usage.output_text_tokens = (usage.output_text_tokens + 1) * 100;
  }
  if (manner_ == Manner::kContradicts) {
    usage.contradictory = true;
    usage.output_text_tokens += random.below(5'000);
  }
}

ledger::CallAccount::End Upstream::end() const {
  ledger::CallAccount::End end{.http_status = 200, .produced = true, .duration_ms = 7};
  if (manner_ == Manner::kCut) end.outcome = Outcome::kUpstreamTruncated;
  if (manner_ == Manner::kFails) {
    end = {.outcome = Outcome::kUpstreamError, .http_status = 500, .duration_ms = 7};
  }
  return end;
}

std::int64_t cost_of(const config::Model& model, const openai::Usage& usage) {
  using config::Unit;
  const auto input = price_of(model, Unit::kInputTextToken, 0);
  const auto output = price_of(model, Unit::kOutputTextToken, 0);
  __int128 sum = 0;
  sum += static_cast<__int128>(usage.input_text_tokens) * input;
  sum += static_cast<__int128>(usage.cached_input_text_tokens) *
         price_of(model, Unit::kCachedInputTextToken, input);
  sum += static_cast<__int128>(usage.output_text_tokens) * output;
  sum += static_cast<__int128>(usage.reasoning_tokens) *
         price_of(model, Unit::kReasoningToken, output);
  return static_cast<std::int64_t>((sum + 500'000) / 1'000'000);
}

}  // namespace tg::simulation
