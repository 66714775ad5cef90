// SPDX-License-Identifier: Apache-2.0
#include "config/target_state.h"

#include <algorithm>
#include <limits>

namespace tg::config {

void TargetState::add_answer(std::int64_t output_tokens) noexcept {
  constexpr std::int64_t kSizeMax = std::numeric_limits<std::uint32_t>::max();
  const auto size =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(output_tokens, 0, kSizeMax));
  const auto number = answers_.fetch_add(1, std::memory_order_relaxed);
  sizes_[number % kAnswers].store(size, std::memory_order_relaxed);
  if ((number + 1) % kCountEvery == 0 || number + 1 == kCountFirst) count(number + 1);
}

void TargetState::count(std::uint64_t answers) noexcept {
  std::array<std::uint32_t, kAnswers> sizes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(answers, kAnswers));
  for (std::size_t i = 0; i < size; ++i) sizes[i] = sizes_[i].load(std::memory_order_relaxed);
  const auto nth = [&](std::size_t percent) {
    const auto place = sizes.begin() + static_cast<std::ptrdiff_t>((size - 1) * percent / 100);
    std::nth_element(sizes.begin(), place, sizes.begin() + static_cast<std::ptrdiff_t>(size));
    return std::int64_t{*place};
  };
  median_.store(nth(50), std::memory_order_relaxed);
  percentile_95_.store(nth(95), std::memory_order_relaxed);
}

std::shared_ptr<TargetState> TargetStates::of(const ProviderId& provider,
                                              const std::string& upstream_model) {
  const std::scoped_lock lock{mutex_};
  auto& state = states_[{provider.text(), upstream_model}];
  if (!state) state = std::make_shared<TargetState>();
  return state;
}

}  // namespace tg::config
