// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gateway/client.h"
#include "gateway/worker_context.h"
#include "http/head.h"
#include "net/task.h"

// GET /v1/models and /v1/models/{model}: what this key may name. A test key sees the sandbox's.
namespace tg::gateway {

[[nodiscard]] bool is_model_list(std::string_view path) noexcept;

// True if the connection can carry another request.
[[nodiscard]] net::Task<bool> serve_models(WorkerContext& context, Client* client,
                                           const http::RequestHead* head);

}  // namespace tg::gateway
