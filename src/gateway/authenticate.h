// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/worker_context.h"
#include "http/head.h"

// Whose request is it? The key by its digest, alive, of a kind that may call models, and meant for
// the organization and project that the client names.
//
// Threading:  any worker; no lock.
namespace tg::gateway {

struct Caller {
  keys::Key* key = nullptr;  // null: refused
  Code refusal = Code::kKeyInvalid;
  std::string message;  // of the refusal; empty: the table's
};

[[nodiscard]] Caller authenticate(const Shared& shared, const http::Fields& fields);

}  // namespace tg::gateway
