// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admin/api_error.h"
#include "base/secret_bytes.h"

// An operation on a server elsewhere: POST /v1/tollgate/operations/{name} with an admin key.
//
// Threading:  the main thread.
// Limits:     10 s to connect, 150 s for the answer, which has 64 MiB at most.
// Errors:     what the server refuses, as it says it; that it is away, is no Tollgate, is an old
// one,
//             that the key is wrong, that its certificate is not valid: each with what to do.
// Secrets:    the key comes from TOLLGATE_ADMIN_KEY or the file that TOLLGATE_ADMIN_KEY_FILE names,
//             and from nowhere else: a command line can be read by every process of the machine.
namespace tg::cli {

struct RemoteServer {
  std::string url;  // "https://tollgate.example.org", with or without "/v1"
  SecretBytes admin_key;
};
// kConfiguration where there is no key.
[[nodiscard]] admin::ApiResult<RemoteServer> remote_server(const std::string& url);

[[nodiscard]] admin::ApiResult<admin::Json> call_remote(const RemoteServer& server,
                                                        std::string_view operation,
                                                        const admin::Json& arguments);

}  // namespace tg::cli
