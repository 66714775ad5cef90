// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/operation_context.h"
#include "admin/routes_state.h"
#include "providers/fetch_models.h"
#include "providers/object_keeper.h"
#include "providers/opened_paths.h"
#include "providers/provider_records.h"
#include "providers/snapshot_builder.h"

// Providers and routes: what an operator adds, and what follows from it for names that clients use.
namespace tg::admin {
namespace {

using providers::ProviderRecord;

using Keeper = std::optional<ProviderId>;

Json to_json(const ProviderRecord& provider, const Keeper& keeper) {
  return Json{{"object", "tollgate.provider"},
              {"id", provider.id.text()},
              {"name", provider.name},
              {"kind", providers::name(provider.kind)},
              {"base_url", provider.base_url},
              {"has_credential", provider.has_credential},
              {"listed_models", provider.listed_models},
              {"keeps_objects", keeper == provider.id},
              {"created_at", to_unix_s(provider.created_at)}};
}

struct Fetched {
  std::vector<std::string> models;
  std::string warning;  // empty: the provider gave its list
};

std::string why_no_list(const Error& error) {
  switch (error.code) {
    case Code::kNotFound: return "the provider has no list of models";
    case Code::kForbidden:
      return "the provider refused the credential when it was asked for its models";
    case Code::kUpstreamTimeout: return "the provider did not answer in time";
    case Code::kUpstreamTls: return "the provider's certificate could not be verified";
    case Code::kUpstreamUnreachable: return "the provider could not be reached";
    default: return "the provider's list of models could not be read";
  }
}

Fetched fetch(const OperationContext& context, std::string_view base_url,
              const SecretBytes& credential) {
  auto models =
      providers::fetch_models(base_url, credential, {.proxy = context.options.proxy.get()});
  if (models) return {.models = *std::move(models), .warning = {}};
  return {.models = {},
          .warning = fmt::format("Its models are not known: {} ({}). Every priced model of the "
                                 "catalogue is routed to it. 'tollgate providers update' asks "
                                 "again.",
                                 why_no_list(models.error()), tg::name(models.error().code))};
}

Json models_of(const config::Snapshot& snapshot) {
  std::vector<std::string_view> names;
  for (const auto& [name, route] : snapshot.routes) {
    if (route.successor_of.empty()) names.push_back(name);
  }
  std::ranges::sort(names);
  auto models = Json::array();
  for (const auto name : names) models.push_back(name);
  return models;
}

Json opened_paths_of(const config::Snapshot& snapshot) {
  auto paths = Json::array();
  for (const auto& opened : snapshot.opened_paths) {
    paths.push_back({{"method", opened.method},
                     {"path", opened.path},
                     {"provider", opened.provider->name},
                     {"price_nanousd", opened.price.count()}});
  }
  return paths;
}

Json routes_json(const config::Snapshot& snapshot) {
  auto defaults = Json::object();
  for (int index = 0; index < openai::kModelEndpointCount; ++index) {
    const auto& model = snapshot.default_models.at(static_cast<std::size_t>(index));
    if (!model.empty()) {
      defaults[std::string{openai::path(static_cast<openai::Endpoint>(index))}] = model;
    }
  }
  auto successors = Json::object();
  for (const auto& [asked, served] : providers::redirections(snapshot)) successors[asked] = served;
  return Json{{"object", "tollgate.routes"},
              {"default_models", std::move(defaults)},
              {"successors", std::move(successors)},
              {"opened_paths", opened_paths_of(snapshot)},
              {"models", models_of(snapshot)}};
}

// Of the provider's models; "" where all of them have a price.
std::string unpriced_warning(const config::Snapshot& snapshot, const ProviderId& provider) {
  std::int64_t unpriced = 0;
  for (const auto& [asked, route] : snapshot.routes) {
    unpriced += std::ranges::count_if(route.targets, [&](const config::Target& target) {
      return target.model == nullptr && target.provider->id == provider;
    });
  }
  if (unpriced == 0) return {};
  return fmt::format(
      "{} of its models have no price, and calls to them are refused. 'tollgate "
      "prices list --unpriced' names them, 'tollgate prices set' gives them one.",
      unpriced);
}

ApiResult<Json> current_routes(OperationContext& context) {
  TG_TRY(const auto snapshot, current_snapshot(context));
  return routes_json(*snapshot);
}

ApiResult<providers::ProviderSpec> read_spec(const Json& arguments) {
  providers::ProviderSpec spec;
  TG_TRY(spec.name, required_text(arguments, "name"));
  TG_TRY(const auto kind_text, optional_text(arguments, "kind"));
  const auto kind =
      providers::parse_provider_kind(kind_text.empty() ? "openai-compatible" : kind_text);
  if (!kind) {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'{}' is no kind of provider: openai-compatible, sandbox.", kind_text), "kind");
  }
  spec.kind = *kind;
  TG_TRY(spec.base_url, optional_text(arguments, "base_url"));
  TG_TRY(auto credential, optional_text(arguments, "credential"));
  spec.credential = SecretBytes{std::string_view{credential}};
  wipe(credential);
  if (auto checked = providers::check(spec); !checked) {
    return std::unexpected(to_api_error(checked.error()));
  }
  return spec;
}

// What calls get from now on, and got before; null: nothing.
Json change_of(const char* field, const Json& before, const Json& after, const std::string& name) {
  return Json{{"changes_requested", {{field, after.value(name, Json(nullptr))}}},
              {"before", {{field, before.value(name, Json(nullptr))}}}};
}

// What calls get from now on, and the first thing that did not go as it should.
ApiResult<Json> with_routes(OperationContext& context, const ProviderRecord& provider,
                            std::string warning) {
  TG_API_TRY(const auto keeper, providers::object_keeper(context.database));
  auto answer = to_json(provider, keeper);
  TG_TRY(const auto snapshot, current_snapshot(context));
  if (warning.empty()) warning = unpriced_warning(*snapshot, provider.id);
  if (!warning.empty()) answer["warning"] = std::move(warning);
  auto routes = routes_json(*snapshot);
  routes.erase("object");  // it is a provider that is answered
  answer.update(routes);
  return answer;
}

ApiResult<providers::ProviderChange> read_change(const Json& arguments,
                                                 const ProviderRecord& provider) {
  providers::ProviderChange change;
  TG_TRY(auto base_url, optional_text(arguments, "base_url"));
  if (!base_url.empty()) change.base_url = std::move(base_url);
  if (arguments.contains("credential")) {
    TG_TRY(auto credential, optional_text(arguments, "credential"));
    change.credential = SecretBytes{std::string_view{credential}};
    wipe(credential);
  }
  if (auto checked = providers::check(provider, change); !checked) {
    return std::unexpected(to_api_error(checked.error()));
  }
  return change;
}

// The list under the new address with the new credential. Where it cannot be had, nothing is
// changed: so a credential that does not work never takes the place of one that does.
ApiResult<std::vector<std::string>> fetch_changed(OperationContext& context,
                                                  const ProviderRecord& provider,
                                                  const providers::ProviderChange& change) {
  SecretBytes stored;
  if (!change.credential) {
    TG_API_TRY(stored, providers::provider_credential(context.database, context.folder.master_key(),
                                                      provider.id));
  }
  const auto& credential = change.credential ? *change.credential : stored;
  auto models = providers::fetch_models(change.base_url.value_or(provider.base_url), credential,
                                        {.proxy = context.options.proxy.get()});
  if (models) return *std::move(models);
  const auto code = models.error().code;
  if (code == Code::kNotFound) return std::vector<std::string>{};  // it has none
  return refuse(
      code == Code::kForbidden ? Code::kFieldInvalid : code,
      fmt::format("Nothing was changed: {}. '--no-fetch' (fetch_models: false) changes it "
                  "without asking.",
                  why_no_list(models.error())),
      code == Code::kForbidden ? "credential" : "");
}

// Absent or null brings back what ships; "" says that there is none.
bool is_absent(const Json& arguments, std::string_view field) {
  const auto found = arguments.find(field);
  return found == arguments.end() || found->is_null();
}

}  // namespace

ApiResult<Json> add_provider(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto spec, read_spec(arguments));
  TG_TRY(const auto ask, optional_flag(arguments, "fetch_models", true));
  Fetched fetched;
  if (ask && spec.kind != config::ProviderKind::kSandbox) {
    fetched = fetch(context, spec.base_url, spec.credential);
  }

  const std::scoped_lock lock{context.changes};
  TG_API_TRY(
      const auto provider,
      providers::add_provider(context.database, context.folder.master_key(), spec, fetched.models));
  TG_TRY_DONE(context.audit_instance(caller, "tollgate.provider.added", provider.id.text(),
                                     {{"data",
                                       {{"name", provider.name},
                                        {"kind", providers::name(provider.kind)},
                                        {"base_url", provider.base_url},
                                        {"listed_models", provider.listed_models}}}}));
  tell_routes_changed(context);

  return with_routes(context, provider, std::move(fetched.warning));
}

ApiResult<Json> update_provider(OperationContext& context, const Json& arguments,
                                const Caller& caller) {
  TG_TRY(const auto name, required_text(arguments, "name"));
  TG_TRY(const bool ask, optional_flag(arguments, "fetch_models", true));
  TG_TRY(const auto before, find_provider(context, name));
  TG_TRY(auto change, read_change(arguments, before));
  if (ask) {
    TG_TRY(change.models, fetch_changed(context, before, change));
  }

  const std::scoped_lock lock{context.changes};
  const auto updated =
      providers::update_provider(context.database, context.folder.master_key(), before, change);
  if (!updated) return std::unexpected(to_api_error(updated.error()));
  auto asked = Json::object();
  if (change.base_url) asked["base_url"] = updated->base_url;
  if (change.credential) asked["credential"] = updated->has_credential ? "replaced" : "removed";
  if (change.models) asked["listed_models"] = updated->listed_models;
  TG_TRY_DONE(context.audit_instance(
      caller, "tollgate.provider.updated", updated->id.text(),
      {{"changes_requested", std::move(asked)},
       {"before", {{"base_url", before.base_url}, {"listed_models", before.listed_models}}}}));
  tell_routes_changed(context);
  return with_routes(context, *updated, {});
}

ApiResult<Json> list_providers(OperationContext& context, const Json& /*arguments*/,
                               const Caller& /*caller*/) {
  TG_API_TRY(const auto all, providers::list_providers(context.database));
  TG_API_TRY(const auto keeper, providers::object_keeper(context.database));
  auto data = Json::array();
  for (const auto& provider : all) data.push_back(to_json(provider, keeper));
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

ApiResult<Json> test_provider(OperationContext& context, const Json& arguments,
                              const Caller& /*caller*/) {
  TG_TRY(const auto name, required_text(arguments, "name"));
  TG_TRY(const auto provider, find_provider(context, name));
  Json answer{{"object", "tollgate.provider_test"},
              {"name", provider.name},
              {"base_url", provider.base_url},
              {"ok", true}};
  if (provider.kind == config::ProviderKind::kSandbox) return answer;

  TG_API_TRY(
      const auto credential,
      providers::provider_credential(context.database, context.folder.master_key(), provider.id));
  const auto began = std::chrono::steady_clock::now();
  const auto models = providers::fetch_models(provider.base_url, credential,
                                              {.proxy = context.options.proxy.get()});
  answer["duration_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(
                              std::chrono::steady_clock::now() - began)
                              .count();
  if (models) {
    answer["models"] = models->size();
  } else {
    // A provider without a list of models has answered, and that is what is tested.
    answer["ok"] = models.error().code == Code::kNotFound;
    answer["message"] = why_no_list(models.error());
  }
  return answer;
}

ApiResult<Json> remove_provider(OperationContext& context, const Json& arguments,
                                const Caller& caller) {
  TG_TRY(const auto name, required_text(arguments, "name"));
  TG_TRY(const auto provider, find_provider(context, name));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY_DONE(providers::remove_provider(context.database, provider.id.text()));
  TG_TRY_DONE(context.audit_instance(
      caller, "tollgate.provider.removed", provider.id.text(),
      {{"before", {{"name", provider.name}, {"base_url", provider.base_url}}}}));
  tell_routes_changed(context);
  auto answer = to_json(provider, {});
  answer["deleted"] = true;
  return answer;
}

// Files and the like that are made from now on; what is there stays where it is.
ApiResult<Json> keep_objects(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto name, required_text(arguments, "name"));
  TG_TRY(const auto provider, find_provider(context, name));
  if (provider.kind == config::ProviderKind::kSandbox) {
    return refuse(Code::kFieldInvalid, "The sandbox keeps nothing.", "name");
  }
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const auto before, providers::object_keeper(context.database));
  TG_API_TRY_DONE(providers::choose_object_keeper(context.database, provider.id));
  TG_TRY_DONE(context.audit_instance(
      caller, "tollgate.object_keeper.set", provider.id.text(),
      {{"changes_requested", {{"provider", provider.id.text()}}},
       {"before", {{"provider", before ? Json(before->text()) : Json(nullptr)}}}}));
  tell_routes_changed(context);
  return to_json(provider, provider.id);
}

ApiResult<Json> list_routes(OperationContext& context, const Json& /*arguments*/,
                            const Caller& /*caller*/) {
  return current_routes(context);
}

ApiResult<Json> set_successor(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  TG_TRY(const auto retired, required_text(arguments, "retired"));
  TG_TRY(const auto successor, optional_text(arguments, "successor"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto before, current_routes(context));
  TG_API_TRY_DONE(is_absent(arguments, "successor")
                      ? providers::reset_successor(context.database, retired)
                      : providers::set_successor(context.database, retired, successor));
  TG_TRY(auto after, current_routes(context));
  TG_TRY_DONE(context.audit_instance(
      caller, "tollgate.successor.set", retired,
      change_of("successor", before["successors"], after["successors"], retired)));
  tell_routes_changed(context);
  return after;
}

ApiResult<Json> set_default_model(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  TG_TRY(const auto path, required_text(arguments, "endpoint"));
  TG_TRY(const auto model, optional_text(arguments, "model"));
  const auto endpoint = openai::model_endpoint(path);
  if (!endpoint) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no endpoint; write its path, as /v1/embeddings.", path),
                  "endpoint");
  }
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto before, current_routes(context));
  TG_API_TRY_DONE(is_absent(arguments, "model")
                      ? providers::reset_default_model(context.database, *endpoint)
                      : providers::set_default_model(context.database, *endpoint, model));
  TG_TRY(auto after, current_routes(context));
  TG_TRY_DONE(context.audit_instance(
      caller, "tollgate.default_model.set", path,
      change_of("model", before["default_models"], after["default_models"], path)));
  tell_routes_changed(context);
  return after;
}

ApiResult<void> require_provider(OperationContext& context) {
  TG_API_TRY(const auto all, providers::list_providers(context.database));
  const bool any = std::ranges::any_of(all, [](const ProviderRecord& provider) {
    return provider.kind != config::ProviderKind::kSandbox;
  });
  if (any) return {};
  return refuse(Code::kFieldInvalid, "Add a provider first: it is who answers such calls.",
                "provider");
}

// At a price it is open, without one it is closed again.
ApiResult<Json> set_opened_path(OperationContext& context, const Json& arguments,
                                const Caller& caller) {
  providers::OpenedPathChoice choice;
  TG_TRY(choice.method, required_text(arguments, "method"));
  TG_TRY(choice.path, required_text(arguments, "path"));
  TG_TRY(const auto price, optional_text(arguments, "price_usd"));
  TG_TRY(const auto provider, optional_text(arguments, "provider"));
  const bool closes = is_absent(arguments, "price_usd");
  if (const auto parsed = parse_usd(price)) {
    choice.price = *parsed;
  } else if (!closes) {
    return refuse(Code::kFieldInvalid, "Write the price of a call in dollars, as 0.10.",
                  "price_usd");
  }
  if (!closes) TG_TRY_DONE(require_provider(context));
  if (!provider.empty()) {
    TG_TRY(const auto record, find_provider(context, provider));
    choice.provider = record.id;
  }
  const std::scoped_lock lock{context.changes};
  const auto changed = closes ? providers::close_path(context.database, choice.method, choice.path)
                              : providers::open_path(context.database, choice);
  if (!changed && changed.error().code == Code::kFieldInvalid) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("Nothing has changed: {}.", changed.error().detail), "path");
  }
  TG_API_TRY_DONE(changed);
  TG_TRY(auto after, current_routes(context));
  const auto now = closes ? Json(nullptr) : Json(choice.price.count());
  TG_TRY_DONE(context.audit_instance(
      caller, closes ? "tollgate.path.closed" : "tollgate.path.opened", choice.path,
      Json{{"data", {{"method", choice.method}, {"path", choice.path}, {"price_nanousd", now}}}}));
  tell_routes_changed(context);
  return after;
}

}  // namespace tg::admin
