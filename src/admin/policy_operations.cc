// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/limit_arguments.h"
#include "identity/key_policy.h"

// What a project's owners ask of new keys.
namespace tg::admin {
namespace {

using identity::KeyPolicy;

constexpr std::int64_t kKeysMax = 10'000;
constexpr std::int64_t kLifetimeSecondsMin = 60;
constexpr std::int64_t kLifetimeSecondsMax = 31'536'000;

Json to_json(const KeyPolicy& policy) {
  auto kinds = Json::array();
  for (const auto kind : policy.member_kinds) kinds.push_back(keys::name(kind));
  Json json{{"object", "tollgate.project.key_policy"},
            {"keys_per_member_max", nullptr},
            {"member_kinds", std::move(kinds)},
            {"lifetime_seconds_max", nullptr},
            {"default_limit", nullptr}};
  if (policy.keys_per_member_max) json["keys_per_member_max"] = *policy.keys_per_member_max;
  if (policy.lifetime_max) json["lifetime_seconds_max"] = policy.lifetime_max->count();
  if (policy.default_limit) {
    json["default_limit"] = {{"usd", format_usd(policy.default_limit->amount).substr(1)},
                             {"per", limits::name(policy.default_limit->per)}};
  }
  return json;
}

ApiResult<void> read_counts(const Json& body, KeyPolicy& policy) {
  if (body.contains("keys_per_member_max")) {
    TG_TRY(const auto most, optional_number(body, "keys_per_member_max", 0, 1, kKeysMax));
    policy.keys_per_member_max = most == 0 ? std::nullopt : std::optional{static_cast<int>(most)};
  }
  if (body.contains("lifetime_seconds_max")) {
    TG_TRY(const auto most, optional_number(body, "lifetime_seconds_max", 0, kLifetimeSecondsMin,
                                            kLifetimeSecondsMax));
    policy.lifetime_max = most == 0 ? std::nullopt : std::optional{std::chrono::seconds{most}};
  }
  return {};
}

ApiResult<void> read_kinds(const Json& body, KeyPolicy& policy) {
  TG_TRY(const auto names, optional_texts(body, "member_kinds"));
  if (!names) return {};
  policy.member_kinds.clear();
  for (const auto& name : *names) {
    const auto kind = keys::parse_kind(name);
    if (!kind || *kind == keys::KeyKind::kAdmin) {
      return refuse(Code::kFieldInvalid,
                    fmt::format("'{}' is no kind of key that members make: project, "
                                "service-account, test.",
                                name),
                    "member_kinds");
    }
    policy.member_kinds.push_back(*kind);
  }
  return {};
}

ApiResult<void> read_default_limit(const Json& body, KeyPolicy& policy) {
  const auto found = body.find("default_limit");
  if (found == body.end()) return {};
  policy.default_limit.reset();
  if (found->is_null()) return {};
  if (!found->is_object()) {
    return refuse(Code::kFieldInvalid,
                  R"('default_limit' must be an object, as {"usd": "20.00", "per": "month"}.)",
                  "default_limit");
  }
  TG_TRY_DONE(refuse_unknown_fields(*found, {"usd", "per"}));
  auto limit = *found;
  limit["scope"] = "key";
  limit["id"] = "each new one";
  TG_TRY(const auto wanted, read_wanted_limit(limit));
  if (wanted.removes) return {};
  policy.default_limit = {.amount = NanoUsd{wanted.record.rule.amount},
                          .per = wanted.record.rule.period};
  return {};
}

}  // namespace

ApiResult<Json> projects_key_policy_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(const auto policy, identity::find_key_policy(context.database, project.id));
  return to_json(policy);
}

ApiResult<Json> projects_key_policy_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(
      request, {"keys_per_member_max", "member_kinds", "lifetime_seconds_max", "default_limit"}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(auto policy, identity::find_key_policy(context.database, project.id));
  TG_TRY_DONE(read_counts(request.body, policy));
  TG_TRY_DONE(read_kinds(request.body, policy));
  TG_TRY_DONE(read_default_limit(request.body, policy));
  const auto set = identity::set_key_policy(context.database, project.id, project.organization_id,
                                            policy, request.caller.actor);
  if (!set) return std::unexpected(to_api_error(set.error()));
  return to_json(policy);
}

}  // namespace tg::admin
