// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gateway/client.h"
#include "gateway/worker_context.h"
#include "net/stream.h"
#include "net/task.h"

// A client's connection from accept to close: reads one head after the other and hands each request
// to where it belongs: a call's trip, the list of models, the control plane, or a probe.
//
// Threading:  its worker's. The task ends when the connection does.
namespace tg::gateway {

[[nodiscard]] net::Task<void> serve_connection(WorkerContext& context,
                                               std::unique_ptr<net::Stream> stream,
                                               std::string peer_address);

}  // namespace tg::gateway
