// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "identity/call_rules.h"

// What a project allows its calls, and what is kept of them: hosted tools, service tiers and data
// retention of the Admin API.
namespace tg::admin {
namespace {

using identity::kDefaultTierNames;
using identity::kHostedToolNames;
using identity::kOptionalTierNames;
using identity::kRetentionNames;
using keys::CallRules;
using keys::Retention;

constexpr std::string_view kAll = "all";
constexpr std::string_view kOrganizationRetention = "organization.data_retention";
constexpr std::string_view kProjectRetention = "project.data_retention";

ApiResult<CallRules> change_rules(OperationContext& context, const ApiRequest& request,
                                  const identity::Project& project,
                                  const identity::ChangeCallRules& change, std::string_view param) {
  const std::scoped_lock lock{context.changes};
  const auto rules = identity::change_call_rules(
      context.database, project.id, project.organization_id, change, request.caller.actor);
  if (!rules) return std::unexpected(to_api_error(rules.error(), param));
  if (context.live != nullptr) {
    context.live->on_call_rules_changed(
        {.project_id = project.id, .organization_id = project.organization_id, .rules = *rules});
  }
  return *rules;
}

ApiResult<CallRules> read_rules(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(const auto rules, identity::find_call_rules(context.database, project.id));
  return rules;
}

Json tools_json(const CallRules& rules) {
  auto json = Json::object();
  for (const auto& tool : kHostedToolNames) {
    json[std::string{tool.name}] = {{"enabled", !rules.denies(tool.value)}};
  }
  return json;
}

ApiResult<bool> read_enabled(const Json& permission, std::string_view tool) {
  const std::string param{tool};
  const bool known =
      permission.is_object() && permission.size() == 1 && permission.contains("enabled");
  if (known && permission.at("enabled").is_boolean()) return permission.at("enabled").get<bool>();
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is {{\"enabled\": true}} or {{\"enabled\": false}}.", tool),
                param);
}

std::string one_of(const auto& names, std::size_t from = 0) {
  std::string text;
  for (std::size_t i = from; i < std::size(names); ++i) {
    text += text.empty() ? "" : ", ";
    text += names[i].name;
  }
  return text;
}

Json tiers_json(const CallRules& rules) {
  Json enabled = kAll;
  if (rules.enabled_tiers != keys::kAllTiers) {
    enabled = Json::array();
    for (const auto& tier : kOptionalTierNames) {
      if (rules.enables(tier.value)) enabled.push_back(tier.name);
    }
  }
  return Json{{"object", "project.service_tier_settings"},
              {"default", identity::name_of(kDefaultTierNames, rules.default_tier)},
              {"enabled_tiers", std::move(enabled)}};
}

ApiResult<std::uint8_t> read_tiers(const Json& enabled) {
  constexpr const char* kParam = "enabled_tiers";
  if (enabled == kAll) return keys::kAllTiers;
  const auto wrong = [] {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'enabled_tiers' is \"all\" or a list of: {}.", one_of(kOptionalTierNames)),
        kParam);
  };
  if (!enabled.is_array()) return wrong();
  std::uint8_t tiers = 0;
  for (const auto& each : enabled) {
    const auto* name = each.get_ptr<const std::string*>();
    const auto tier =
        name == nullptr ? std::nullopt : identity::value_named(kOptionalTierNames, *name);
    if (!tier) return wrong();
    tiers = static_cast<std::uint8_t>(tiers | static_cast<std::uint8_t>(*tier));
  }
  return tiers;
}

ApiResult<std::optional<keys::DefaultTier>> read_default_tier(const Json& body) {
  TG_TRY(const auto name, optional_text(body, "default"));
  if (name.empty()) return std::nullopt;
  const auto tier = identity::value_named(kDefaultTierNames, name);
  if (tier) return tier;
  return refuse(Code::kFieldInvalid,
                fmt::format("'default' is one of: {}.", one_of(kDefaultTierNames)), "default");
}

Json retention_json(std::string_view object, Retention retention) {
  return Json{{"object", object}, {"type", identity::name_of(kRetentionNames, retention)}};
}

// What GET answered can be sent back: it has the present value by another name.
bool sends_back(const ApiRequest& request) {
  return !request.body.contains("retention_type") && request.body.contains("type");
}

// `first` of the names can be chosen.
ApiResult<Retention> read_retention(const Json& body, std::size_t first) {
  TG_TRY(const auto name, required_text(body, "retention_type"));
  for (std::size_t i = first; i < std::size(kRetentionNames); ++i) {
    if (kRetentionNames[i].name == name) return kRetentionNames[i].value;
  }
  return refuse(Code::kFieldInvalid,
                fmt::format("'retention_type' is one of: {}.", one_of(kRetentionNames, first)),
                "retention_type");
}

constexpr std::size_t kFirstOfOrganizations = 2;

}  // namespace

ApiResult<Json> projects_hosted_tool_permissions_retrieve(OperationContext& context,
                                                          const ApiRequest& request) {
  TG_TRY(const auto rules, read_rules(context, request));
  return tools_json(rules);
}

ApiResult<Json> projects_hosted_tool_permissions_update(OperationContext& context,
                                                        const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(
      request, {"file_search", "web_search", "image_generation", "mcp", "code_interpreter"}));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  std::uint8_t denied = 0;
  std::uint8_t allowed = 0;
  for (const auto& tool : kHostedToolNames) {
    const auto found = request.body.find(tool.name);
    if (found == request.body.end() || found->is_null()) continue;
    TG_TRY(const bool enabled, read_enabled(*found, tool.name));
    auto& bits = enabled ? allowed : denied;
    bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(tool.value));
  }
  const auto change = [denied, allowed](CallRules& rules) {
    rules.denied_tools = static_cast<std::uint8_t>((rules.denied_tools & ~allowed) | denied);
  };
  TG_TRY(const auto rules, change_rules(context, request, project, change, {}));
  return tools_json(rules);
}

ApiResult<Json> projects_service_tier_settings_retrieve(OperationContext& context,
                                                        const ApiRequest& request) {
  TG_TRY(const auto rules, read_rules(context, request));
  return tiers_json(rules);
}

ApiResult<Json> projects_service_tier_settings_update(OperationContext& context,
                                                      const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"default", "enabled_tiers"}));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_TRY(const auto tier, read_default_tier(request.body));
  std::optional<std::uint8_t> enabled;
  const auto found = request.body.find("enabled_tiers");
  if (found != request.body.end() && !found->is_null()) {
    TG_TRY(enabled, read_tiers(*found));
  }
  const auto change = [tier, enabled](CallRules& rules) {
    rules.default_tier = tier.value_or(rules.default_tier);
    rules.enabled_tiers = enabled.value_or(rules.enabled_tiers);
  };
  const auto* param = tier ? "default" : "enabled_tiers";
  TG_TRY(const auto rules, change_rules(context, request, project, change, param));
  return tiers_json(rules);
}

ApiResult<Json> data_retention_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_API_TRY(const auto retention,
             identity::find_retention(context.database, request.caller.organization_id));
  return retention_json(kOrganizationRetention, retention);
}

ApiResult<Json> data_retention_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"retention_type"}));
  const auto& organization = request.caller.organization_id;
  if (sends_back(request)) {
    TG_API_TRY(const auto present, identity::find_retention(context.database, organization));
    return retention_json(kOrganizationRetention, present);
  }
  TG_TRY(const auto retention, read_retention(request.body, kFirstOfOrganizations));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY_DONE(
      identity::set_retention(context.database, organization, retention, request.caller.actor));
  if (context.live != nullptr) context.live->on_retention_changed(organization, retention);
  return retention_json(kOrganizationRetention, retention);
}

ApiResult<Json> projects_data_retention_retrieve(OperationContext& context,
                                                 const ApiRequest& request) {
  TG_TRY(const auto rules, read_rules(context, request));
  return retention_json(kProjectRetention, rules.retention);
}

ApiResult<Json> projects_data_retention_update(OperationContext& context,
                                               const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"retention_type"}));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  if (sends_back(request)) {
    TG_API_TRY(const auto present, identity::find_call_rules(context.database, project.id));
    return retention_json(kProjectRetention, present.retention);
  }
  TG_TRY(const auto retention, read_retention(request.body, 0));
  const auto change = [retention](CallRules& rules) { rules.retention = retention; };
  TG_TRY(const auto rules, change_rules(context, request, project, change, "retention_type"));
  return retention_json(kProjectRetention, rules.retention);
}

}  // namespace tg::admin
