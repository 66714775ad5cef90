// SPDX-License-Identifier: Apache-2.0
#include "identity/usage_views.h"

#include <soci/soci.h>

#include <nlohmann/json.hpp>
#include <set>

namespace tg::identity {
namespace {

std::set<std::string> seen_today(soci::session& session, const std::string& viewer_id,
                                 const std::string& day) {
  std::set<std::string> seen;
  std::string person_id;
  soci::statement select = (session.prepare << "SELECT person_id FROM usage_views"
                                               " WHERE viewer_id = :viewer AND day = :day",
                            soci::use(viewer_id), soci::use(day), soci::into(person_id));
  select.execute();
  while (select.fetch()) seen.insert(person_id);
  return seen;
}

void insert_view(soci::session& session, const std::string& viewer_id, const std::string& day,
                 const std::string& person_id) {
  session << "INSERT INTO usage_views (viewer_id, day, person_id) VALUES (:viewer, :day, :person)",
      soci::use(viewer_id), soci::use(day), soci::use(person_id);
}

}  // namespace

Result<void> note_usage_view(store::Database& database, const UsageView& view, const Actor& actor,
                             WallTime now) {
  const auto day = format_utc(now).substr(0, 10);
  auto persons = view.persons;
  persons.erase(view.viewer_id);
  persons.erase("");
  const auto forget_seen = [&](soci::session& session) -> Result<void> {
    for (const auto& seen : seen_today(session, view.viewer_id, day)) persons.erase(seen);
    return {};
  };
  if (persons.empty()) return {};
  TG_TRY_DONE(database.read(forget_seen));
  if (persons.empty()) return {};
  return database.write([&](soci::session& session) -> Result<void> {
    // Another request of the same viewer may have come in between.
    TG_TRY_DONE(forget_seen(session));
    for (const auto& [person, organization] : persons) {
      insert_view(session, view.viewer_id, day, person);
      TG_TRY_DONE(append_audit(session, actor,
                               {.action = "tollgate.usage.viewed",
                                .target = person,
                                .organization_id = organization,
                                .detail = nlohmann::json{{"day", day}}.dump()},
                               now));
    }
    return {};
  });
}

}  // namespace tg::identity
