// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "net/task.h"
#include "net/worker.h"

// Waits for a socket that is no stream yet: one that connects, asks a proxy, shakes hands. For
// net/'s own sources.
//
// Threading:  its worker's.
// Lifetime:   the socket stays open until the task ends.
// Errors:     kTimedOut; kIo where the kernel takes no more sockets.
namespace tg::net {

// `wanted` is EPOLLIN or EPOLLOUT. An error of the socket counts as ready: the next call tells it.
[[nodiscard]] Task<Result<void>> until_ready(Worker* worker, int socket, std::uint32_t wanted,
                                             SteadyTime deadline);

}  // namespace tg::net
