// SPDX-License-Identifier: Apache-2.0
#include "base/give_way.h"

#include <sched.h>

#include <utility>

namespace tg {
namespace {

constexpr std::size_t kTurns = 16;

thread_local bool gives_way = false;
thread_local std::size_t turns_since = 0;

}  // namespace

GivingWay::GivingWay(bool gives) noexcept : before_{std::exchange(gives_way, gives)} {}

GivingWay::~GivingWay() { gives_way = before_; }

void give_way(std::size_t turns) noexcept {
  turns_since += turns;
  if (!gives_way || turns_since < kTurns) return;
  turns_since = 0;
  ::sched_yield();
}

}  // namespace tg
