// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/buffer.h"
#include "net/readiness.h"
#include "net/worker.h"

// Asio's part of a worker; seen by net/'s sources only.
namespace tg::net {

struct Worker::Loop {
  // First, so that it goes last: what the context still holds at its end has timers.
  TimerWheel timers{std::chrono::steady_clock::now()};
  boost::asio::io_context context{1};  // one thread runs it
  boost::asio::steady_timer tick{context};
  Readiness readiness{context};
  BufferPool buffers;
  SteadyTime::duration lag{};  // see Worker::lag()
};

}  // namespace tg::net
