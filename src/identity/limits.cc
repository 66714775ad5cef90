// SPDX-License-Identifier: Apache-2.0
#include "identity/limits.h"

#include <soci/soci.h>

namespace tg::identity {
namespace {

constexpr LimitScope kScopes[] = {LimitScope::kKey, LimitScope::kProject,
                                  LimitScope::kOrganization};

// The organization that the target belongs to.
const char* organization_query(LimitScope scope) {
  switch (scope) {
    case LimitScope::kKey: return "SELECT organization_id FROM api_keys WHERE id = :id";
    case LimitScope::kProject: return "SELECT organization_id FROM projects WHERE id = :id";
    case LimitScope::kOrganization: return "SELECT id FROM organizations WHERE id = :id";
  }
  return "";
}

void write_limit(soci::session& session, const std::string& scope, const std::string& id,
                 std::optional<NanoUsd> amount, long long now_ms) {
  session << "DELETE FROM spend_limits WHERE scope = :scope AND target_id = :id"
             " AND period = 'total'",
      soci::use(scope), soci::use(id);
  if (!amount) return;
  const long long amount_nanousd = amount->count();
  session << "INSERT INTO spend_limits (scope, target_id, period, amount_nanousd,"
             " updated_unix_ms) VALUES (:scope, :id, 'total', :amount, :now)",
      soci::use(scope), soci::use(id), soci::use(amount_nanousd), soci::use(now_ms);
}

std::string describe(std::string_view scope, std::optional<NanoUsd> amount) {
  const auto text = amount ? std::to_string(amount->count()) : std::string{"null"};
  return "{\"scope\":\"" + std::string{scope} +
         "\",\"period\":\"total\",\"amount_nanousd\":" + text + "}";
}

}  // namespace

std::string_view name(LimitScope scope) noexcept {
  switch (scope) {
    case LimitScope::kKey: return "key";
    case LimitScope::kProject: return "project";
    case LimitScope::kOrganization: return "organization";
  }
  return "";
}

std::optional<LimitScope> parse_limit_scope(std::string_view text) noexcept {
  for (const auto scope : kScopes) {
    if (name(scope) == text) return scope;
  }
  return std::nullopt;
}

Result<void> set_limit(store::Database& database, LimitScope scope, const std::string& id,
                       std::optional<NanoUsd> amount, const Actor& actor, WallTime now) {
  if (amount && *amount < NanoUsd{}) {
    return fail(Code::kFieldInvalid, "a limit must not be negative");
  }
  const std::string scope_name{name(scope)};
  return database.write([&](soci::session& session) -> Result<void> {
    std::string organization_id;
    session << organization_query(scope), soci::use(id), soci::into(organization_id);
    if (!session.got_data()) {
      return fail(Code::kNotFound, "there is no such key, project or organization");
    }
    write_limit(session, scope_name, id, amount, to_unix_ms(now));
    return append_audit(session, actor,
                        {.action = amount ? "limit.set" : "limit.removed",
                         .target = id,
                         .organization_id = organization_id,
                         .detail = describe(scope_name, amount)},
                        now);
  });
}

Result<std::vector<LimitRecord>> list_limits(store::Database& database) {
  std::vector<LimitRecord> limits;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string scope;
    std::string id;
    long long amount_nanousd = 0;
    soci::statement select =
        (session.prepare << "SELECT scope, target_id, amount_nanousd FROM spend_limits"
                            " WHERE period = 'total' ORDER BY scope, target_id",
         soci::into(scope), soci::into(id), soci::into(amount_nanousd));
    select.execute();
    while (select.fetch()) {
      const auto parsed = parse_limit_scope(scope);
      if (!parsed) return fail(Code::kCorrupt, "a limit in the database has an unknown scope");
      limits.push_back({*parsed, id, NanoUsd{amount_nanousd}});
    }
    return {};
  }));
  return limits;
}

}  // namespace tg::identity
