// SPDX-License-Identifier: Apache-2.0
// What the key's project allows its calls beside models, and what may be kept of them: looked at as
// soon as the request is read, before anything is looked up, held or sent.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/call.h"

namespace tg::gateway {
namespace {

using keys::CallRules;
using keys::HostedTool;
using keys::OptionalTier;
using openai::Endpoint;

struct ToolName {
  HostedTool tool;
  std::string_view name;
};

// One that the request names and the project does not allow.
std::optional<ToolName> denied_tool(const openai::HostedTools& named, const CallRules& rules) {
  const std::array<std::pair<bool, ToolName>, 6> all{{
      {named.web_search, {HostedTool::kWebSearch, "web_search"}},
      {named.file_search, {HostedTool::kFileSearch, "file_search"}},
      {named.code_interpreter, {HostedTool::kCodeInterpreter, "code_interpreter"}},
      {named.image_generation, {HostedTool::kImageGeneration, "image_generation"}},
      {named.mcp, {HostedTool::kMcp, "mcp"}},
      // There is no permission of its own; it runs code where the interpreter does.
      {named.shell, {HostedTool::kCodeInterpreter, "shell in a container"}},
  }};
  const auto found = std::ranges::find_if(
      all, [&](const auto& each) { return each.first && rules.denies(each.second.tool); });
  return found == all.end() ? std::nullopt : std::optional{found->second};
}

bool asks_for_default(std::string_view tier) { return tier.empty() || tier == "auto"; }

bool is_enabled(std::string_view tier, const CallRules& rules) {
  if (rules.enabled_tiers == keys::kAllTiers || tier == "default") return true;
  if (tier == "flex") return rules.enables(OptionalTier::kFlex);
  // One thing by two names.
  if (tier == "fast" || tier == "priority") return rules.enables(OptionalTier::kFast);
  if (tier == "ultrafast") return rules.enables(OptionalTier::kUltrafast);
  return tier == "scale" && rules.default_tier == keys::DefaultTier::kScale;
}

// What a call that asks for no tier asks its provider for. Empty: nothing, where nothing was said.
std::string_view default_tier(const CallRules& rules) {
  switch (rules.default_tier) {
    case keys::DefaultTier::kFast: return "priority";
    case keys::DefaultTier::kScale: return "scale";
    case keys::DefaultTier::kStandard: break;
  }
  return rules.enabled_tiers == keys::kAllTiers ? std::string_view{} : "default";
}

bool has_tiers(Endpoint endpoint) {
  return endpoint == Endpoint::kChatCompletions || endpoint == Endpoint::kResponses;
}

}  // namespace

// In the order in which a reader of the answer would mend it.
bool Call::follow_project_rules() {
  const auto rules = key_->project->rules.load(std::memory_order_acquire);
  if (object_) return keep_objects();
  return check_tools(request_, rules) && choose_tier(rules) && keep_answers();
}

bool Call::check_tools(const openai::RequestPeek& request, const CallRules& rules) {
  if (rules.denied_tools == 0) return true;
  const auto& project = key_->project->id.text();
  if (const auto denied = denied_tool(request.hosted_tools, rules)) {
    return decline(
        Code::kForbidden,
        fmt::format("Project `{}` is not allowed to use the hosted tool `{}`. An owner of it can "
                    "allow that.",
                    project, denied->name),
        "tools");
  }
  if (!request.stored_prompt) return true;
  return decline(Code::kForbidden,
                 fmt::format("Project `{}` is not allowed to use every hosted tool, and a stored "
                             "prompt may bring any. Send its text and tools instead.",
                             project),
                 "prompt");
}

bool Call::check_tier(std::string_view tier, const CallRules& rules) {
  if (asks_for_default(tier) || is_enabled(tier, rules)) return true;
  return decline(
      Code::kForbidden,
      fmt::format(
          "The service tier `{}` is not enabled for project `{}`. An owner of it can enable "
          "it.",
          tier.substr(0, 32), key_->project->id.text()),
      "service_tier");
}

bool Call::choose_tier(const CallRules& rules) {
  if (!check_tier(request_.service_tier, rules)) return false;
  if (!has_tiers(match_.endpoint) || !asks_for_default(request_.service_tier)) return true;
  forced_.service_tier = default_tier(rules);
  if (!forced_.service_tier.empty()) request_.service_tier = forced_.service_tier;
  return true;
}

// As OpenAI's API treats a project whose data it must not keep.
bool Call::keep_answers() {
  if (keys::keeps_answers(key_->project->retention())) return true;
  if (request_.previous_response) {
    return decline(Code::kFieldInvalid,
                   "Previous response cannot be used for this organization due to Zero Data "
                   "Retention. Send the whole conversation as `input`.",
                   "previous_response_id");
  }
  if (request_.conversation) {
    return decline(Code::kFieldInvalid,
                   "Conversations cannot be used due to Zero Data Retention. Send the whole "
                   "conversation as `input`.",
                   "conversation");
  }
  if (request_.background) {
    return decline(Code::kFieldInvalid,
                   "Background mode cannot be used due to Zero Data Retention: the answer would "
                   "have to be kept until it is fetched.",
                   "background");
  }
  const bool responses = match_.endpoint == Endpoint::kResponses;
  const bool chat = match_.endpoint == Endpoint::kChatCompletions;
  if (!responses && !chat) return true;
  // Where a request says nothing, a response is kept and a chat completion is not.
  forced_.store_nothing = request_.store.value_or(responses);
  if (forced_.store_nothing) request_.store = false;
  return true;
}

bool Call::keep_objects() {
  const bool ends =
      object_->match.act == openai::ObjectAct::kRemove || head_.path.ends_with("/cancel");
  if (!object_->match.writes() || ends) return true;
  if (keys::keeps_objects(key_->project->retention())) return true;
  return decline(Code::kForbidden,
                 "Nothing is kept for this project (enhanced Zero Data Retention), so nothing can "
                 "be made or changed that stays at the provider. What is there can be read and "
                 "deleted.");
}

// A batch's lines lie at the provider and cannot be rewritten any more.
Result<void> Call::check_batch_line(const openai::BatchLine& line) {
  const auto rules = key_->project->rules.load(std::memory_order_acquire);
  if (!check_tools(line.request, rules) || !check_tier(line.request.service_tier, rules)) {
    return stop_reading();
  }
  if (keys::keeps_answers(key_->project->retention())) return {};
  if (line.request.previous_response || line.request.conversation) {
    return fail(Code::kBodyMalformed,
                "it goes on with what was kept, which Zero Data Retention does not allow");
  }
  if (!line.request.store.value_or(line.endpoint == Endpoint::kResponses)) return {};
  return fail(Code::kBodyMalformed, "it must say \"store\": false, because of Zero Data Retention");
}

}  // namespace tg::gateway
