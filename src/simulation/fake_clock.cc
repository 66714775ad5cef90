// SPDX-License-Identifier: Apache-2.0
#include "simulation/fake_clock.h"

namespace tg::simulation {
namespace {

// wall_now() takes a plain function.
WallTime wall;

WallTime read_wall() { return wall; }

}  // namespace

FakeClock::FakeClock(WallTime start) {
  wall = start;
  replace_wall_clock(read_wall);
}

FakeClock::~FakeClock() { replace_wall_clock(nullptr); }

void FakeClock::advance(std::chrono::milliseconds time) { wall += time; }

void FakeClock::forget_floor() { replace_wall_clock(read_wall); }

}  // namespace tg::simulation
