// SPDX-License-Identifier: Apache-2.0
#include "gateway/token_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace tg::gateway {
namespace {

void add(TokenDrift::Sums& sums, const TokenDrift::Tokens& tokens) {
  if (tokens.counted == 0 && tokens.reported == 0) return;
  ++sums.calls;
  sums.counted += tokens.counted;
  sums.reported += tokens.reported;
}

}  // namespace

double TokenDrift::Sums::drift() const noexcept {
  if (reported == 0) return 0;
  return static_cast<double>(counted - reported) / static_cast<double>(reported);
}

void TokenDrift::note(std::string_view model, const Tokens& input, const Tokens& output) {
  Of now;
  {
    const std::scoped_lock lock{mutex_};
    auto found = models_.find(model);
    if (found == models_.end()) {
      if (models_.size() == kModelsMax) return;
      found = models_.emplace(model, Of{}).first;
    }
    auto& of = found->second;
    add(of.input, input);
    add(of.output, output);
    const auto most = std::max(of.input.calls, of.output.calls);
    const auto drifts = [](const Sums& sums) {
      return sums.calls >= kCallsToTell && std::abs(sums.drift()) > kShareToTell;
    };
    if (most < 2 * of.told_at || (!drifts(of.input) && !drifts(of.output))) return;
    of.told_at = most;
    now = of;
  }
  log(LogLevel::kWarning, "what is counted here of a model is not what its provider reports",
      {{"model", model},
       {"calls", std::max(now.input.calls, now.output.calls)},
       {"input_drift", fmt::format("{:+.1f} %", 100 * now.input.drift())},
       {"output_drift", fmt::format("{:+.1f} %", 100 * now.output.drift())}});
}

std::vector<TokenDrift::Row> TokenDrift::rows() const {
  const std::scoped_lock lock{mutex_};
  std::vector<Row> rows;
  rows.reserve(models_.size());
  for (const auto& [model, of] : models_) {
    rows.push_back({.model = model, .input = of.input, .output = of.output});
  }
  return rows;
}

}  // namespace tg::gateway
