// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/client.h"
#include "gateway/worker_context.h"
#include "http/head.h"
#include "net/task.h"

// A request of the control plane: read whole, handed to the control pool, answered when it is done.
//
// Limits:  1 MiB of body, 60 s; more than the pool can queue gets 503.
namespace tg::gateway {

// True if the connection can carry another request.
[[nodiscard]] net::Task<bool> serve_control(WorkerContext& context, Client* client,
                                            const http::RequestHead* head);

}  // namespace tg::gateway
