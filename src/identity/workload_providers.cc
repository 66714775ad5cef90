// SPDX-License-Identifier: Apache-2.0
#include "identity/workload_providers.h"

#include <nlohmann/json.hpp>

#include "identity/end_keys.h"
#include "identity/federation_tokens.h"
#include "identity/rows.h"

namespace tg::identity {
namespace {

using Json = nlohmann::json;

std::string to_text(const std::vector<oidc::Transformation>& transformations) {
  auto list = Json::array();
  for (const auto& each : transformations) list.push_back({each.attribute, each.expression});
  return list.dump();
}

std::vector<oidc::Transformation> parse_transformations(const std::string& text) {
  std::vector<oidc::Transformation> transformations;
  const auto list = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return transformations;
  for (const auto& each : list) {
    transformations.push_back(
        {.attribute = each.at(0).get<std::string>(), .expression = each.at(1).get<std::string>()});
  }
  return transformations;
}

struct ProviderRow {
  std::string id, organization_id, transformations;
  WorkloadProvider provider;
  long long enabled = 0;
  long long may_be_private = 0;
  long long created_unix_ms = 0;
  long long updated_unix_ms = 0;

  void bind(soci::statement& select) {
    for (auto* text :
         {&id, &organization_id, &provider.name, &provider.description, &provider.issuer,
          &provider.audience, &transformations, &provider.discovery_url, &provider.jwks}) {
      select.exchange(soci::into(*text));
    }
    for (auto* number : {&enabled, &may_be_private, &created_unix_ms, &updated_unix_ms}) {
      select.exchange(soci::into(*number));
    }
  }
  [[nodiscard]] WorkloadProvider item() const {
    auto made = provider;
    made.id = id;
    made.organization_id = OrganizationId{organization_id};
    made.transformations = parse_transformations(transformations);
    made.enabled = enabled != 0;
    made.may_be_private = may_be_private != 0;
    made.created_at = from_unix_ms(created_unix_ms);
    made.updated_at = from_unix_ms(updated_unix_ms);
    return made;
  }
};

std::vector<WorkloadProvider> select_providers(soci::session& session, const char* condition,
                                               const std::string& value) {
  return select_rows<ProviderRow>(
      session,
      std::string{"SELECT id, organization_id, name, description, issuer, audience,"
                  " transformations, discovery_url, jwks, enabled, may_be_private,"
                  " created_unix_ms, updated_unix_ms FROM workload_identity_providers WHERE "} +
          condition + " = :value ORDER BY sequence",
      {value});
}

Result<WorkloadProvider> read_provider(soci::session& session, const std::string& id) {
  auto found = select_providers(session, "id", id);
  if (found.empty()) return fail(Code::kNotFound, "there is no such workload identity provider");
  return std::move(found.front());
}

// Key sets are large, and public: that there is one says enough.
Json properties_of(const WorkloadProvider& provider) {
  auto transformations = Json::array();
  for (const auto& each : provider.transformations) {
    transformations.push_back({{"attribute", each.attribute}, {"expression", each.expression}});
  }
  return Json{{"name", provider.name},
              {"description", provider.description},
              {"issuer", provider.issuer},
              {"audience", provider.audience},
              {"enabled", provider.enabled},
              {"attribute_transformations", std::move(transformations)},
              {"verification",
               {{"type", provider.jwks.empty() ? "discovery" : "uploaded_jwks"},
                {"discovery_url", provider.discovery_url}}}};
}

// What a token's verdict depends on.
bool is_same_trust(const WorkloadProvider& left, const WorkloadProvider& right) {
  return left.issuer == right.issuer && left.audience == right.audience &&
         left.enabled == right.enabled && left.transformations == right.transformations &&
         left.discovery_url == right.discovery_url && left.jwks == right.jwks;
}

Result<void> append(soci::session& session, const Actor& actor, const char* verb,
                    const WorkloadProvider& provider, const Json& detail, WallTime now) {
  return append_audit(session, actor,
                      {.action = std::string{"workload_identity_provider."} + verb,
                       .target = provider.id,
                       .organization_id = provider.organization_id.text(),
                       .detail = detail.dump()},
                      now);
}

std::vector<KeyId> keys_of(soci::session& session, const std::string& provider_id) {
  std::vector<KeyId> keys;
  for (auto& id : select_rows<TextRow>(
           session, "SELECT key_id FROM federation_rules WHERE provider_id = :id ORDER BY sequence",
           {provider_id})) {
    keys.emplace_back(std::move(id));
  }
  return keys;
}

void store_properties(soci::session& session, const WorkloadProvider& provider) {
  const auto transformations = to_text(provider.transformations);
  const long long enabled = provider.enabled ? 1 : 0;
  const long long may_be_private = provider.may_be_private ? 1 : 0;
  const long long updated_ms = to_unix_ms(provider.updated_at);
  session << "UPDATE workload_identity_providers SET name = :name, description = :description,"
             " issuer = :issuer, audience = :audience, enabled = :enabled,"
             " transformations = :transformations, discovery_url = :url, jwks = :jwks,"
             " may_be_private = :private, updated_unix_ms = :now WHERE id = :id",
      soci::use(provider.name), soci::use(provider.description), soci::use(provider.issuer),
      soci::use(provider.audience), soci::use(enabled), soci::use(transformations),
      soci::use(provider.discovery_url), soci::use(provider.jwks), soci::use(may_be_private),
      soci::use(updated_ms), soci::use(provider.id);
}

}  // namespace

Result<WorkloadProvider> create_workload_provider(store::Database& database,
                                                  WorkloadProvider provider, const Actor& actor,
                                                  WallTime now) {
  provider.id = make_id("wip_");
  provider.created_at = now;
  provider.updated_at = now;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const auto& organization = provider.organization_id.text();
    if (count_rows(session,
                   "SELECT count(*) FROM workload_identity_providers WHERE organization_id = :id",
                   {organization}) >= kWorkloadProvidersMax) {
      return fail(Code::kConflict,
                  "this organization has 50 workload identity providers; delete "
                  "one first");
    }
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO workload_identity_providers (id, sequence, organization_id, name,"
               " description, issuer, audience, enabled, transformations, discovery_url, jwks,"
               " may_be_private, created_unix_ms, updated_unix_ms)"
               " SELECT CAST(:id AS TEXT), COALESCE(MAX(sequence), 0) + 1,"
               " CAST(:organization AS TEXT), '', '', '', '', 0, '', '', '', 0,"
               " CAST(:created AS BIGINT), CAST(:updated AS BIGINT)"
               " FROM workload_identity_providers",
        soci::use(provider.id), soci::use(organization), soci::use(now_ms), soci::use(now_ms);
    store_properties(session, provider);
    return append(session, actor, "created", provider, {{"data", properties_of(provider)}}, now);
  }));
  return provider;
}

Result<WorkloadProvider> find_workload_provider(store::Database& database, const std::string& id) {
  WorkloadProvider provider;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(provider, read_provider(session, id));
    return {};
  }));
  return provider;
}

Result<std::vector<WorkloadProvider>> list_workload_providers(
    store::Database& database, const OrganizationId& organization_id) {
  std::vector<WorkloadProvider> providers;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    providers = select_providers(session, "organization_id", organization_id.text());
    return {};
  }));
  return providers;
}

Result<ChangedWorkloadProvider> update_workload_provider(store::Database& database,
                                                         WorkloadProvider provider,
                                                         const Actor& actor, WallTime now) {
  ChangedWorkloadProvider changed;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_provider(session, provider.id));
    provider.updated_at = before.updated_at;
    if (is_same_trust(before, provider) && properties_of(before) == properties_of(provider)) {
      return {};
    }
    provider.updated_at = now;
    store_properties(session, provider);
    if (!is_same_trust(before, provider)) {
      TG_TRY(changed.ended, end_access_tokens(session, keys_of(session, provider.id), now));
    }
    return append(
        session, actor, "updated", provider,
        {{"changes_requested", properties_of(provider)}, {"before", properties_of(before)}}, now);
  }));
  changed.provider = std::move(provider);
  return changed;
}

Result<std::vector<KeyId>> delete_workload_provider(store::Database& database,
                                                    const std::string& id, const Actor& actor,
                                                    WallTime now) {
  std::vector<KeyId> ended;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto provider, read_provider(session, id));
    TG_TRY(ended, end_keys(session,
                           {.organization_id = provider.organization_id,
                            .condition = "id IN (SELECT key_id FROM federation_rules"
                                         " WHERE provider_id = :provider)",
                            .values = {id},
                            .reason = "workload identity provider deleted"},
                           actor, now));
    execute(session,
            "DELETE FROM federation_exchanges WHERE rule_id IN"
            " (SELECT id FROM federation_rules WHERE provider_id = :id)",
            {id});
    execute(session, "DELETE FROM federation_rules WHERE provider_id = :id", {id});
    execute(session, "DELETE FROM workload_identity_providers WHERE id = :id", {id});
    return append(session, actor, "deleted", provider, {{"name", provider.name}}, now);
  }));
  return ended;
}

}  // namespace tg::identity
