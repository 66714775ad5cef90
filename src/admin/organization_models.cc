// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "identity/project_models.h"

// Model permissions of the Admin API: which models a project may use.
namespace tg::admin {
namespace {

using keys::ModelRules;

// A project of which nothing was said denies nothing.
Json to_json(const std::optional<ModelRules>& models) {
  const bool allows = models && models->is_allow_list;
  return Json{{"object", "project.model_permissions"},
              {"mode", allows ? "allow_list" : "deny_list"},
              {"model_ids", models ? models->models : std::vector<std::string>{}}};
}

ApiResult<ModelRules> read_models(const Json& body) {
  TG_TRY(const auto mode, required_text(body, "mode"));
  if (mode != "allow_list" && mode != "deny_list") {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is no mode: allow_list, deny_list.", mode),
                  "mode");
  }
  TG_TRY(auto models, optional_texts(body, "model_ids"));
  if (!models) {
    return refuse(Code::kFieldInvalid, "'model_ids' is missing: a list of models' names.",
                  "model_ids");
  }
  return ModelRules{.is_allow_list = mode == "allow_list", .models = *std::move(models)};
}

ApiResult<void> set_models(OperationContext& context, const ApiRequest& request,
                           const std::optional<ModelRules>& models) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  const auto set = identity::set_project_models(
      context.database, project.id, project.organization_id, models, request.caller.actor);
  if (!set) return std::unexpected(to_api_error(set.error(), "model_ids"));
  if (context.live == nullptr) return {};
  identity::ProjectModels live{
      .project_id = project.id, .organization_id = project.organization_id, .rules = nullptr};
  if (models) live.rules = std::make_shared<const ModelRules>(*models);
  context.live->on_models_changed(live);
  return {};
}

}  // namespace

ApiResult<Json> projects_model_permissions_retrieve(OperationContext& context,
                                                    const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(const auto models, identity::find_project_models(context.database, project.id));
  return to_json(models);
}

ApiResult<Json> projects_model_permissions_update(OperationContext& context,
                                                  const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"mode", "model_ids"}));
  TG_TRY(const auto models, read_models(request.body));
  const std::scoped_lock lock{context.changes};
  TG_TRY_DONE(set_models(context, request, models));
  return to_json(models);
}

ApiResult<Json> projects_model_permissions_delete(OperationContext& context,
                                                  const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(const auto models, identity::find_project_models(context.database, project.id));
  if (!models) {
    return refuse(Code::kNotFound, "This project has no model permissions; it may use all models.");
  }
  TG_TRY_DONE(set_models(context, request, std::nullopt));
  return Json{{"object", "project.model_permissions.deleted"}, {"deleted", true}};
}

}  // namespace tg::admin
