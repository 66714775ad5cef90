// SPDX-License-Identifier: Apache-2.0
#include "admin/api_routes.h"

#include "admin/api_handlers.h"
#include "admin/openapi_document.h"

namespace tg::admin {
namespace {

using enum Resource;
using enum Access;

constexpr ApiRoute operation(std::string_view method, std::string_view path, Resource resource,
                             Access access, std::string_view name, std::string_view id_field = {},
                             int status = 200) {
  return {.method = method,
          .path = path,
          .resource = resource,
          .access = access,
          .handler = nullptr,
          .operation = name,
          .id_field = id_field,
          .status = status};
}

constexpr ApiRoute kRoutes[] = {
    {.method = "GET",
     .path = "tollgate/openapi.json",
     .resource = kPublic,
     .access = kRead,
     .handler = nullptr,
     .document = openapi_document},
    {"GET", "tollgate/profile", kOwnProfile, kRead, own_profile_retrieve},
    {"POST", "tollgate/profile", kOwnProfile, kWrite, own_profile_update},
    {"POST", "tollgate/password", kOwnProfile, kWrite, own_password_change},
    {"GET", "tollgate/sessions", kOwnProfile, kRead, own_sessions_list},
    {"DELETE", "tollgate/sessions", kOwnProfile, kWrite, own_sessions_end_others},
    {"DELETE", "tollgate/sessions/{}", kOwnProfile, kWrite, own_sessions_end},
    {"POST", "tollgate/session/organization", kOwnProfile, kWrite, session_organization_switch},
    {"GET", "tollgate/organizations", kOwnProfile, kRead, organizations_list},
    {"POST", "tollgate/organizations", kOwnProfile, kWrite, organizations_create, "", "", 201},
    {"GET", "tollgate/organizations/{}", kOrganization, kRead, organizations_retrieve},
    {"POST", "tollgate/organizations/{}", kOrganization, kWrite, organizations_update},
    {"POST", "tollgate/organizations/{}/delete", kOrganization, kWrite, organizations_delete},
    operation("GET", "tollgate/invites", kInvites, kRead, "list_invites"),
    operation("POST", "tollgate/invites", kInvites, kWrite, "create_invite", "", 201),
    operation("DELETE", "tollgate/invites/{}", kInvites, kWrite, "delete_invite", "id"),
    {"GET", "tollgate/instance/organizations", kInstance, kRead, instance_organizations_list},
    {"GET", "tollgate/instance/sign_up", kInstance, kRead, instance_sign_up_retrieve},
    {"POST", "tollgate/instance/sign_up", kInstance, kWrite, instance_sign_up_update},
    operation("GET", "tollgate/keys", kOwnKeys, kRead, "list_keys"),
    operation("POST", "tollgate/keys", kOwnKeys, kWrite, "create_key", "", 201),
    operation("GET", "tollgate/keys/{}", kOwnKeys, kRead, "show_key", "id"),
    operation("POST", "tollgate/keys/{}", kOwnKeys, kWrite, "update_key", "id"),
    operation("POST", "tollgate/keys/{}/pause", kOwnKeys, kWrite, "pause_key", "id"),
    operation("POST", "tollgate/keys/{}/resume", kOwnKeys, kWrite, "resume_key", "id"),
    operation("POST", "tollgate/keys/{}/rotate", kOwnKeys, kWrite, "rotate_key", "id"),
    operation("POST", "tollgate/keys/{}/end_former_secret", kOwnKeys, kWrite, "end_former_secret",
              "id"),
    operation("POST", "tollgate/keys/{}/leaked", kOwnKeys, kWrite, "key_leaked", "id"),
    operation("POST", "tollgate/keys/{}/revoke", kOwnKeys, kWrite, "revoke_key", "id"),
    // Any operation by its name: what the command line sends from afar. The router asks for the
    // operation's own permission as well (Operations::permission_of).
    operation("POST", kOperationsPath, kOwnKeys, kWrite, ""),
    {"GET", "tollgate/key", kSelf, kRead, self_retrieve},
    {"GET", "tollgate/key/children", kSelf, kRead, self_children_list},
    {.method = "POST",
     .path = "tollgate/key/children",
     .resource = kSelf,
     .access = kWrite,
     .handler = self_children_create,
     .status = 201},
    {"POST", "tollgate/key/children/{}/revoke", kSelf, kWrite, self_children_revoke},
    {"GET", "tollgate/projects/{}/key_policy", kProjects, kRead, projects_key_policy_retrieve},
    {"POST", "tollgate/projects/{}/key_policy", kProjects, kWrite, projects_key_policy_update},
    operation("GET", "tollgate/limits", kOwnKeys, kRead, "list_limits"),
    operation("POST", "tollgate/limits", kOwnKeys, kWrite, "set_limit"),
    operation("DELETE", "tollgate/limits/{}", kOwnKeys, kWrite, "remove_limit", "id"),
    operation("GET", "tollgate/alerts", kOwnKeys, kRead, "list_alerts"),
    operation("POST", "tollgate/alerts", kOwnKeys, kWrite, "add_alert", "", 201),
    operation("POST", "tollgate/alerts/{}", kOwnKeys, kWrite, "update_alert", "id"),
    operation("DELETE", "tollgate/alerts/{}", kOwnKeys, kWrite, "remove_alert", "id"),
    operation("GET", "tollgate/usage", kOwnKeys, kRead, "usage"),
    operation("GET", "tollgate/calls", kOwnKeys, kRead, "list_calls"),
    operation("GET", "tollgate/calls/{}", kOwnKeys, kRead, "explain_call", "id"),
    operation("GET", "tollgate/audit_logs", kAuditLog, kRead, "list_audit_log"),
    operation("GET", "tollgate/audit_logs/chains", kAuditLog, kRead, "list_audit_chains"),
    operation("GET", "tollgate/audit_logs/export", kAuditLog, kRead, "export_audit_log"),
    operation("GET", "tollgate/audit_logs/verify", kInstance, kRead, "verify_audit_log"),
    operation("GET", "tollgate/users/{}/departure", kUsers, kRead, "user_departure", "id"),
    operation("GET", "tollgate/providers", kInstance, kRead, "list_providers"),
    operation("POST", "tollgate/providers", kInstance, kWrite, "add_provider", "", 201),
    operation("POST", "tollgate/providers/{}", kInstance, kWrite, "update_provider", "name"),
    operation("POST", "tollgate/providers/{}/test", kInstance, kWrite, "test_provider", "name"),
    operation("POST", "tollgate/providers/{}/keep_objects", kInstance, kWrite, "keep_objects",
              "name"),
    operation("DELETE", "tollgate/providers/{}", kInstance, kWrite, "remove_provider", "name"),
    operation("GET", "tollgate/routes", kInstance, kRead, "list_routes"),
    operation("POST", "tollgate/routes/successors", kInstance, kWrite, "set_successor"),
    operation("POST", "tollgate/routes/default_models", kInstance, kWrite, "set_default_model"),
    operation("POST", "tollgate/routes/opened_paths", kInstance, kWrite, "set_opened_path"),
    operation("GET", "tollgate/prices", kInstance, kRead, "list_prices"),
    operation("POST", "tollgate/prices", kInstance, kWrite, "set_price"),
    operation("GET", "tollgate/prices/history", kInstance, kRead, "price_history"),
    operation("POST", "tollgate/prices/import", kInstance, kWrite, "import_prices"),
    operation("GET", "tollgate/prices/ceiling", kInstance, kRead, "price_ceiling"),
    operation("POST", "tollgate/prices/ceiling", kInstance, kWrite, "set_price_ceiling"),
    operation("GET", "tollgate/price_books", kInstance, kRead, "list_price_books"),
    operation("POST", "tollgate/price_books", kInstance, kWrite, "set_price_book"),
    operation("GET", "tollgate/price_books/history", kInstance, kRead, "price_book_history"),
    operation("POST", "tollgate/price_books/policy", kInstance, kWrite, "set_charge_policy"),
    operation("GET", "tollgate/credits", kOwnKeys, kRead, "list_credits"),
    operation("POST", "tollgate/credits", kInstance, kWrite, "grant_credit", "", 201),
    operation("GET", "tollgate/credits/history", kUsage, kRead, "credit_history"),
    operation("POST", "tollgate/credits/{}/correct", kInstance, kWrite, "correct_credit", "id"),
    operation("GET", "tollgate/objects", kInstance, kRead, "list_objects"),
    operation("POST", "tollgate/objects", kInstance, kWrite, "adopt_objects"),
    operation("POST", "tollgate/objects/forget", kInstance, kWrite, "forget_objects"),
};

}  // namespace

std::span<const ApiRoute> tollgate_routes() noexcept { return kRoutes; }

}  // namespace tg::admin
