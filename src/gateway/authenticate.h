// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/worker_context.h"
#include "http/head.h"
#include "openai/scopes.h"

// Whose request is it? The key by its digest, alive, of a kind that may call models, used from
// where it may be, meant for the organization and project that the client names, and over a
// connection whose certificate they trust, where they want one.
//
// Threading:  any worker; no lock.
namespace tg::gateway {

struct Caller {
  keys::Key* key = nullptr;  // null: refused
  Code refusal = Code::kKeyInvalid;
  std::string message;  // of the refusal; empty: the table's
};

[[nodiscard]] Caller authenticate(WorkerContext& context, Client& client,
                                  const http::Fields& fields);

// Why calls with this key may not come over this connection, for people; nothing where they may.
[[nodiscard]] std::optional<std::string> certificate_fault(WorkerContext& context, Client& client,
                                                           const keys::Key& key);
// The same of a request to the control plane, which looks at the key itself: of one that calls
// models. Nothing for admin keys, sessions and what is no key.
[[nodiscard]] std::optional<std::string> certificate_fault(WorkerContext& context, Client& client,
                                                           const http::Fields& fields);

// What the key, its parent and its project allow.
[[nodiscard]] bool may_call(const keys::Key& key, openai::EndpointMask bit) noexcept;
[[nodiscard]] bool may_list_models(const keys::Key& key) noexcept;
[[nodiscard]] bool may_use_model(const keys::Key& key, std::string_view model) noexcept;

}  // namespace tg::gateway
