// SPDX-License-Identifier: Apache-2.0
#include "identity/project_models.h"

#include <soci/soci.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "identity/key_restrictions.h"

namespace tg::identity {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kModelsMax = 1000;
constexpr const char* kAllow = "allow_list";
constexpr const char* kDeny = "deny_list";

Result<void> check(const keys::ModelRules& models) {
  if (models.models.size() > kModelsMax) {
    return fail(Code::kFieldInvalid, "a project's list has at most 1,000 models");
  }
  if (std::ranges::all_of(models.models, is_model_pattern)) return {};
  return fail(Code::kFieldInvalid,
              "a model's name has 1 to 128 bytes of plain text; a '*' stands at its end only");
}

Result<keys::ModelRules> parse(const std::string& mode, const std::string& text) {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  keys::ModelRules models{.is_allow_list = mode == kAllow, .models = {}};
  // A rule that cannot be read must not become none.
  if ((mode != kAllow && mode != kDeny) || !json.is_array()) {
    return fail(Code::kCorrupt, "a project in the database has a damaged list of models");
  }
  for (const auto& model : json) {
    if (!model.is_string()) {
      return fail(Code::kCorrupt, "a project in the database has a damaged list of models");
    }
    models.models.push_back(model.get<std::string>());
  }
  return models;
}

Json describe(const std::optional<keys::ModelRules>& models) {
  if (!models) return nullptr;
  return Json{{"mode", models->is_allow_list ? kAllow : kDeny}, {"model_ids", models->models}};
}

Result<std::optional<keys::ModelRules>> read_models(soci::session& session, const ProjectId& id) {
  std::string mode;
  std::string text;
  session << "SELECT mode, models FROM project_models WHERE project_id = :id", soci::use(id.text()),
      soci::into(mode), soci::into(text);
  if (!session.got_data()) return std::optional<keys::ModelRules>{};
  TG_TRY(auto models, parse(mode, text));
  return std::optional{std::move(models)};
}

}  // namespace

Result<std::optional<keys::ModelRules>> find_project_models(store::Database& database,
                                                            const ProjectId& id) {
  std::optional<keys::ModelRules> models;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(models, read_models(session, id));
    return {};
  }));
  return models;
}

Result<void> set_project_models(store::Database& database, const ProjectId& id,
                                const OrganizationId& organization_id,
                                const std::optional<keys::ModelRules>& models, const Actor& actor,
                                WallTime now) {
  if (models) TG_TRY_DONE(check(*models));
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_models(session, id));
    session << "DELETE FROM project_models WHERE project_id = :id", soci::use(id.text());
    if (models) {
      const std::string mode = models->is_allow_list ? kAllow : kDeny;
      const auto text = Json(models->models).dump();
      session << "INSERT INTO project_models (project_id, mode, models)"
                 " VALUES (:id, :mode, :models)",
          soci::use(id.text()), soci::use(mode), soci::use(text);
    }
    const Json detail{{"changes_requested", {{"model_permissions", describe(models)}}},
                      {"before", {{"model_permissions", describe(before)}}}};
    return append_audit(session, actor,
                        {.action = "project.updated",
                         .target = id.text(),
                         .organization_id = organization_id.text(),
                         .detail = detail.dump(),
                         .project_id = id.text()},
                        now);
  });
}

Result<std::vector<ProjectModels>> load_project_models(store::Database& database) {
  std::vector<ProjectModels> all;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string id;
    std::string organization_id;
    std::string mode;
    std::string text;
    soci::statement select =
        (session.prepare << "SELECT m.project_id, p.organization_id, m.mode, m.models"
                            " FROM project_models m JOIN projects p ON p.id = m.project_id",
         soci::into(id), soci::into(organization_id), soci::into(mode), soci::into(text));
    select.execute();
    while (select.fetch()) {
      TG_TRY(auto models, parse(mode, text));
      all.push_back({.project_id = ProjectId{id},
                     .organization_id = OrganizationId{organization_id},
                     .rules = std::make_shared<const keys::ModelRules>(std::move(models))});
    }
    return {};
  }));
  return all;
}

}  // namespace tg::identity
