// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/short_text.h"
#include "ledger/usage_event.h"
#include "openai/object_path.h"

// What calls leave upstream: objects, each with the project that owns it and the provider that has
// it, and work that goes on without the client.
//
// Threading:  values.
// Limits:     ids of objects have at most 128 bytes; what a provider names longer is not kept.
namespace tg::ledger {

struct StoredObject {
  openai::ObjectKind kind{};
  std::string id;  // the provider's, verbatim
  ShortText project_id;
  ShortText organization_id;
  ShortText key_id;  // whose call made it
  ShortText provider_id;
  WallTime at;
  bool removed = false;
};

// A call whose answer was not its end: a batch, a response in the background. What it was held for
// stays held until the provider says what it used.
struct OpenWork {
  EventId id;
  Admission admission;
  // A file: of a batch whose name was not heard, its input.
  openai::ObjectKind kind{};
  std::string object_id;
  ShortText provider_id;  // that works; the admission names the first that was asked
  ShortText tier;         // whose prices hold; "": standard
  // What is held of tokens; of money the admission says it.
  std::int64_t held_input_tokens = 0;
  std::int64_t held_output_tokens = 0;
};

}  // namespace tg::ledger
