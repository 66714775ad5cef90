// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "limits/limit.h"

namespace tg::limits {

struct LimitSet::State {
  std::vector<std::unique_ptr<Limit>> limits;  // removed ones too
  std::vector<std::unique_ptr<const std::vector<Limit*>>> lists;
};

LimitSet::LimitSet() noexcept = default;
LimitSet::~LimitSet() = default;

Limit& LimitSet::add(std::unique_ptr<Limit> limit) {
  if (!state_) state_ = std::make_unique<State>();
  auto& added = *state_->limits.emplace_back(std::move(limit));
  const auto now = limits();
  std::vector<Limit*> next{now.begin(), now.end()};
  next.push_back(&added);
  publish(std::move(next));
  return added;
}

bool LimitSet::remove(std::string_view limit_id) {
  auto* const limit = find(limit_id);
  if (limit == nullptr) return false;
  const auto now = limits();
  std::vector<Limit*> next{now.begin(), now.end()};
  std::erase(next, limit);
  publish(std::move(next));
  return true;
}

Limit* LimitSet::find(std::string_view limit_id) const noexcept {
  const auto all = limits();
  const auto found = std::ranges::find(
      all, limit_id, [](const Limit* limit) -> std::string_view { return limit->rule().id; });
  return found == all.end() ? nullptr : *found;
}

void LimitSet::publish(std::vector<Limit*> list) {
  if (list.empty()) {
    current_.store(nullptr, std::memory_order_release);
    return;
  }
  state_->lists.push_back(std::make_unique<const std::vector<Limit*>>(std::move(list)));
  current_.store(state_->lists.back().get(), std::memory_order_release);
}

}  // namespace tg::limits
