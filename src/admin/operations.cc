// SPDX-License-Identifier: Apache-2.0
#include "admin/operations.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>

#include "admin/api_routes.h"
#include "admin/authorization.h"
#include "admin/operation_context.h"
#include "base/log.h"
#include "keys/key_format.h"
#include "notify/outbox.h"
#include "openai/error_table.h"

namespace tg::admin {
namespace {

// kFolder: what concerns this machine's files, or who may sign in as the owner; never from afar.
enum class Needs : std::uint8_t { kMember, kOperator, kFolder };

struct Row {
  std::string_view name;
  Operation* run;
  Needs needs;
  std::initializer_list<std::string_view> fields;
  // From afar, where no route of its own says it (tollgate_routes.cc).
  std::optional<Permission> permission{};
};

constexpr Permission kReadUsers{Resource::kUsers, Access::kRead};
constexpr Permission kWriteUsers{Resource::kUsers, Access::kWrite};
constexpr Permission kReadProjects{Resource::kProjects, Access::kRead};
constexpr Permission kWriteProjects{Resource::kProjects, Access::kWrite};
constexpr Permission kReadAccounts{Resource::kServiceAccounts, Access::kRead};
constexpr Permission kWriteAccounts{Resource::kServiceAccounts, Access::kWrite};
constexpr Permission kReadWorkloads{Resource::kWorkloadIdentity, Access::kRead};
constexpr Permission kWriteWorkloads{Resource::kWorkloadIdentity, Access::kWrite};

const std::initializer_list<Row> kOperations{
    {"init_owner", init_owner, Needs::kFolder, {"email", "name", "organization", "password"}},
    {"create_setup_link", create_setup_link, Needs::kFolder, {}},
    {"add_user", add_user, Needs::kOperator, {"email", "name", "role", "password"}},
    {"list_users", list_users, Needs::kMember, {"after", "limit"}, kReadUsers},
    {"user_departure", user_departure, Needs::kMember, {"id"}},
    {"remove_user", remove_user, Needs::kMember, {"id"}, kWriteUsers},
    {"create_reset_link", create_reset_link, Needs::kOperator, {"email"}},
    {"create_invite", create_invite, Needs::kMember, {"email", "role", "projects"}},
    {"list_invites", list_invites, Needs::kMember, {"after", "limit"}},
    {"delete_invite", delete_invite, Needs::kMember, {"id"}},
    {"create_key",
     create_key,
     Needs::kMember,
     {"name", "kind", "project_id", "service_account_id", "note", "expires_at",
      "expires_in_seconds", "scopes", "preset", "endpoints", "models", "addresses", "limit"}},
    {"list_keys", list_keys, Needs::kMember, {"project_id", "after", "limit"}},
    {"show_key", show_key, Needs::kMember, {"id"}},
    {"update_key",
     update_key,
     Needs::kMember,
     {"id", "name", "note", "expires_at", "expires_in_seconds", "scopes", "preset", "endpoints",
      "models", "addresses"}},
    {"pause_key", pause_key, Needs::kMember, {"id"}},
    {"resume_key", resume_key, Needs::kMember, {"id"}},
    {"rotate_key", rotate_key, Needs::kMember, {"id", "grace_seconds"}},
    {"end_former_secret", end_former_secret, Needs::kMember, {"id", "secret_id"}},
    {"key_leaked", key_leaked, Needs::kMember, {"id", "since", "reason"}},
    {"revoke_key", revoke_key, Needs::kMember, {"id", "reason"}},
    {"add_provider",
     add_provider,
     Needs::kOperator,
     {"name", "kind", "base_url", "credential", "fetch_models"}},
    {"update_provider",
     update_provider,
     Needs::kOperator,
     {"name", "base_url", "credential", "fetch_models"}},
    {"list_providers", list_providers, Needs::kOperator, {}},
    {"test_provider", test_provider, Needs::kOperator, {"name"}},
    {"remove_provider", remove_provider, Needs::kOperator, {"name"}},
    {"keep_objects", keep_objects, Needs::kOperator, {"name"}},
    {"list_routes", list_routes, Needs::kOperator, {}},
    {"set_successor", set_successor, Needs::kOperator, {"retired", "successor"}},
    {"set_default_model", set_default_model, Needs::kOperator, {"endpoint", "model"}},
    {"set_opened_path",
     set_opened_path,
     Needs::kOperator,
     {"method", "path", "price_usd", "provider"}},
    {"list_prices", list_prices, Needs::kOperator, {"model", "decided", "unpriced", "limit"}},
    {"set_price",
     set_price,
     Needs::kOperator,
     {"model", "provider", "kind", "prices", "only", "input_tokens_max", "output_tokens_max",
      "reason", "confirm", "from"}},
    {"price_history", price_history, Needs::kOperator, {"model"}},
    {"import_prices",
     import_prices,
     Needs::kOperator,
     {"currency", "models", "dry_run", "confirm"}},
    {"price_ceiling", price_ceiling, Needs::kOperator, {}},
    {"set_price_ceiling",
     set_price_ceiling,
     Needs::kOperator,
     {"prices", "off", "reason", "confirm"}},
    {"list_price_books", list_price_books, Needs::kOperator, {"organization"}},
    {"set_price_book",
     set_price_book,
     Needs::kOperator,
     {"organization", "model", "factor", "prices", "inherit", "reason", "confirm"}},
    {"price_book_history", price_book_history, Needs::kOperator, {"organization"}},
    {"set_charge_policy", set_charge_policy, Needs::kOperator, {"organization", "unwaited"}},
    {"list_credits", list_credits, Needs::kMember, {"organization", "project", "limit", "after"}},
    {"credit_history",
     credit_history,
     Needs::kMember,
     {"organization", "grant", "limit", "before"}},
    {"grant_credit",
     grant_credit,
     Needs::kOperator,
     {"organization", "project", "usd", "expires", "reason"}},
    {"correct_credit", correct_credit, Needs::kOperator, {"id", "usd", "reason"}},
    {"adopt_objects", adopt_objects, Needs::kOperator, {"project_id", "provider", "kind", "ids"}},
    {"list_objects", list_objects, Needs::kOperator, {"project_id", "kind", "after", "limit"}},
    {"forget_objects", forget_objects, Needs::kOperator, {"project_id", "ids"}},
    {"set_limit",
     set_limit,
     Needs::kMember,
     {"scope", "id", "usd", "tokens", "requests", "concurrency", "images", "audio_megabytes", "per",
      "window", "time_zone", "model", "soft", "trust_upstream"}},
    {"remove_limit", remove_limit, Needs::kMember, {"id"}},
    {"list_limits", list_limits, Needs::kMember, {"scope", "target_id", "after", "limit"}},
    {"usage",
     usage,
     Needs::kMember,
     {"from", "to", "time_zone", "step", "by", "project_ids", "user_ids", "key_ids", "models",
      "endpoints", "tiers", "limit", "points", "organization_id"}},
    {"add_alert",
     add_alert,
     Needs::kMember,
     {"scope", "id", "usd", "limit_id", "percents", "recipients", "subject_prefix"}},
    {"update_alert",
     update_alert,
     Needs::kMember,
     {"id", "usd", "percents", "recipients", "subject_prefix"}},
    {"remove_alert", remove_alert, Needs::kMember, {"id"}},
    {"list_alerts", list_alerts, Needs::kMember, {"target_id"}},
    {"list_calls",
     list_calls,
     Needs::kMember,
     {"from", "to", "key_ids", "project_ids", "user_ids", "models", "endpoints", "after", "limit"}},
    {"explain_call", explain_call, Needs::kMember, {"id"}},
    {"verify_ledger", verify_ledger, Needs::kOperator, {}},
    {"rebuild_rollups", rebuild_rollups, Needs::kOperator, {}},
    {"list_audit_log",
     list_audit_log,
     Needs::kMember,
     {"since", "type", "actor", "organization", "limit", "after"}},
    {"list_audit_chains", list_audit_chains, Needs::kMember, {}},
    {"export_audit_log", export_audit_log, Needs::kMember, {"chain", "after", "limit"}},
    {"verify_audit_log", verify_audit_log, Needs::kOperator, {}},
    {"doctor", doctor, Needs::kFolder, {"listen"}},
    {"list_projects",
     list_projects,
     Needs::kMember,
     {"include_archived", "after", "limit"},
     kReadProjects},
    {"create_project", create_project, Needs::kMember, {"name"}, kWriteProjects},
    {"rename_project", rename_project, Needs::kMember, {"id", "name"}, kWriteProjects},
    {"archive_project", archive_project, Needs::kMember, {"id"}, kWriteProjects},
    {"list_service_accounts",
     list_service_accounts,
     Needs::kMember,
     {"project_id", "after", "limit"},
     kReadAccounts},
    {"create_service_account",
     create_service_account,
     Needs::kMember,
     {"name", "project_id"},
     kWriteAccounts},
    {"delete_service_account", delete_service_account, Needs::kMember, {"id"}, kWriteAccounts},
    {"list_workload_providers", list_workload_providers, Needs::kMember, {}, kReadWorkloads},
    {"add_workload_provider",
     add_workload_provider,
     Needs::kMember,
     {"name", "issuer", "audience", "description", "enabled", "attribute_transformations",
      "verification"},
     kWriteWorkloads},
    {"change_workload_provider",
     change_workload_provider,
     Needs::kMember,
     {"id", "enabled"},
     kWriteWorkloads},
    {"remove_workload_provider", remove_workload_provider, Needs::kMember, {"id"}, kWriteWorkloads},
    {"list_federation_rules",
     list_federation_rules,
     Needs::kMember,
     {"provider_id", "service_account_id"},
     kReadWorkloads},
    {"add_federation_rule",
     add_federation_rule,
     Needs::kMember,
     {"provider_id", "project_id", "service_account_id", "name", "description", "enabled",
      "attribute_matchers", "permissions"},
     kWriteWorkloads},
    {"change_federation_rule",
     change_federation_rule,
     Needs::kMember,
     {"provider_id", "id", "enabled"},
     kWriteWorkloads},
    {"remove_federation_rule",
     remove_federation_rule,
     Needs::kMember,
     {"provider_id", "id"},
     kWriteWorkloads},
    {"backup", backup, Needs::kFolder, {"path"}},
    {"confirm_restored_keys", confirm_restored_keys, Needs::kFolder, {}},
    {"verify", verify, Needs::kOperator, {}},
};

constexpr auto kOperatorOnly =
    "Only the operator of this Tollgate may do this: in the console, or on the server's own "
    "machine "
    "by the command line. No admin key reaches the instance.";

std::unexpected<ApiError> refuse_key(std::string_view key) {
  return refuse(Code::kKeyInvalid,
                fmt::format("Incorrect API key provided: {}.", openai::mask_key(key)));
}

}  // namespace

Caller command_line_caller() {
  auto permissions = permissions_of_role("owner");
  permissions.add(permissions_of_operator());
  return {.actor = {.kind = identity::ActorKind::kCli,
                    .id = fmt::format("uid:{}", ::getuid()),
                    .address = {}},
          .user_id = {},
          .organization_id = {},
          .is_operator = true,
          .has_folder = true,
          .is_owner = true,
          .permissions = permissions};
}

class Operations::Impl : public OperationContext {
 public:
  Impl(store::Database& the_database, const store::DataFolder& the_folder, LiveState* live_state,
       OperationsOptions the_options)
      : OperationContext{the_database, the_folder, live_state, std::move(the_options)} {}
};

Operations::Operations(store::Database& database, const store::DataFolder& folder, LiveState* live,
                       OperationsOptions options)
    : impl_{std::make_unique<Impl>(database, folder, live, std::move(options))} {
  // Every change comes through here or through what was made from it, so every entry is sealed.
  database.set_seal_key(folder.pepper());
}

Operations::~Operations() = default;

ApiResult<Json> Operations::run(std::string_view operation, const Json& arguments,
                                const Caller& caller) {
  const auto* row = std::ranges::find(kOperations, operation, &Row::name);
  if (row == kOperations.end()) {
    return refuse(Code::kNotFound, fmt::format("There is no operation '{}'.", operation));
  }
  if (row->needs == Needs::kOperator && !caller.is_operator) {
    return refuse_by_kind(caller, kOperatorOnly);
  }
  if (row->needs == Needs::kFolder && !caller.has_folder) {
    return refuse_by_kind(
        caller,
        "This is done on the server's own machine only, as its user: run the command "
        "there, without TOLLGATE_URL. It reaches a running server by the control socket "
        "in the data folder.");
  }
  if (auto known = refuse_unknown_fields(arguments, row->fields); !known) {
    return std::unexpected(std::move(known).error());
  }
  return row->run(*impl_, arguments, caller);
}

std::optional<Permission> Operations::permission_of(std::string_view operation) {
  const auto* row = std::ranges::find(kOperations, operation, &Row::name);
  if (row == kOperations.end()) return std::nullopt;
  if (row->permission) return row->permission;
  const auto routes = tollgate_routes();
  const auto route = std::ranges::find(routes, operation, &ApiRoute::operation);
  if (route == routes.end()) return std::nullopt;
  return Permission{route->resource, route->access};
}

std::optional<std::span<const std::string_view>> Operations::fields_of(std::string_view operation) {
  const auto* row = std::ranges::find(kOperations, operation, &Row::name);
  if (row == kOperations.end()) return std::nullopt;
  return std::span{row->fields.begin(), row->fields.size()};
}

OperationContext& Operations::context() noexcept { return *impl_; }

ApiResult<Caller> Operations::caller_of_key(const PresentedKey& presented) {
  const auto& key = presented.key;
  if (impl_->live == nullptr || !keys::parse_key(key)) return refuse_key(key);
  const auto found = impl_->live->use_key(keys::digest_key(key, impl_->folder.pepper()),
                                          presented.address, presented.client);
  if (!found && found.error().code == Code::kKeyInvalid) return refuse_key(key);
  if (!found) return std::unexpected(to_api_error(found.error()));
  const identity::Actor actor{.kind = identity::ActorKind::kKey,
                              .id = found->id.text(),
                              .address = std::string{presented.address},
                              .user_id = found->owner_id};
  Caller caller{.actor = actor,
                .user_id = UserId{found->owner_id},
                .organization_id = found->organization_id};
  if (found->kind == keys::KeyKind::kAdmin) {
    auto owner = make_caller(
        impl_->database,
        {.actor = actor, .user_id = caller.user_id, .organization_id = caller.organization_id});
    // Its owner leaves the organization at this moment.
    if (!owner && owner.error().code == Code::kNotFound) return refuse_key(key);
    if (!owner) return std::unexpected(to_api_error(owner.error()));
    caller = *std::move(owner);
  }
  caller.is_data_key = found->kind != keys::KeyKind::kAdmin;
  caller.key_id = found->id;
  caller.permissions.add(permissions_of_key());
  return caller;
}

void Operations::set_console_url(std::string url) {
  const std::scoped_lock lock{impl_->options_mutex};
  impl_->options.console_url = std::move(url);
}

store::Database& Operations::database() { return impl_->database; }
const store::DataFolder& Operations::folder() const { return impl_->folder; }

Result<std::shared_ptr<const providers::Catalogue>> OperationContext::catalogue() {
  const std::scoped_lock lock{options_mutex};
  if (options.catalogue == nullptr) {
    TG_TRY(options.catalogue, providers::Catalogue::load_embedded());
  }
  return options.catalogue;
}

std::string OperationContext::console_url() {
  const std::scoped_lock lock{options_mutex};
  return options.console_url;
}

ApiResult<void> OperationContext::audit_instance(const Caller& caller, std::string action,
                                                 std::string target, const Json& detail) {
  auto instance = caller;
  instance.organization_id = {};
  return audit(instance, std::move(action), std::move(target), detail);
}

void OperationContext::send_mail(const notify::Mail& mail) {
  if (!has_mail()) return;
  if (const auto queued = notify::queue_mail(database, folder.master_key(), mail); !queued) {
    log(LogLevel::kError, "mail not queued", {{"reason", queued.error().detail}});
    return;
  }
  if (options.on_mail_queued) options.on_mail_queued();
}

ApiResult<void> OperationContext::audit(const Caller& caller, std::string action,
                                        std::string target, const Json& detail) {
  const identity::AuditEntry entry{.action = std::move(action),
                                   .target = std::move(target),
                                   .organization_id = caller.organization_id.text(),
                                   .detail = detail.dump()};
  TG_API_TRY_DONE(database.write([&](soci::session& session) {
    return identity::append_audit(session, caller.actor, entry, wall_now());
  }));
  return {};
}

ApiResult<Subject> subject_of(OperationContext& context, const Caller& caller) {
  if (!caller.user_id.empty()) return Subject{caller.user_id, caller.organization_id};
  auto owner = identity::find_owner(context.database);
  if (!owner && owner.error().code == Code::kNotFound) {
    return refuse(Code::kNotFound,
                  "This Tollgate has no owner yet. Open the set-up link that 'tollgate serve' "
                  "prints ('tollgate setup-link' makes a new one), or run 'tollgate init'.");
  }
  if (!owner) return std::unexpected(to_api_error(owner.error()));
  return Subject{owner->id, owner->organization_id};
}

ApiResult<identity::KeyInfo> find_key_of(OperationContext& context, const Caller& caller,
                                         const std::string& key_id) {
  auto key = identity::find_key(context.database, KeyId{key_id});
  const bool foreign =
      key && !caller.organization_id.empty() && key->organization_id != caller.organization_id;
  if (foreign || (!key && key.error().code == Code::kNotFound)) {
    return refuse(Code::kNotFound,
                  fmt::format("There is no key '{}'. 'tollgate keys list' shows the ids.", key_id),
                  "id");
  }
  if (!key) return std::unexpected(to_api_error(key.error()));
  return *std::move(key);
}

ApiResult<identity::Project> find_project_of(OperationContext& context, const Caller& caller,
                                             const std::string& project_id) {
  auto project = identity::find_project(context.database, ProjectId{project_id});
  const bool foreign = project && !caller.organization_id.empty() &&
                       project->organization_id != caller.organization_id;
  if (foreign || (!project && project.error().code == Code::kNotFound)) {
    return refuse(Code::kNotFound, fmt::format("There is no project '{}'.", project_id),
                  "project_id");
  }
  if (!project) return std::unexpected(to_api_error(project.error()));
  return *std::move(project);
}

ApiResult<ProjectId> project_or_default(OperationContext& context, const Json& arguments,
                                        const Caller& caller, const Subject& subject) {
  TG_TRY(const auto text, optional_text(arguments, "project_id"));
  if (!text.empty()) {
    TG_TRY(const auto project, find_project_of(context, caller, text));
    return project.id;
  }
  TG_API_TRY(const auto project,
             identity::default_project(context.database, subject.organization_id));
  return project.id;
}

}  // namespace tg::admin
