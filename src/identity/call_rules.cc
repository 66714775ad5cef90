// SPDX-License-Identifier: Apache-2.0
#include "identity/call_rules.h"

#include <soci/soci.h>

#include <nlohmann/json.hpp>
#include <string>

namespace tg::identity {
namespace {

using Json = nlohmann::json;
using keys::CallRules;
using keys::Retention;

constexpr std::string_view kAll = "all";

// A row of project_call_rules as it stands there.
struct Texts {
  std::string denied_tools;
  std::string enabled_tiers;
  std::string default_tier;
  std::string retention;
};

std::unexpected<Error> damaged() {
  return fail(Code::kCorrupt, "a project in the database has damaged settings of its calls");
}

template <typename Value, std::size_t kCount>
std::string list_of(const Named<Value> (&names)[kCount], std::uint8_t bits) {
  std::string list;
  for (const auto& each : names) {
    if ((bits & static_cast<std::uint8_t>(each.value)) == 0) continue;
    if (!list.empty()) list += ',';
    list += each.name;
  }
  return list;
}

template <typename Value, std::size_t kCount>
Result<std::uint8_t> bits_of(const Named<Value> (&names)[kCount], std::string_view list) {
  std::uint8_t bits = 0;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    const auto value = value_named(names, list.substr(0, end));
    if (!value) return damaged();
    bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(*value));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return bits;
}

std::string tiers_text(std::uint8_t tiers) {
  return tiers == keys::kAllTiers ? std::string{kAll} : list_of(kOptionalTierNames, tiers);
}

Texts texts_of(const CallRules& rules) {
  return {.denied_tools = list_of(kHostedToolNames, rules.denied_tools),
          .enabled_tiers = tiers_text(rules.enabled_tiers),
          .default_tier = std::string{name_of(kDefaultTierNames, rules.default_tier)},
          .retention = std::string{name_of(kRetentionNames, rules.retention)}};
}

Result<CallRules> parse(const Texts& texts) {
  CallRules rules;
  TG_TRY(rules.denied_tools, bits_of(kHostedToolNames, texts.denied_tools));
  if (texts.enabled_tiers != kAll) {
    TG_TRY(rules.enabled_tiers, bits_of(kOptionalTierNames, texts.enabled_tiers));
  }
  const auto tier = value_named(kDefaultTierNames, texts.default_tier);
  const auto retention = value_named(kRetentionNames, texts.retention);
  if (!tier || !retention) return damaged();
  rules.default_tier = *tier;
  rules.retention = *retention;
  return rules;
}

Result<void> check(const CallRules& rules) {
  const bool fast = rules.default_tier == keys::DefaultTier::kFast;
  if (!fast || rules.enables(keys::OptionalTier::kFast)) return {};
  return fail(
      Code::kFieldInvalid,
      "the default tier is fast, which is not among the enabled tiers: enable it, or choose "
      "another default");
}

Result<CallRules> read_rules(soci::session& session, const ProjectId& id) {
  Texts texts;
  session << "SELECT denied_tools, enabled_tiers, default_tier, retention"
             " FROM project_call_rules WHERE project_id = :id",
      soci::use(id.text()), soci::into(texts.denied_tools), soci::into(texts.enabled_tiers),
      soci::into(texts.default_tier), soci::into(texts.retention);
  if (!session.got_data()) return CallRules{};
  return parse(texts);
}

void write_rules(soci::session& session, const ProjectId& id, const Texts& texts) {
  session << "INSERT INTO project_call_rules"
             " (project_id, denied_tools, enabled_tiers, default_tier, retention)"
             " VALUES (:id, :tools, :tiers, :tier, :retention)"
             " ON CONFLICT (project_id) DO UPDATE SET denied_tools = excluded.denied_tools,"
             " enabled_tiers = excluded.enabled_tiers, default_tier = excluded.default_tier,"
             " retention = excluded.retention",
      soci::use(id.text()), soci::use(texts.denied_tools), soci::use(texts.enabled_tiers),
      soci::use(texts.default_tier), soci::use(texts.retention);
}

// Those of the settings that differ from `other`.
Json differing(const Texts& texts, const Texts& other) {
  auto settings = Json::object();
  const auto add = [&](const char* name, std::string Texts::* text) {
    if (texts.*text != other.*text) settings[name] = texts.*text;
  };
  add("denied_hosted_tools", &Texts::denied_tools);
  add("enabled_service_tiers", &Texts::enabled_tiers);
  add("default_service_tier", &Texts::default_tier);
  add("data_retention", &Texts::retention);
  return settings;
}

Result<Retention> read_retention(soci::session& session, const OrganizationId& id) {
  std::string text;
  session << "SELECT retention FROM organization_retention WHERE organization_id = :id",
      soci::use(id.text()), soci::into(text);
  if (!session.got_data()) return Retention::kModifiedAbuseMonitoring;
  const auto retention = value_named(kRetentionNames, text);
  if (!retention) return damaged();
  return *retention;
}

}  // namespace

Result<CallRules> find_call_rules(store::Database& database, const ProjectId& id) {
  CallRules rules;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(rules, read_rules(session, id));
    return {};
  }));
  return rules;
}

Result<CallRules> change_call_rules(store::Database& database, const ProjectId& id,
                                    const OrganizationId& organization_id,
                                    const ChangeCallRules& change, const Actor& actor,
                                    WallTime now) {
  CallRules rules;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(rules, read_rules(session, id));
    const auto before = texts_of(rules);
    change(rules);
    TG_TRY_DONE(check(rules));
    const auto after = texts_of(rules);
    const Json detail{{"changes_requested", differing(after, before)},
                      {"before", differing(before, after)}};
    if (detail.at("before").empty()) return {};
    write_rules(session, id, after);
    return append_audit(session, actor,
                        {.action = "project.updated",
                         .target = id.text(),
                         .organization_id = organization_id.text(),
                         .detail = detail.dump(),
                         .project_id = id.text()},
                        now);
  }));
  return rules;
}

Result<std::vector<ProjectCallRules>> load_call_rules(store::Database& database) {
  std::vector<ProjectCallRules> all;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string id;
    std::string organization_id;
    Texts texts;
    soci::statement select =
        (session.prepare << "SELECT r.project_id, p.organization_id, r.denied_tools,"
                            " r.enabled_tiers, r.default_tier, r.retention"
                            " FROM project_call_rules r JOIN projects p ON p.id = r.project_id",
         soci::into(id), soci::into(organization_id), soci::into(texts.denied_tools),
         soci::into(texts.enabled_tiers), soci::into(texts.default_tier),
         soci::into(texts.retention));
    select.execute();
    while (select.fetch()) {
      TG_TRY(const auto rules, parse(texts));
      all.push_back({.project_id = ProjectId{id},
                     .organization_id = OrganizationId{organization_id},
                     .rules = rules});
    }
    return {};
  }));
  return all;
}

Result<Retention> find_retention(store::Database& database, const OrganizationId& id) {
  Retention retention{};
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(retention, read_retention(session, id));
    return {};
  }));
  return retention;
}

Result<void> set_retention(store::Database& database, const OrganizationId& id, Retention retention,
                           const Actor& actor, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_retention(session, id));
    if (before == retention) return {};
    const std::string text{name_of(kRetentionNames, retention)};
    session << "INSERT INTO organization_retention (organization_id, retention)"
               " VALUES (:id, :retention)"
               " ON CONFLICT (organization_id) DO UPDATE SET retention = excluded.retention",
        soci::use(id.text()), soci::use(text);
    const Json detail{{"changes_requested", {{"data_retention", text}}},
                      {"before", {{"data_retention", name_of(kRetentionNames, before)}}}};
    return append_audit(session, actor,
                        {.action = "organization.updated",
                         .target = id.text(),
                         .organization_id = id.text(),
                         .detail = detail.dump()},
                        now);
  });
}

Result<std::vector<OrganizationRetention>> load_retentions(store::Database& database) {
  std::vector<OrganizationRetention> all;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string id;
    std::string text;
    soci::statement select =
        (session.prepare << "SELECT organization_id, retention FROM organization_retention",
         soci::into(id), soci::into(text));
    select.execute();
    while (select.fetch()) {
      const auto retention = value_named(kRetentionNames, text);
      if (!retention) return damaged();
      all.push_back({.organization_id = OrganizationId{id}, .retention = *retention});
    }
    return {};
  }));
  return all;
}

}  // namespace tg::identity
