// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "net/buffer.h"
#include "net/posted_work.h"
#include "net/readiness.h"
#include "net/resolver.h"
#include "net/ticks.h"
#include "net/worker.h"

// What a worker turns; seen by net/'s sources only.
namespace tg::net {

struct Worker::Loop {
  explicit Loop(Worker& worker) : resolver{worker} {}

  // First, so that it goes last: what was posted and never ran has timers.
  TimerWheel timers{std::chrono::steady_clock::now()};
  Readiness readiness;
  Ticks ticks{readiness, timers};
  PostedWork posted{readiness};
  Resolver resolver;  // before what it posts to goes
  BufferPool buffers;
  std::atomic<bool> stopped = false;
};

}  // namespace tg::net
