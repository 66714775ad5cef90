// SPDX-License-Identifier: Apache-2.0
#include "notify/unpriced_notices.h"

#include <soci/soci.h>

#include "notify/alert_mails.h"
#include "notify/alert_post.h"

namespace tg::notify {
namespace {

long long day_of(WallTime now) {
  return std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
}

bool was_told(soci::session& session, const std::string& model, long long day) {
  long long count = 0;
  session << "SELECT count(*) FROM unpriced_notices WHERE model = :model AND day = :day",
      soci::use(model), soci::use(day), soci::into(count);
  return count > 0;
}

Result<int> tell(soci::session& session, const AlertDesk& desk, const UnpricedCalls& calls,
                 WallTime now) {
  const auto day = day_of(now);
  UnpricedCalls news;
  for (const auto& [model, organization_id] : calls) {
    if (!was_told(session, model, day)) news.emplace(model, organization_id);
  }
  if (news.empty()) return 0;
  session << "DELETE FROM unpriced_notices WHERE day < :day", soci::use(day);
  for (const auto& [model, organization_id] : news) {
    session << "INSERT INTO unpriced_notices (model, day) VALUES (:model, :day)", soci::use(model),
        soci::use(day);
  }
  return post_to_all(session, desk.master_key,
                     {.mail = unpriced_mail(news, desk.console_url),
                      .recipients = operators(session),
                      .organization_id = news.begin()->second},
                     now);
}

}  // namespace

Result<int> tell_unpriced_calls(const AlertDesk& desk, const UnpricedCalls& calls, WallTime now) {
  if (calls.empty()) return 0;
  bool any_news = false;
  TG_TRY_DONE(desk.database.read([&](soci::session& session) -> Result<void> {
    for (const auto& [model, organization_id] : calls) {
      any_news = any_news || !was_told(session, model, day_of(now));
    }
    return {};
  }));
  if (!any_news) return 0;
  int mails = 0;
  TG_TRY_DONE(desk.database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(mails, tell(session, desk, calls, now));
    return {};
  }));
  return mails;
}

}  // namespace tg::notify
