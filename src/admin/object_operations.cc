// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "admin/operation_context.h"
#include "admin/routes_state.h"
#include "ledger/object_owners.h"
#include "providers/provider_records.h"

// Objects upstream and the projects that own them: what no call through here has made belongs to
// nobody until an operator says whose it is.
namespace tg::admin {
namespace {

using openai::ObjectKind;

constexpr std::int64_t kIdsMax = 100;
constexpr std::int64_t kListMax = 1000;

// How providers' ids begin. What begins otherwise needs its kind said.
struct Prefix {
  std::string_view text;
  ObjectKind kind;
};
constexpr auto kPrefixes = std::to_array<Prefix>({
    {"file-", ObjectKind::kFile},
    {"file_", ObjectKind::kFile},
    {"upload_", ObjectKind::kUpload},
    {"batch_", ObjectKind::kBatch},
    {"resp_", ObjectKind::kResponse},
    {"chatcmpl-", ObjectKind::kChatCompletion},
    {"conv_", ObjectKind::kConversation},
    {"vs_", ObjectKind::kVectorStore},
    {"ftjob-", ObjectKind::kFineTuningJob},
    {"skill_", ObjectKind::kSkill},
    {"msg_", ObjectKind::kItem},
    {"rs_", ObjectKind::kItem},
    {"cntr_", ObjectKind::kContainer},
    {"pmpt_", ObjectKind::kPrompt},
    {"voice_", ObjectKind::kVoice},
    {"tunnel_", ObjectKind::kTunnel},
});

// "chat_completion"
std::string kind_text(ObjectKind kind) {
  std::string text{openai::name(kind)};
  std::ranges::replace_if(text, [](char c) { return c == ' ' || c == '-'; }, '_');
  return text;
}

ApiResult<std::optional<ObjectKind>> read_kind(const Json& arguments) {
  TG_TRY(const auto text, optional_text(arguments, "kind"));
  if (text.empty()) return std::nullopt;
  std::string known;
  for (int number = 0; number < openai::kObjectKindCount; ++number) {
    const auto kind = static_cast<ObjectKind>(number);
    if (kind_text(kind) == text) return kind;
    known += (known.empty() ? "" : ", ") + kind_text(kind);
  }
  return refuse(Code::kFieldInvalid, fmt::format("'{}' is no kind of object: {}.", text, known),
                "kind");
}

ApiResult<std::vector<std::string>> read_ids(const Json& arguments) {
  TG_TRY(auto ids, optional_texts(arguments, "ids"));
  if (!ids || ids->empty() || std::ssize(*ids) > kIdsMax) {
    return refuse(Code::kFieldInvalid, "Name 1 to 100 ids.", "ids");
  }
  for (const auto& id : *ids) {
    if (openai::is_object_id(id)) continue;
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no id of an object.", id.substr(0, 128)), "ids");
  }
  return *std::move(ids);
}

ApiResult<ObjectKind> kind_of(const std::string& id) {
  const auto begins = [&id](const Prefix& prefix) { return id.starts_with(prefix.text); };
  const auto found = std::ranges::find_if(kPrefixes, begins);
  if (found != kPrefixes.end()) return found->kind;
  return refuse(Code::kFieldInvalid,
                fmt::format("What kind of object '{}' is cannot be told from its id; say it.", id),
                "kind");
}

// Of any organization: an operator stands above them.
ApiResult<identity::Project> read_project(OperationContext& context, const Json& arguments) {
  TG_TRY(const auto id, required_text(arguments, "project_id"));
  auto project = identity::find_project(context.database, ProjectId{id});
  if (project) return *std::move(project);
  if (project.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(project.error()));
  }
  return refuse(Code::kNotFound,
                fmt::format("There is no project '{}'. 'tollgate projects list' shows them.", id),
                "project_id");
}

ApiResult<providers::ProviderRecord> read_provider(OperationContext& context,
                                                   const Json& arguments) {
  TG_TRY(const auto name, required_text(arguments, "provider"));
  return find_provider(context, name, "provider");
}

Json to_json(const ledger::StoredObject& object, std::string_view provider) {
  return Json{{"object", "tollgate.stored_object"},
              {"id", object.id},
              {"kind", kind_text(object.kind)},
              {"project_id", object.project_id.view()},
              {"provider", provider},
              {"created_at", to_unix_s(object.at)}};
}

}  // namespace

ApiResult<Json> adopt_objects(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  TG_TRY(const auto project, read_project(context, arguments));
  TG_TRY(const auto provider, read_provider(context, arguments));
  TG_TRY(const auto kind, read_kind(arguments));
  TG_TRY(const auto ids, read_ids(arguments));
  std::vector<ledger::StoredObject> objects;
  auto data = Json::array();
  for (const auto& id : ids) {
    auto of_it = kind;
    if (!of_it) {
      TG_TRY(of_it, kind_of(id));
    }
    objects.push_back({.kind = *of_it,
                       .id = id,
                       .project_id = project.id.text(),
                       .organization_id = project.organization_id.text(),
                       .key_id = {},
                       .provider_id = provider.id.text(),
                       .at = wall_now()});
    data.push_back(to_json(objects.back(), provider.name));
  }
  const std::scoped_lock lock{context.changes};
  TG_API_TRY_DONE(ledger::adopt_objects(context.database, objects));
  TG_TRY_DONE(context.audit_instance(caller, "tollgate.objects.adopted", project.id.text(),
                                     {{"data", {{"provider", provider.name}, {"ids", ids}}}}));
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

ApiResult<Json> list_objects(OperationContext& context, const Json& arguments,
                             const Caller& /*caller*/) {
  TG_TRY(const auto project, read_project(context, arguments));
  ledger::ObjectQuery query{.project_id = project.id.text(), .kind = {}, .after = {}};
  TG_TRY(query.kind, read_kind(arguments));
  TG_TRY(query.after, optional_text(arguments, "after"));
  TG_TRY(const auto limit, optional_number(arguments, "limit", 100, 1, kListMax));
  query.limit = static_cast<int>(limit) + 1;
  TG_API_TRY(auto objects, ledger::list_objects(context.database, query));
  TG_API_TRY(const auto all, providers::list_providers(context.database));
  std::map<std::string, std::string, std::less<>> names;
  for (const auto& provider : all) names[provider.id.text()] = provider.name;
  const bool has_more = std::ssize(objects) > limit;
  if (has_more) objects.pop_back();
  auto data = Json::array();
  for (const auto& object : objects) {
    const auto found = names.find(object.provider_id.view());
    data.push_back(
        to_json(object, found == names.end() ? object.provider_id.view() : found->second));
  }
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", has_more}};
}

ApiResult<Json> forget_objects(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  TG_TRY(const auto project, read_project(context, arguments));
  TG_TRY(const auto ids, read_ids(arguments));
  const std::scoped_lock lock{context.changes};
  const auto forgotten = ledger::forget_objects(context.database, project.id.text(), ids);
  if (!forgotten && forgotten.error().code != Code::kDatabase) {
    return refuse(forgotten.error().code,
                  fmt::format("Nothing was forgotten: {}.", forgotten.error().detail), "ids");
  }
  TG_API_TRY_DONE(forgotten);
  TG_TRY_DONE(context.audit_instance(caller, "tollgate.objects.forgotten", project.id.text(),
                                     {{"data", {{"ids", ids}}}}));
  return Json{
      {"object", "tollgate.objects_forgotten"}, {"project_id", project.id.text()}, {"ids", ids}};
}

}  // namespace tg::admin
