// SPDX-License-Identifier: Apache-2.0
#include "admin/invite_operations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "admin/entry_mails.h"
#include "admin/invite_rights.h"
#include "admin/pages.h"
#include "identity/entry_tokens.h"
#include "identity/pages.h"
#include "identity/throttle.h"

namespace tg::admin {
namespace {

constexpr std::size_t kProjectsMax = 100;
constexpr int kInvitesPerOrganization = 100;  // in 15 minutes: each may be a mail to a stranger

ApiResult<std::string> read_role(const Json& arguments, std::string_view field,
                                 std::initializer_list<std::string_view> known) {
  TG_TRY(auto role, required_text(arguments, field));
  if (std::ranges::find(known, role) != known.end()) return role;
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is one of: {}.", field, fmt::join(known, ", ")),
                std::string{field});
}

ApiResult<identity::JoinedProject> read_project(OperationContext& context, const Json& item,
                                                const Caller& caller) {
  if (!item.is_object()) {
    return refuse(Code::kFieldInvalid, "Each of 'projects' has an 'id' and a 'role'.", "projects");
  }
  TG_TRY_DONE(refuse_unknown_fields(item, {"id", "role"}));
  TG_TRY(const auto id, required_text(item, "id"));
  TG_TRY(auto role, read_role(item, "role", {"member", "owner"}));
  auto project = find_project_of(context, caller, id);
  if (!project) {
    project.error().param = "projects";
    return std::unexpected(std::move(project).error());
  }
  if (project->archived_at) {
    return refuse(Code::kConflict, fmt::format("Project '{}' is archived.", id), "projects");
  }
  return identity::JoinedProject{.id = project->id, .role = std::move(role)};
}

// Absent: a member of the default project, as at OpenAI.
ApiResult<std::vector<identity::JoinedProject>> read_projects(OperationContext& context,
                                                              const Json& arguments,
                                                              const Caller& caller) {
  std::vector<identity::JoinedProject> projects;
  const auto given = arguments.value("projects", Json(nullptr));
  if (given.is_null()) {
    TG_API_TRY(const auto project,
               identity::default_project(context.database, caller.organization_id));
    projects.push_back({.id = project.id, .role = "member"});
    return projects;
  }
  if (!given.is_array() || given.size() > kProjectsMax) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'projects' is a list of at most {}.", kProjectsMax), "projects");
  }
  for (const auto& item : given) {
    TG_TRY(auto project, read_project(context, item, caller));
    if (std::ranges::find(projects, project.id, &identity::JoinedProject::id) != projects.end()) {
      return refuse(Code::kFieldInvalid, "A project stands twice in 'projects'.", "projects");
    }
    projects.push_back(std::move(project));
  }
  return projects;
}

ApiResult<std::string> organization_name(OperationContext& context, const Caller& caller) {
  TG_API_TRY(const auto user, identity::list_organizations_of(context.database, caller.user_id));
  const auto found = std::ranges::find(user, caller.organization_id, &identity::Organization::id);
  return found == user.end() ? std::string{} : found->name;
}

// The command line acts for the first owner.
ApiResult<Caller> with_subject(OperationContext& context, const Caller& caller) {
  TG_TRY(const auto subject, subject_of(context, caller));
  auto whole = caller;
  whole.user_id = subject.user_id;
  whole.organization_id = subject.organization_id;
  return whole;
}

std::string_view status_of(const identity::Invite& invite) {
  if (invite.accepted_at) return "accepted";
  return wall_now() >= invite.expires_at ? "expired" : "pending";
}

}  // namespace

Json to_json(const identity::Invite& invite) {
  auto projects = Json::array();
  for (const auto& project : invite.projects) {
    projects.push_back(Json{{"id", project.id.text()}, {"role", project.role}});
  }
  return Json{
      {"object", "organization.invite"},
      {"id", invite.id.text()},
      {"email", invite.email},
      {"role", invite.role},
      {"status", status_of(invite)},
      {"created_at", to_unix_s(invite.created_at)},
      {"expires_at", to_unix_s(invite.expires_at)},
      {"accepted_at", invite.accepted_at ? Json(to_unix_s(*invite.accepted_at)) : Json(nullptr)},
      {"projects", std::move(projects)}};
}

ApiResult<identity::Invite> find_invite_of(OperationContext& context, const Caller& caller,
                                           const std::string& id) {
  const auto invite = identity::find_invite(context.database, identity::InviteId{id});
  if (!invite && invite.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(invite.error()));
  }
  if (invite && invite->organization_id == caller.organization_id) return *invite;
  return refuse(Code::kNotFound, fmt::format("There is no invite '{}'.", id), "invite_id");
}

ApiResult<MadeInvite> make_invite(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  TG_TRY_DONE(refuse_unknown_fields(arguments, {"email", "role", "projects"}));
  TG_TRY(auto email, required_text(arguments, "email"));
  TG_TRY(auto role, read_role(arguments, "role", {"owner", "reader"}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto projects, read_projects(context, arguments, caller));
  TG_TRY_DONE(check_may_invite(context.database, caller, role, projects));
  TG_API_TRY_DONE(identity::count_use(context.database, {.purpose = "invites of",
                                                         .subject = caller.organization_id.text(),
                                                         .most = kInvitesPerOrganization}));
  const bool by_key = caller.actor.kind == identity::ActorKind::kKey;
  const auto made =
      identity::create_invite(context.database,
                              {.organization_id = caller.organization_id,
                               .email = std::move(email),
                               .role = std::move(role),
                               .projects = std::move(projects),
                               .inviter_id = caller.user_id,
                               .inviter_key_id = by_key ? caller.actor.id : std::string{}},
                              caller.actor);
  if (!made) return std::unexpected(to_api_error(made.error(), "email"));
  auto link = entry_link(context.console_url(), "accept-invitation", made->token.reveal());
  if (context.has_mail()) {
    TG_TRY(const auto name, organization_name(context, caller));
    context.send_mail(invite_mail(made->invite, name, link));
    link.clear();
  }
  return MadeInvite{.invite = made->invite, .link = std::move(link)};
}

ApiResult<Json> create_invite(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  TG_TRY(const auto whole, with_subject(context, caller));
  TG_TRY(const auto made, make_invite(context, arguments, whole));
  auto json = to_json(made.invite);
  json["object"] = "tollgate.invite";
  json["mailed"] = made.link.empty();
  json["link"] = made.link.empty() ? Json(nullptr) : Json(made.link);
  return json;
}

ApiResult<Json> list_invites(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto page, read_operation_page(arguments));
  TG_TRY(const auto whole, with_subject(context, caller));
  const auto invites =
      identity::page_of_invites(context.database, whole.organization_id,
                                {.limit = page.limit, .after = page.after, .newest_first = true});
  return show_page(
      invites, page.after, [](const identity::Invite& invite) { return invite.id.text(); },
      [](const identity::Invite& invite) { return to_json(invite); });
}

ApiResult<Json> delete_invite(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  TG_TRY(const auto whole, with_subject(context, caller));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto invite, find_invite_of(context, whole, id));
  TG_API_TRY_DONE(identity::delete_invite(context.database, invite, whole.actor));
  return Json{{"object", "organization.invite.deleted"}, {"id", id}, {"deleted", true}};
}

// For who forgot the password of a Tollgate that sends no mail.
ApiResult<Json> create_reset_link(OperationContext& context, const Json& arguments,
                                  const Caller& caller) {
  TG_TRY(const auto email, required_text(arguments, "email"));
  const auto user = identity::find_user_by_email(context.database, email);
  if (!user) return std::unexpected(to_api_error(user.error(), "email"));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const auto token, identity::create_entry_token(
                                   context.database, identity::EntryPurpose::kReset, user->email));
  TG_TRY_DONE(
      context.audit(caller, "tollgate.user.reset_link_created", user->id.text(), Json::object()));
  return Json{
      {"object", "tollgate.reset_link"},
      {"url", entry_link(context.console_url(), "reset-password", token.reveal())},
      {"expires_in_seconds",
       std::chrono::duration_cast<std::chrono::seconds>(identity::kResetTokenAgeMax).count()}};
}

}  // namespace tg::admin
