// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include "openai/hosted_tools.h"

// What requests and answers say of the provider's own tools.
//
// A call of a tool is an item of a response's output. Pages that a search opens are no searches,
// and what failed is not charged. An answer's `tool_usage` tells a number, which holds.
//
// Threading:  pure.
namespace tg::openai {

// A request's `tools`, or those that an answer repeats.
void read_hosted_tools(simdjson::dom::element tools, HostedTools& hosted);
// The same where items of a response's input bring tools.
void read_item_tools(simdjson::dom::element items, HostedTools& hosted);
// Chat's, which searches once: `web_search_options`.
void read_search_options(simdjson::dom::element options, HostedTools& hosted);

// One item of a response's output, as it comes.
void count_tool_item(simdjson::dom::element item, ToolCalls& calls);
// All of them: what was counted as it came stands here again.
void count_tool_items(simdjson::dom::element output, ToolCalls& calls);
void read_tool_usage(simdjson::dom::element tool_usage, ToolCalls& calls);

}  // namespace tg::openai
