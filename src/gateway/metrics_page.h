// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/call_metrics.h"
#include "gateway/client.h"
#include "gateway/worker_context.h"
#include "http/head.h"
#include "net/task.h"

// GET /metrics, for Prometheus: open to who knows the operator's token, and otherwise not there.
//
// Threading:  on the worker that is asked, which reads what all have counted.
namespace tg::gateway {

inline constexpr std::string_view kMetricsPath = "/metrics";

// True if the connection can carry another request.
[[nodiscard]] net::Task<bool> serve_metrics(WorkerContext& context, Client* client,
                                            const http::RequestHead* head);

// Prometheus' text format; one element a worker. `drift` null: nothing is compared.
[[nodiscard]] std::string metrics_text(std::span<const WorkerMetrics* const> workers,
                                       std::string_view version, const TokenDrift* drift = nullptr);

}  // namespace tg::gateway
