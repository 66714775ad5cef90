// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <functional>

#include "base/clock.h"

// Deadlines by the ten thousand, where nearly all are moved or dropped before they pass. Moving one
// later is a store: it stays in its slot and is looked at again when that slot's time comes.
//
// Threading:  one wheel per worker, used by it alone.
// Precision:  a timer fires up to one tick late, never early.
// Lifetime:   a Timer leaves the wheel when it is destroyed; the wheel outlives its timers.
namespace tg::net {

class TimerWheel;

class Timer {
 public:
  Timer(TimerWheel& wheel, std::move_only_function<void()> on_time);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(SteadyTime at);
  void clear() noexcept { armed_ = false; }

 private:
  friend class TimerWheel;

  void link(Timer*& head) noexcept;
  void unlink() noexcept;

  TimerWheel& wheel_;
  std::move_only_function<void()> on_time_;
  SteadyTime at_{};
  SteadyTime looked_at_{};  // when its slot's time comes
  bool armed_ = false;
  Timer* next_ = nullptr;
  Timer** place_ = nullptr;  // what points to this timer; null outside the wheel
};

class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{25};

  explicit TimerWheel(SteadyTime now) : ticked_{now} {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Fires what is due. Called about once per tick.
  void advance(SteadyTime now);

 private:
  friend class Timer;

  static constexpr std::size_t kSlots = 1024;  // 25.6 s; what is later passes its slot again

  void insert(Timer& timer);
  void advance_slot(std::size_t slot, SteadyTime now);
  static std::size_t slot_of(SteadyTime at) noexcept;

  SteadyTime ticked_;
  std::array<Timer*, kSlots> slots_{};
};

}  // namespace tg::net
