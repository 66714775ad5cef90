// SPDX-License-Identifier: Apache-2.0
#include "openai/hosted_tools_json.h"

#include <string_view>

#include "openai/object_path.h"
#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

constexpr std::int64_t kCallsMax = 1'000'000;

template <typename Visit>
void each_of(element list, Visit visit) {
  simdjson::dom::array items;
  if (list.get_array().get(items) != simdjson::SUCCESS) return;
  for (const element item : items) visit(item);
}

struct ToolItem {
  std::string_view type, status, action, container;
};

ToolItem read_item(element item) {
  ToolItem read;
  each_member(item, [&read](std::string_view key, element value) {
    if (key == "type") read.type = text_or_empty(value);
    if (key == "status") read.status = text_or_empty(value);
    if (key == "container_id") read.container = text_or_empty(value);
    if (key == "action") {
      each_member(value, [&read](std::string_view name, element inner) {
        if (name == "type") read.action = text_or_empty(inner);
      });
    }
  });
  return read;
}

void add_container(std::string_view id, ToolCalls& calls) {
  auto& containers = calls.containers;
  if (!is_object_id(id) || containers.size() == ToolCalls::kContainersMax) return;
  if (std::ranges::find(containers, id) == containers.end()) containers.emplace_back(id);
}

void add_tool(std::string_view type, HostedTools& hosted) {
  // "web_search_preview", "web_search_2025_08_26" …
  hosted.web_search |= type.starts_with("web_search");
  hosted.file_search |= type == "file_search";
  hosted.code_interpreter |= type == "code_interpreter";
  hosted.image_generation |= type == "image_generation";
  hosted.mcp |= type == "mcp";
}

// "container_auto", "container_reference"; a local one is the client's.
bool is_in_container(element environment) {
  bool found = false;
  each_member(environment, [&found](std::string_view key, element value) {
    found |= key == "type" && text_or_empty(value).starts_with("container");
  });
  return found;
}

// Every `type` counts: which of two an upstream reads is its affair.
void read_tool(element tool, HostedTools& hosted) {
  bool searches = false;
  std::string_view context;
  each_member(tool, [&](std::string_view key, element value) {
    if (key == "type") {
      add_tool(text_or_empty(value), hosted);
      searches |= text_or_empty(value).starts_with("web_search");
    }
    if (key == "search_context_size") context = text_or_empty(value);
    if (key == "environment") hosted.shell |= is_in_container(value);
  });
  if (searches && !context.empty()) hosted.search_context = word_of(context);
}

void read_number(element holder, std::string_view name, std::optional<std::int64_t>& number) {
  each_member(holder, [&](std::string_view key, element value) {
    std::int64_t read = 0;
    if (key == name && value.get_int64().get(read) == simdjson::SUCCESS && read >= 0) {
      number = std::min(read, kCallsMax);
    }
  });
}

}  // namespace

void read_hosted_tools(element tools, HostedTools& hosted) {
  each_of(tools, [&hosted](element tool) {
    read_tool(tool, hosted);
    each_member(tool, [&hosted](std::string_view key, element value) {
      if (key != "tools") return;  // of a namespace
      each_of(value, [&hosted](element inner) { read_tool(inner, hosted); });
    });
  });
}

void read_item_tools(element items, HostedTools& hosted) {
  each_of(items, [&hosted](element item) {
    each_member(item, [&hosted](std::string_view key, element value) {
      if (key == "tools") read_hosted_tools(value, hosted);
    });
  });
}

void read_search_options(element options, HostedTools& hosted) {
  if (options.is_null()) return;
  hosted.web_search = hosted.once = true;
  each_member(options, [&hosted](std::string_view key, element value) {
    if (key == "search_context_size") hosted.search_context = word_of(text_or_empty(value));
  });
}

void count_tool_item(element item, ToolCalls& calls) {
  const auto tool = read_item(item);
  if (!tool.type.ends_with("_call") || tool.status == "failed") return;
  if (tool.type == "web_search_call") {
    calls.web_searches += tool.action.empty() || tool.action == "search" ? 1 : 0;
  } else if (tool.type == "file_search_call") {
    ++calls.file_searches;
  } else if (tool.type == "code_interpreter_call") {
    add_container(tool.container, calls);
  } else if (tool.type == "image_generation_call") {
    calls.uncounted = true;
  }
}

void count_tool_items(element output, ToolCalls& calls) {
  ToolCalls all;
  all.containers = std::move(calls.containers);
  each_of(output, [&all](element item) { count_tool_item(item, all); });
  calls.web_searches = std::max(calls.web_searches, all.web_searches);
  calls.file_searches = std::max(calls.file_searches, all.file_searches);
  calls.containers = std::move(all.containers);
  calls.uncounted |= all.uncounted;
}

void read_tool_usage(element tool_usage, ToolCalls& calls) {
  each_member(tool_usage, [&calls](std::string_view key, element value) {
    if (key == "web_search") read_number(value, "num_requests", calls.web_searches_told);
    if (key == "image_gen") {
      std::optional<std::int64_t> tokens;
      read_number(value, "total_tokens", tokens);
      calls.uncounted |= tokens.value_or(0) > 0;
    }
  });
}

}  // namespace tg::openai
