// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <string>
#include <vector>

// The ids of objects upstream that a request names: a project may only name its own.
//
// Threading:  pure.
// Limits:     looks 16 levels deep; ids longer than 128 bytes are no ids, and lead nowhere.
namespace tg::openai {

using References = std::vector<std::string>;

// The value is an id, or an object with an `id`, as `conversation` may be.
void add_reference(simdjson::dom::element value, References& references);

// What stands in `file_id`, `vector_store_ids` and the like, anywhere in the value.
void add_references(simdjson::dom::element value, References& references);

// The same of a request's hosted tools. What a function's schema says names nothing.
void add_tool_references(simdjson::dom::element tools, References& references);

}  // namespace tg::openai
