// SPDX-License-Identifier: Apache-2.0
#include "notify/credit_notices.h"

#include <algorithm>
#include <array>
#include <optional>

#include "notify/alert_mails.h"
#include "notify/alert_post.h"

namespace tg::notify {
namespace {

constexpr std::array kPercentsLeft{20, 5, 0};

// Nothing is low where nothing was granted.
bool is_low(const CreditBalance& balance, int percent) {
  const auto granted = balance.granted.count();
  if (granted <= 0) return false;
  return balance.left.count() <= granted / 100 * percent + granted % 100 * percent / 100;
}

bool was_told(soci::session& session, const CreditBalance& balance, long long percent) {
  const std::string scope{name(balance.scope)};
  long long count = 0;
  session << "SELECT count(*) FROM credit_notices WHERE scope = :scope AND target_id = :target"
             " AND percent = :percent",
      soci::use(scope), soci::use(balance.target_id), soci::use(percent), soci::into(count);
  return count > 0;
}

void note_told(soci::session& session, const CreditBalance& balance, long long percent,
               WallTime now) {
  const std::string scope{name(balance.scope)};
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO credit_notices (scope, target_id, percent, sent_unix_ms)"
             " VALUES (:scope, :target, :percent, :now)",
      soci::use(scope), soci::use(balance.target_id), soci::use(percent), soci::use(now_ms);
}

void forget_told(soci::session& session, const CreditBalance& balance, long long percent) {
  const std::string scope{name(balance.scope)};
  session << "DELETE FROM credit_notices WHERE scope = :scope AND target_id = :target"
             " AND percent = :percent",
      soci::use(scope), soci::use(balance.target_id), soci::use(percent);
}

bool has_news(soci::session& session, const CreditBalance& balance) {
  return std::ranges::any_of(kPercentsLeft, [&](int percent) {
    return is_low(balance, percent) != was_told(session, balance, percent);
  });
}

// Nothing: the owner is billed.
Result<std::optional<CreditBalance>> balance_of(soci::session& session,
                                                const ledger::CreditOwner& owner, WallTime now) {
  TG_TRY(const auto standing, ledger::credit_standing(session, owner, now));
  if (!standing) return std::nullopt;
  const bool is_projects = !owner.project_id.empty();
  return CreditBalance{
      .scope = is_projects ? identity::LimitScope::kProject : identity::LimitScope::kOrganization,
      .target_id = is_projects ? owner.project_id : owner.organization_id,
      .organization_id = owner.organization_id,
      .target_name = {},
      .granted = standing->granted,
      .left = standing->left};
}

}  // namespace

Result<int> look_at_credit(const AlertDesk& desk, const ledger::CreditOwner& owner, WallTime now) {
  std::optional<CreditBalance> balance;
  TG_TRY_DONE(desk.database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(balance, balance_of(session, owner, now));
    if (balance && !has_news(session, *balance)) balance.reset();
    return {};
  }));
  if (!balance) return 0;
  const auto target = identity::find_limit_target(desk.database, balance->scope, balance->target_id,
                                                  owner.organization_id);
  if (!target && target.error().code == Code::kNotFound) return 0;  // gone, and nobody to tell
  TG_TRY(const auto named, target);
  int mails = 0;
  TG_TRY_DONE(desk.database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto now_left, balance_of(session, owner, now));
    if (!now_left) return {};
    now_left->target_name = named.name;
    TG_TRY(mails, tell_low_credit(session, desk, *now_left, now));
    return {};
  }));
  return mails;
}

Result<int> tell_low_credit(soci::session& session, const AlertDesk& desk,
                            const CreditBalance& balance, WallTime now) {
  bool has_news = false;
  for (const int percent : kPercentsLeft) {
    const bool told = was_told(session, balance, percent);
    if (!is_low(balance, percent)) {
      if (told) forget_told(session, balance, percent);
    } else if (!told) {
      note_told(session, balance, percent, now);
      has_news = true;
    }
  }
  if (!has_news) return 0;
  const auto mail = credit_mail({.scope = balance.scope,
                                 .target_id = balance.target_id,
                                 .target_name = balance.target_name,
                                 .granted = balance.granted,
                                 .left = balance.left},
                                desk.console_url);
  return post_to_all(
      session, desk.master_key,
      {.mail = mail,
       .recipients = owners_of(session, balance.scope, balance.target_id, balance.organization_id),
       .organization_id = balance.organization_id},
      now);
}

}  // namespace tg::notify
