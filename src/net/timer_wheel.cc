// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <algorithm>
#include <utility>

namespace tg::net {

Timer::Timer(TimerWheel& wheel, std::move_only_function<void()> on_time)
    : wheel_{wheel}, on_time_{std::move(on_time)} {}

Timer::~Timer() { unlink(); }

void Timer::set(SteadyTime at) {
  at_ = at;
  armed_ = true;
  if (place_ != nullptr && looked_at_ <= at) return;
  unlink();
  wheel_.insert(*this);
}

void Timer::link(Timer*& head) noexcept {
  next_ = head;
  place_ = &head;
  if (next_ != nullptr) next_->place_ = &next_;
  head = this;
}

void Timer::unlink() noexcept {
  if (place_ == nullptr) return;
  *place_ = next_;
  if (next_ != nullptr) next_->place_ = place_;
  next_ = nullptr;
  place_ = nullptr;
}

std::size_t TimerWheel::slot_of(SteadyTime at) noexcept {
  return static_cast<std::size_t>(at.time_since_epoch() / kTick) % kSlots;
}

void TimerWheel::insert(Timer& timer) {
  // At least one tick ahead, so that its slot is still to come; at most one round, so that a slot
  // is never mistaken for an earlier round's.
  const auto earliest = ticked_ + kTick;
  const auto latest = ticked_ + kTick * (static_cast<int>(kSlots) - 1);
  timer.looked_at_ = std::clamp(timer.at_ + kTick, earliest, latest);
  timer.link(slots_[slot_of(timer.looked_at_)]);
}

void TimerWheel::advance(SteadyTime now) {
  // A worker that was stopped for longer than a round need look at each slot only once.
  auto rounds = kSlots;
  while (ticked_ + kTick <= now && rounds-- > 0) {
    ticked_ += kTick;
    advance_slot(slot_of(ticked_), now);
  }
  if (ticked_ + kTick <= now) ticked_ = now;
}

void TimerWheel::advance_slot(std::size_t slot, SteadyTime now) {
  Timer* due = std::exchange(slots_[slot], nullptr);
  if (due != nullptr) due->place_ = &due;
  while (due != nullptr) {
    Timer& timer = *due;
    timer.unlink();
    if (!timer.armed_) continue;
    if (timer.at_ > now) {
      insert(timer);
      continue;
    }
    timer.armed_ = false;
    timer.on_time_();  // may destroy any timer, this one too
  }
}

}  // namespace tg::net
