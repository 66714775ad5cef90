// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <vector>

#include "openai/answer_parts.h"
#include "openai/references.h"

// The items of a response, as an answer has them and as a request may send or only name them.
//
// Threading:  pure.
// Limits:     256 parts of one answer.
namespace tg::openai {

// A response's `output`.
void add_items(simdjson::dom::element output, Kept kept, std::vector<AnswerPart>& parts);
// The `audio` of a chat message.
void add_recording(simdjson::dom::element audio, std::vector<AnswerPart>& parts);

// What the items of a request's `input` name. True if one of them stands for something that is not
// in the request: an item_reference, and every item that comes without what it says.
[[nodiscard]] bool add_item_references(simdjson::dom::element items, References& references);

}  // namespace tg::openai
