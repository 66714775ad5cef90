// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_post.h"

#include "notify/alerts.h"
#include "notify/outbox.h"

namespace tg::notify {
namespace {

using identity::LimitScope;

// So that a newcomer at an open sign-up is no sender of mail in bulk.
constexpr long long kOrganizationMailsPerDay = 1'000;

// `from` ends in a condition with one parameter.
std::vector<Recipient> select_people(soci::session& session, const std::string& from,
                                     const std::string& id) {
  std::vector<Recipient> people;
  Recipient person;
  soci::statement select =
      (session.prepare << "SELECT u.email, u.name FROM " << from
                       << " AND u.erased_unix_ms = 0 ORDER BY u.created_unix_ms, u.id LIMIT "
                       << kRecipientsMax,
       soci::use(id), soci::into(person.email), soci::into(person.name));
  select.execute();
  while (select.fetch()) people.push_back(person);
  return people;
}

std::vector<Recipient> organization_owners(soci::session& session, const std::string& id) {
  return select_people(session,
                       "memberships m JOIN users u ON u.id = m.user_id"
                       " WHERE m.organization_id = :id AND m.role = 'owner'",
                       id);
}

std::vector<Recipient> project_owners(soci::session& session, const std::string& id,
                                      const std::string& organization_id) {
  auto owners = select_people(session,
                              "project_members m JOIN users u ON u.id = m.user_id"
                              " WHERE m.project_id = :id AND m.role = 'owner'",
                              id);
  return owners.empty() ? organization_owners(session, organization_id) : owners;
}

std::string text_from(soci::session& session, const char* query, const std::string& id) {
  std::string text;
  session << query, soci::use(id), soci::into(text);
  return session.got_data() ? text : std::string{};
}

// As far as an organization may send today.
Result<void> count_mails(soci::session& session, const std::string& organization_id,
                         std::size_t mails, WallTime now) {
  const long long day = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  const auto added = static_cast<long long>(mails);
  session << "DELETE FROM alert_mails WHERE organization_id = :organization AND day < :day",
      soci::use(organization_id), soci::use(day);
  session << "INSERT INTO alert_mails (organization_id, day, mails) VALUES (:organization, :day,"
             " :mails) ON CONFLICT (organization_id, day)"
             " DO UPDATE SET mails = alert_mails.mails + excluded.mails",
      soci::use(organization_id), soci::use(day), soci::use(added);
  long long sent = 0;
  session << "SELECT mails FROM alert_mails WHERE organization_id = :organization AND day = :day",
      soci::use(organization_id), soci::use(day), soci::into(sent);
  if (sent > kOrganizationMailsPerDay) {
    return fail(Code::kRateLimit, "the organization's alerts have sent 1,000 mails today");
  }
  return {};
}

}  // namespace

std::vector<Recipient> operators(soci::session& session) {
  return select_people(session, "users u WHERE u.is_operator = 1 AND u.id <> :nobody", "");
}

std::vector<Recipient> owners_of(soci::session& session, LimitScope scope,
                                 const std::string& target_id, const std::string& organization_id) {
  switch (scope) {
    case LimitScope::kOrganization: return organization_owners(session, organization_id);
    case LimitScope::kProject: return project_owners(session, target_id, organization_id);
    case LimitScope::kServiceAccount:
      return project_owners(
          session,
          text_from(session, "SELECT project_id FROM service_accounts WHERE id = :id", target_id),
          organization_id);
    case LimitScope::kUser:
    case LimitScope::kKey: break;
  }
  const auto user_id =
      scope == LimitScope::kUser
          ? target_id
          : text_from(session, "SELECT COALESCE(user_id, '') FROM api_keys WHERE id = :id",
                      target_id);
  auto people = select_people(session, "users u WHERE u.id = :id", user_id);
  if (!people.empty()) return people;
  return project_owners(
      session,
      text_from(session, "SELECT COALESCE(project_id, '') FROM api_keys WHERE id = :id", target_id),
      organization_id);
}

Result<int> post_to_all(soci::session& session, const SecretBytes& master_key,
                        const Posting& posting, WallTime now) {
  TG_TRY_DONE(count_mails(session, posting.organization_id, posting.recipients.size(), now));
  for (const auto& [email, name] : posting.recipients) {
    auto to_one = posting.mail;
    to_one.to = email;
    to_one.to_name = name;
    TG_TRY_DONE(queue_mail(session, master_key, to_one, Urgency::kNobodyWaits, now));
  }
  return static_cast<int>(posting.recipients.size());
}

}  // namespace tg::notify
