// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/proxy.h"
#include "base/result.h"
#include "net/connect.h"
#include "net/task.h"
#include "net/worker.h"

// CONNECT (RFC 9110, 9.3.6): asks a proxy for a connection to an upstream. For net/'s own sources.
//
// Threading:  its worker's.
// Lifetime:   worker and proxy outlive the task, and the socket stays open.
// Limits:     the proxy's answer has 8 KiB.
// Errors:     kUpstreamUnreachable: it refuses, or answers something else than HTTP;
//             kUpstreamTimeout.
namespace tg::net {

// The socket is connected to the proxy, and non-blocking; on success it leads to the upstream.
[[nodiscard]] Task<Result<void>> open_tunnel(Worker* worker, int socket, const Proxy* proxy,
                                             UpstreamAddress upstream, SteadyTime deadline);

// Whether an answer's head says that the tunnel is there.
[[nodiscard]] Result<void> judge_tunnel_answer(std::string_view head);

}  // namespace tg::net
