// SPDX-License-Identifier: Apache-2.0
#include "identity/invites.h"

#include <nlohmann/json.hpp>

#include "identity/page_rows.h"
#include "identity/token.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

constexpr int kPendingMax = 1000;
constexpr const char* kDeadLink =
    "this invitation was used, replaced or withdrawn, or is too old; ask for a new one";

std::string to_text(const std::vector<JoinedProject>& projects) {
  auto list = nlohmann::json::array();
  for (const auto& project : projects) {
    list.push_back({{"id", project.id.text()}, {"role", project.role}});
  }
  return list.dump();
}

std::vector<JoinedProject> parse_projects(const std::string& text) {
  std::vector<JoinedProject> projects;
  for (const auto& each : nlohmann::json::parse(text, nullptr, false)) {
    projects.push_back({.id = ProjectId{each.value("id", "")}, .role = each.value("role", "")});
  }
  return projects;
}

struct InviteRow {
  std::string id, organization_id, email, role, projects, inviter_id, inviter_key_id;
  long long created_unix_ms = 0;
  long long expires_unix_ms = 0;
  long long accepted_unix_ms = 0;

  void bind(soci::statement& select) {
    for (auto* text :
         {&id, &organization_id, &email, &role, &projects, &inviter_id, &inviter_key_id}) {
      select.exchange(soci::into(*text));
    }
    for (auto* time : {&created_unix_ms, &expires_unix_ms, &accepted_unix_ms}) {
      select.exchange(soci::into(*time));
    }
  }
  [[nodiscard]] Invite item() const {
    return {.id = InviteId{id},
            .organization_id = OrganizationId{organization_id},
            .email = email,
            .role = role,
            .projects = parse_projects(projects),
            .inviter_id = UserId{inviter_id},
            .inviter_key_id = inviter_key_id,
            .created_at = from_unix_ms(created_unix_ms),
            .expires_at = from_unix_ms(expires_unix_ms),
            .accepted_at = accepted_unix_ms > 0 ? std::optional{from_unix_ms(accepted_unix_ms)}
                                                : std::nullopt};
  }
};

constexpr const char* kSelect =
    "SELECT id, organization_id, email, role, projects, inviter_id, inviter_key_id,"
    " created_unix_ms, expires_unix_ms, accepted_unix_ms FROM invites WHERE ";
constexpr PageColumns kPageColumns{
    .time = "created_unix_ms",
    .id = "id",
    .cursor =
        "SELECT created_unix_ms FROM invites WHERE id = :id AND organization_id = :organization",
};

// `condition` has one parameter.
std::vector<Invite> select_invites(soci::session& session, const std::string& condition,
                                   const std::string& value) {
  return select_rows<InviteRow>(session, kSelect + condition, {value});
}

std::optional<UserId> account_of(soci::session& session, const std::string& email) {
  const auto folded = fold_email(email).value_or("");
  std::string id;
  session << "SELECT id FROM users WHERE email_folded = :email", soci::use(folded), soci::into(id);
  return session.got_data() ? std::optional{UserId{id}} : std::nullopt;
}

// Still in an organization that still is, and with a key that is still alive. Whether they may
// still invite is asked in admin/invite_rights.h.
bool is_inviter_there(soci::session& session, const Invite& invite) {
  int members = 0;
  session << "SELECT count(*) FROM memberships m JOIN organizations o ON o.id = m.organization_id"
             " WHERE m.organization_id = :organization AND m.user_id = :user"
             " AND o.deleted_unix_ms = 0",
      soci::use(invite.organization_id.text()), soci::use(invite.inviter_id.text()),
      soci::into(members);
  if (members == 0 || invite.inviter_key_id.empty()) return members > 0;
  int keys = 0;
  session << "SELECT count(*) FROM api_keys WHERE id = :id AND revoked_unix_ms IS NULL",
      soci::use(invite.inviter_key_id), soci::into(keys);
  return keys > 0;
}

Result<Invite> read_by_token(soci::session& session, std::string_view token, WallTime now) {
  auto found = select_invites(session, "token_hash = :hash", hash_text(token));
  const bool good = !found.empty() && !found.front().accepted_at &&
                    now < found.front().expires_at && is_inviter_there(session, found.front());
  if (!good) return fail(Code::kForbidden, kDeadLink);
  return std::move(found.front());
}

void delete_pending(soci::session& session, const NewInvite& wanted, const std::string& folded) {
  session << "DELETE FROM invites WHERE organization_id = :organization"
             " AND email_folded = :email AND accepted_unix_ms = 0",
      soci::use(wanted.organization_id.text()), soci::use(folded);
}

Result<void> check_room(soci::session& session, const NewInvite& wanted,
                        const std::string& folded) {
  int members = 0;
  session << "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id"
             " WHERE m.organization_id = :organization AND u.email_folded = :email",
      soci::use(wanted.organization_id.text()), soci::use(folded), soci::into(members);
  if (members > 0) return fail(Code::kConflict, "this person belongs to the organization already");
  int pending = 0;
  session << "SELECT count(*) FROM invites WHERE organization_id = :organization"
             " AND accepted_unix_ms = 0",
      soci::use(wanted.organization_id.text()), soci::into(pending);
  if (pending >= kPendingMax) {
    return fail(Code::kConflict, "too many invitations wait to be accepted; delete some");
  }
  return {};
}

void insert_invite(soci::session& session, const Invite& invite, const std::string& folded,
                   const std::string& token_hash) {
  const auto projects = to_text(invite.projects);
  const long long created_unix_ms = to_unix_ms(invite.created_at);
  const long long expires_unix_ms = to_unix_ms(invite.expires_at);
  session << "INSERT INTO invites (id, organization_id, email, email_folded, role, projects,"
             " token_hash, inviter_id, inviter_key_id, created_unix_ms, expires_unix_ms)"
             " VALUES (:id, :organization, :email, :folded, :role, :projects, :hash, :inviter,"
             " :key, :created, :expires)",
      soci::use(invite.id.text()), soci::use(invite.organization_id.text()),
      soci::use(invite.email), soci::use(folded), soci::use(invite.role), soci::use(projects),
      soci::use(token_hash), soci::use(invite.inviter_id.text()), soci::use(invite.inviter_key_id),
      soci::use(created_unix_ms), soci::use(expires_unix_ms);
}

AuditEntry entry_of(std::string action, const Invite& invite) {
  return {.action = std::move(action),
          .target = invite.id.text(),
          .organization_id = invite.organization_id.text(),
          .detail = nlohmann::json{{"data", {{"role", invite.role}}}}.dump()};
}

}  // namespace

Result<CreatedInvite> create_invite(store::Database& database, const NewInvite& wanted,
                                    const Actor& actor, WallTime now) {
  const auto folded = fold_email(wanted.email);
  if (!folded) return fail(Code::kFieldInvalid, "this is not an e-mail address");
  CreatedInvite created{.invite = {.id = InviteId{make_id("invite-")},
                                   .organization_id = wanted.organization_id,
                                   .email = wanted.email,
                                   .role = wanted.role,
                                   .projects = wanted.projects,
                                   .inviter_id = wanted.inviter_id,
                                   .inviter_key_id = wanted.inviter_key_id,
                                   .created_at = now,
                                   .expires_at = now + kInviteAgeMax,
                                   .accepted_at = std::nullopt},
                        .token = make_token()};
  const auto token_hash = hash_text(created.token.reveal());
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    delete_pending(session, wanted, *folded);
    TG_TRY_DONE(check_room(session, wanted, *folded));
    insert_invite(session, created.invite, *folded, token_hash);
    return append_audit(session, actor, entry_of("invite.sent", created.invite), now);
  }));
  return created;
}

Result<PageOf<Invite>> page_of_invites(store::Database& database,
                                       const OrganizationId& organization_id,
                                       const PageQuery& page) {
  return read_page_of<InviteRow>(database, std::string{kSelect} + "organization_id = :organization",
                                 {organization_id.text()}, kPageColumns, page);
}

Result<Invite> find_invite(store::Database& database, const InviteId& id) {
  std::vector<Invite> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    found = select_invites(session, "id = :id", id.text());
    return {};
  }));
  if (found.empty()) return fail(Code::kNotFound, "there is no such invite");
  return std::move(found.front());
}

Result<void> delete_invite(store::Database& database, const Invite& invite, const Actor& actor,
                           WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    soci::statement remove = (session.prepare << "DELETE FROM invites WHERE id = :id"
                                                 " AND accepted_unix_ms = 0",
                              soci::use(invite.id.text()));
    remove.execute(true);
    if (remove.get_affected_rows() == 0) {
      return fail(Code::kConflict, "this invitation was accepted; remove the person instead");
    }
    return append_audit(session, actor, entry_of("invite.deleted", invite), now);
  });
}

Result<Invitation> find_invitation(store::Database& database, std::string_view token,
                                   WallTime now) {
  Invitation invitation;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(invitation.invite, read_by_token(session, token, now));
    int is_operator = 0;
    session << "SELECT o.name, u.is_operator FROM organizations o, users u"
               " WHERE o.id = :organization AND u.id = :inviter",
        soci::use(invitation.invite.organization_id.text()),
        soci::use(invitation.invite.inviter_id.text()), soci::into(invitation.organization_name),
        soci::into(is_operator);
    invitation.inviter_is_operator = is_operator != 0;
    invitation.account = account_of(session, invitation.invite.email);
    return {};
  }));
  return invitation;
}

Result<User> accept_invite(store::Database& database, std::string_view token,
                           const std::optional<NewPerson>& person, const std::string& address,
                           WallTime now) {
  User user;
  const auto token_hash = hash_text(token);
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto invite, read_by_token(session, token, now));
    const long long now_ms = to_unix_ms(now);
    soci::statement spend =
        (session.prepare << "UPDATE invites SET accepted_unix_ms = :now"
                            " WHERE token_hash = :hash AND accepted_unix_ms = 0",
         soci::use(now_ms), soci::use(token_hash));
    spend.execute(true);
    if (spend.get_affected_rows() == 0) return fail(Code::kForbidden, kDeadLink);
    auto id = account_of(session, invite.email);
    if (id.has_value() == person.has_value()) {
      return fail(Code::kConflict, "this address's account has just changed; load the page again");
    }
    if (!id) {
      TG_TRY(id, insert_person(session, invite.email, *person, now));
    }
    TG_TRY_DONE(join_organization(session,
                                  {.organization_id = invite.organization_id,
                                   .user_id = *id,
                                   .role = invite.role,
                                   .projects = invite.projects},
                                  now));
    TG_TRY(user, read_user(session, id->text(), invite.organization_id.text()));
    const Actor actor{ActorKind::kUser, id->text(), address};
    return append_audit(session, actor, entry_of("invite.accepted", invite), now);
  }));
  return user;
}

}  // namespace tg::identity
