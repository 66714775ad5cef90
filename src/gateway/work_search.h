// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/exchange.h"
#include "gateway/worker_context.h"
#include "ledger/stored_object.h"
#include "net/task.h"

// The batch, or the fine-tuning job, that a call may have made whose answer was not heard: the
// provider lists it with the file that it was given, which is the project's own.
//
// Threading:  its worker's.
// Limits:     2,000 of them since the call are looked through.
// Errors:     as Exchange; as ObjectBook::find.
namespace tg::gateway {

struct WorkSearch {
  int status = 200;       // of the list; else nothing is known
  std::string object_id;  // "": not found
  bool complete = false;  // all that were made since were looked at
};

// What the call was to make.
[[nodiscard]] openai::ObjectKind sought_kind(const ledger::OpenWork& work) noexcept;

// `exchange` gets what is waited for, so that it can be cancelled. All outlive the task.
[[nodiscard]] net::Task<Result<WorkSearch>> search_work(
    WorkerContext* context, std::shared_ptr<const config::Provider> provider,
    const ledger::OpenWork* work, std::unique_ptr<Exchange>* exchange);

}  // namespace tg::gateway
