// SPDX-License-Identifier: Apache-2.0
#include "gateway/waiting_line.h"

#include "base/result.h"

namespace tg::gateway {

WaitingLine::Place::~Place() {
  if (line_ != nullptr) line_->leave(*this);
}

bool WaitingLine::Place::is_first() const noexcept {
  return here_ == line_->queues_.find(limit_)->second.begin();
}

WaitingLine::~WaitingLine() { TG_CHECK(size_ == 0); }

bool WaitingLine::join(Place& place, const limits::Limit& limit) {
  if (size_ == kPlacesMax) return false;
  auto& queue = queues_[&limit];
  place.line_ = this;
  place.limit_ = &limit;
  place.here_ = queue.insert(queue.end(), &place);
  ++size_;
  waiting_.add(1);
  return true;
}

void WaitingLine::leave(Place& place) {
  const bool was_first = place.is_first();
  const auto found = queues_.find(place.limit_);
  found->second.erase(place.here_);
  place.line_ = nullptr;
  --size_;
  waiting_.add(-1);
  if (found->second.empty()) {
    queues_.erase(found);
  } else if (was_first) {
    // In a turn of its own: a thousand who leave must not stand on one stack.
    worker_.post([this, limit = place.limit_] { wake_first(limit); });
  }
}

void WaitingLine::wake_first(const limits::Limit* limit) {
  const auto found = queues_.find(limit);
  if (found != queues_.end()) found->second.front()->wake();
}

std::optional<WaitingLine::Awaited> WaitingLine::awaited(
    std::span<const limits::LimitSet* const> sets) const noexcept {
  for (std::size_t level = 0; level < sets.size(); ++level) {
    for (const auto* limit : sets[level]->limits()) {
      if (queues_.contains(limit)) return Awaited{.limit = limit, .level = level};
    }
  }
  return std::nullopt;
}

void WaitingLine::dissolve() {
  for (std::size_t most = size_; most > 0 && size_ > 0; --most) {
    queues_.begin()->second.front()->wake();
  }
}

}  // namespace tg::gateway
