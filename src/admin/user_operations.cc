// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "admin/authorization.h"
#include "admin/member_changes.h"
#include "admin/operation_context.h"
#include "admin/pages.h"
#include "admin/people_json.h"
#include "base/secret_bytes.h"
#include "identity/pages.h"
#include "identity/passwords.h"

// People as the command line manages them; and what somebody's leaving would take with it.
namespace tg::admin {
namespace {

// The caller with an organization: the command line acts for the first owner's.
ApiResult<Caller> placed(OperationContext& context, const Caller& caller) {
  TG_TRY(const auto subject, subject_of(context, caller));
  auto there = caller;
  there.user_id = subject.user_id;
  there.organization_id = subject.organization_id;
  return there;
}

ApiResult<std::string> read_password_hash(const Json& arguments, const std::string& email) {
  TG_TRY(auto text, required_text(arguments, "password"));
  const SecretBytes password{text};
  wipe(text);
  if (auto allowed = identity::check_password_policy(password.reveal(), email); !allowed) {
    return std::unexpected(to_api_error(allowed.error(), "password"));
  }
  identity::PasswordHasher hasher;
  TG_API_TRY(auto hash, hasher.hash(password));
  return hash;
}

}  // namespace

ApiResult<Json> add_user(OperationContext& context, const Json& arguments, const Caller& caller) {
  identity::NewMember member;
  TG_TRY(member.email, required_text(arguments, "email"));
  TG_TRY(member.name, optional_text(arguments, "name"));
  TG_TRY(const auto role, optional_text(arguments, "role"));
  if (!role.empty()) member.role = role;
  if (!identity::fold_email(member.email)) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is not an e-mail address.", member.email),
                  "email");
  }
  TG_TRY(member.password_hash, read_password_hash(arguments, member.email));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto there, placed(context, caller));
  const auto added =
      identity::add_member(context.database, there.organization_id, member, there.actor);
  if (!added) {
    const bool is_role = !role.empty() && permissions_of_role(role) == PermissionSet{};
    return std::unexpected(to_api_error(added.error(), is_role ? "role" : "email"));
  }
  return to_json(*added);
}

ApiResult<Json> list_users(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto page, read_operation_page(arguments));
  TG_TRY(const auto there, placed(context, caller));
  const auto members = identity::page_of_members(context.database, there.organization_id,
                                                 {.limit = page.limit, .after = page.after});
  return show_page(
      members, page.after, [](const identity::Member& member) { return member.id.text(); },
      [](const identity::Member& member) { return to_json(member); });
}

ApiResult<Json> user_departure(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  TG_TRY(const auto there, placed(context, caller));
  // Everybody sees what they would lose themselves.
  if (there.user_id.text() != id) {
    TG_TRY_DONE(check_allowed(there, {Resource::kUsers, Access::kWrite}));
  }
  TG_TRY(const auto member, find_member_of(context, there.organization_id, id));
  TG_API_TRY(const auto departure,
             identity::preview_departure(context.database, member.organization_id, member.id));
  return to_json(departure);
}

ApiResult<Json> remove_user(OperationContext& context, const Json& arguments,
                            const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto there, placed(context, caller));
  TG_TRY(const auto member, find_member_of(context, there.organization_id, id));
  TG_TRY_DONE(remove_from_organization(context, there, member));
  auto json = to_json(member);
  json["deleted"] = true;
  return json;
}

}  // namespace tg::admin
