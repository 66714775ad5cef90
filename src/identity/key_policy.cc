// SPDX-License-Identifier: Apache-2.0
#include "identity/key_policy.h"

#include <soci/soci.h>

#include <nlohmann/json.hpp>

namespace tg::identity {
namespace {

using Json = nlohmann::json;

constexpr int kKeysMax = 10'000;
constexpr std::chrono::seconds kLifetimeMin{60};
constexpr std::chrono::seconds kLifetimeMax = std::chrono::days{365};

Json to_json(const KeyPolicy& policy) {
  auto kinds = Json::array();
  for (const auto kind : policy.member_kinds) kinds.push_back(keys::name(kind));
  Json json{{"keys_per_member_max", nullptr},
            {"member_kinds", std::move(kinds)},
            {"lifetime_seconds_max", nullptr},
            {"default_limit", nullptr}};
  if (policy.keys_per_member_max) json["keys_per_member_max"] = *policy.keys_per_member_max;
  if (policy.lifetime_max) json["lifetime_seconds_max"] = policy.lifetime_max->count();
  if (policy.default_limit) {
    json["default_limit"] = {{"nanousd", policy.default_limit->amount.count()},
                             {"per", limits::name(policy.default_limit->per)}};
  }
  return json;
}

// Of what to_json() has written; throws what is not.
KeyPolicy from_json(const Json& json) {
  KeyPolicy policy;
  if (const auto& most = json.at("keys_per_member_max"); !most.is_null()) {
    policy.keys_per_member_max = most.get<int>();
  }
  for (const auto& kind : json.at("member_kinds")) {
    policy.member_kinds.push_back(keys::parse_kind(kind.get<std::string>()).value());
  }
  if (const auto& most = json.at("lifetime_seconds_max"); !most.is_null()) {
    policy.lifetime_max = std::chrono::seconds{most.get<std::int64_t>()};
  }
  if (const auto& limit = json.at("default_limit"); !limit.is_null()) {
    policy.default_limit = {
        .amount = NanoUsd{limit.at("nanousd").get<std::int64_t>()},
        .per = limits::parse_period(limit.at("per").get<std::string>()).value()};
  }
  return policy;
}

Result<KeyPolicy> parse(const std::string& text) {
  try {
    return from_json(Json::parse(text));
  } catch (const std::exception&) {
    // A policy that cannot be read must not become none.
    return fail(Code::kCorrupt, "a project in the database has a damaged key policy");
  }
}

Result<KeyPolicy> read_policy(soci::session& session, const ProjectId& id) {
  std::string text;
  session << "SELECT policy FROM project_key_policies WHERE project_id = :id", soci::use(id.text()),
      soci::into(text);
  if (!session.got_data()) return KeyPolicy{};
  return parse(text);
}

Result<void> check(const KeyPolicy& policy) {
  if (policy.keys_per_member_max &&
      (*policy.keys_per_member_max < 1 || *policy.keys_per_member_max > kKeysMax)) {
    return fail(Code::kFieldInvalid, "a member may have 1 to 10,000 keys");
  }
  if (policy.lifetime_max &&
      (*policy.lifetime_max < kLifetimeMin || *policy.lifetime_max > kLifetimeMax)) {
    return fail(Code::kFieldInvalid, "a key's longest life is a minute to a year");
  }
  if (policy.default_limit && policy.default_limit->amount <= NanoUsd{0}) {
    return fail(Code::kFieldInvalid, "a default limit is more than nothing");
  }
  return {};
}

}  // namespace

Result<KeyPolicy> find_key_policy(store::Database& database, const ProjectId& id) {
  KeyPolicy policy;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(policy, read_policy(session, id));
    return {};
  }));
  return policy;
}

Result<void> set_key_policy(store::Database& database, const ProjectId& id,
                            const OrganizationId& organization_id, const KeyPolicy& policy,
                            const Actor& actor, WallTime now) {
  TG_TRY_DONE(check(policy));
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_policy(session, id));
    if (before == policy) return {};
    const auto text = to_json(policy).dump();
    session << "INSERT INTO project_key_policies (project_id, policy) VALUES (:id, :policy)"
               " ON CONFLICT (project_id) DO UPDATE SET policy = excluded.policy",
        soci::use(id.text()), soci::use(text);
    const Json detail{{"changes_requested", {{"key_policy", to_json(policy)}}},
                      {"before", {{"key_policy", to_json(before)}}}};
    return append_audit(session, actor,
                        {.action = "project.updated",
                         .target = id.text(),
                         .organization_id = organization_id.text(),
                         .detail = detail.dump(),
                         .project_id = id.text()},
                        now);
  });
}

Result<int> count_keys_of_member(store::Database& database, const ProjectId& id,
                                 const UserId& user_id) {
  int count = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT count(*) FROM api_keys WHERE project_id = :project AND user_id = :user"
               " AND revoked_unix_ms IS NULL",
        soci::use(id.text()), soci::use(user_id.text()), soci::into(count);
    return {};
  }));
  return count;
}

}  // namespace tg::identity
