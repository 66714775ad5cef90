// SPDX-License-Identifier: Apache-2.0
#include "identity/federation_rules.h"

#include <nlohmann/json.hpp>

#include "identity/end_keys.h"
#include "identity/federation_tokens.h"
#include "identity/rows.h"

namespace tg::identity {
namespace {

using oidc::Json;

struct RuleRow {
  std::string organization_id, project_id, service_account_id, key_id, matchers, scopes;
  FederationRule rule;
  long long enabled = 0;
  long long generation = 0;
  long long created_unix_ms = 0;
  long long updated_unix_ms = 0;

  void bind(soci::statement& select) {
    for (auto* text :
         {&rule.id, &rule.provider_id, &organization_id, &project_id, &service_account_id, &key_id,
          &rule.name, &rule.description, &matchers, &scopes}) {
      select.exchange(soci::into(*text));
    }
    for (auto* number : {&enabled, &generation, &created_unix_ms, &updated_unix_ms}) {
      select.exchange(soci::into(*number));
    }
  }
  [[nodiscard]] FederationRule item() const {
    auto made = rule;
    made.organization_id = OrganizationId{organization_id};
    made.project_id = ProjectId{project_id};
    made.service_account_id = ServiceAccountId{service_account_id};
    made.key_id = KeyId{key_id};
    // What cannot be read matches nothing.
    made.matchers = Json::parse(matchers, nullptr, /*allow_exceptions=*/false);
    if (!scopes.empty()) made.scopes = Json::parse(scopes).get<std::vector<std::string>>();
    made.enabled = enabled != 0;
    made.generation = generation;
    made.created_at = from_unix_ms(created_unix_ms);
    made.updated_at = from_unix_ms(updated_unix_ms);
    return made;
  }
};

// A deleted account's rules are gone with it.
std::vector<FederationRule> select_rules(soci::session& session, const char* condition,
                                         const std::vector<std::string>& values) {
  return select_rows<RuleRow>(
      session,
      std::string{"SELECT r.id, r.provider_id, r.organization_id, r.project_id,"
                  " r.service_account_id, r.key_id, r.name, r.description, r.matchers, r.scopes,"
                  " r.enabled, r.generation, r.created_unix_ms, r.updated_unix_ms"
                  " FROM federation_rules r JOIN service_accounts s ON s.id = r.service_account_id"
                  " WHERE s.deleted_unix_ms IS NULL AND "} +
          condition + " ORDER BY r.sequence",
      values);
}

Result<FederationRule> read_rule(soci::session& session, const std::string& provider_id,
                                 const std::string& id) {
  auto found = select_rules(session, "r.provider_id = :provider AND r.id = :id", {provider_id, id});
  if (found.empty()) return fail(Code::kNotFound, "there is no such federation rule");
  return std::move(found.front());
}

Result<void> check_room(soci::session& session, const std::string& provider_id) {
  if (select_rules(session, "r.provider_id = :provider", {provider_id}).size() <
      static_cast<std::size_t>(kFederationRulesMax)) {
    return {};
  }
  return fail(Code::kConflict, "this provider has 50 federation rules; delete one first");
}

Json permissions_of(const FederationRule& rule) {
  if (!rule.scopes) return {{"type", "service_account_default"}};
  return {{"type", "restricted"}, {"scopes", *rule.scopes}};
}

Json properties_of(const FederationRule& rule) {
  return Json{{"name", rule.name},
              {"description", rule.description},
              {"enabled", rule.enabled},
              {"attribute_matchers", rule.matchers},
              {"permissions", permissions_of(rule)},
              {"project_id", rule.project_id.text()},
              {"service_account_id", rule.service_account_id.text()},
              {"api_key_id", rule.key_id.text()}};
}

Result<void> append(soci::session& session, const Actor& actor, const char* verb,
                    const FederationRule& rule, Json detail, WallTime now) {
  detail["identity_provider_id"] = rule.provider_id;
  return append_audit(session, actor,
                      {.action = std::string{"workload_identity_provider_mapping."} + verb,
                       .target = rule.id,
                       .organization_id = rule.organization_id.text(),
                       .detail = detail.dump(),
                       .project_id = rule.project_id.text()},
                      now);
}

void store_properties(soci::session& session, const FederationRule& rule) {
  const auto matchers = rule.matchers.dump();
  const auto scopes = rule.scopes ? Json(*rule.scopes).dump() : std::string{};
  const long long enabled = rule.enabled ? 1 : 0;
  const long long generation = rule.generation;
  const long long updated_ms = to_unix_ms(rule.updated_at);
  session << "UPDATE federation_rules SET name = :name, description = :description,"
             " enabled = :enabled, matchers = :matchers, scopes = :scopes,"
             " generation = :generation, updated_unix_ms = :now WHERE id = :id",
      soci::use(rule.name), soci::use(rule.description), soci::use(enabled), soci::use(matchers),
      soci::use(scopes), soci::use(generation), soci::use(updated_ms), soci::use(rule.id);
}

}  // namespace

Result<void> check_room_for_rule(store::Database& database, const std::string& provider_id) {
  return database.read([&](soci::session& session) { return check_room(session, provider_id); });
}

Result<FederationRule> create_federation_rule(store::Database& database, FederationRule rule,
                                              const Actor& actor, WallTime now) {
  rule.id = make_id("wifr_");
  rule.created_at = now;
  rule.updated_at = now;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_room(session, rule.provider_id));
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO federation_rules (id, sequence, provider_id, organization_id,"
               " project_id, service_account_id, key_id, name, description, enabled, matchers,"
               " scopes, generation, created_unix_ms, updated_unix_ms)"
               " SELECT CAST(:id AS TEXT), COALESCE(MAX(sequence), 0) + 1,"
               " CAST(:provider AS TEXT), CAST(:organization AS TEXT), CAST(:project AS TEXT),"
               " CAST(:account AS TEXT), CAST(:key AS TEXT), '', '', 0, '', '', 0,"
               " CAST(:created AS BIGINT), CAST(:updated AS BIGINT) FROM federation_rules",
        soci::use(rule.id), soci::use(rule.provider_id), soci::use(rule.organization_id.text()),
        soci::use(rule.project_id.text()), soci::use(rule.service_account_id.text()),
        soci::use(rule.key_id.text()), soci::use(now_ms), soci::use(now_ms);
    store_properties(session, rule);
    return append(session, actor, "created", rule, {{"data", properties_of(rule)}}, now);
  }));
  return rule;
}

Result<FederationRule> find_federation_rule(store::Database& database,
                                            const std::string& provider_id, const std::string& id) {
  FederationRule rule;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(rule, read_rule(session, provider_id, id));
    return {};
  }));
  return rule;
}

Result<std::vector<FederationRule>> list_federation_rules(store::Database& database,
                                                          const std::string& provider_id) {
  std::vector<FederationRule> rules;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    rules = select_rules(session, "r.provider_id = :provider", {provider_id});
    return {};
  }));
  return rules;
}

Result<ChangedFederationRule> update_federation_rule(store::Database& database, FederationRule rule,
                                                     const Actor& actor, WallTime now) {
  ChangedFederationRule changed;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_rule(session, rule.provider_id, rule.id));
    rule.generation = before.generation;
    rule.updated_at = before.updated_at;
    if (properties_of(before) == properties_of(rule)) return {};
    rule.updated_at = now;
    const bool same = before.matchers == rule.matchers && before.enabled == rule.enabled &&
                      before.scopes == rule.scopes;
    store_properties(session, rule);
    if (!same) {
      TG_TRY(changed.ended, end_access_tokens(session, {rule.key_id}, now));
    }
    return append(session, actor, "updated", rule,
                  {{"changes_requested", properties_of(rule)}, {"before", properties_of(before)}},
                  now);
  }));
  changed.rule = std::move(rule);
  return changed;
}

Result<std::vector<KeyId>> delete_federation_rule(store::Database& database,
                                                  const FederationRule& rule, const Actor& actor,
                                                  WallTime now) {
  std::vector<KeyId> ended;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(ended, end_keys(session,
                           {.organization_id = rule.organization_id,
                            .condition = "id = :key",
                            .values = {rule.key_id.text()},
                            .reason = "federation rule deleted"},
                           actor, now));
    execute(session, "DELETE FROM federation_exchanges WHERE rule_id = :id", {rule.id});
    execute(session, "DELETE FROM federation_rules WHERE id = :id", {rule.id});
    return append(session, actor, "deleted", rule,
                  {{"project_id", rule.project_id.text()},
                   {"service_account_id", rule.service_account_id.text()}},
                  now);
  }));
  return ended;
}

Result<bool> is_key_of_rule(store::Database& database, const KeyId& id) {
  bool is = false;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    is = count_rows(session, "SELECT count(*) FROM federation_rules WHERE key_id = :id",
                    {id.text()}) > 0;
    return {};
  }));
  return is;
}

}  // namespace tg::identity
