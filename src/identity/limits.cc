// SPDX-License-Identifier: Apache-2.0
#include "identity/limits.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "identity/limit_pages.h"
#include "identity/page_rows.h"
#include "identity/people.h"

namespace tg::identity {
namespace {

constexpr LimitScope kScopes[] = {LimitScope::kKey, LimitScope::kUser, LimitScope::kServiceAccount,
                                  LimitScope::kProject, LimitScope::kOrganization};

// What a scope's targets are called, and where they and their organizations are found. A user may
// belong to several organizations; the one they joined first comes first.
struct ScopeRow {
  const char* name;
  const char* missing;
  const char* select;  // organization and name; parameter: the id
};

ScopeRow row_of(LimitScope scope) {
  switch (scope) {
    case LimitScope::kKey:
      return {.name = "key",
              .missing = "there is no such key",
              .select = "SELECT organization_id, name FROM api_keys WHERE id = :id"};
    case LimitScope::kUser:
      return {.name = "user",
              .missing = "there is no such user in this organization",
              .select =
                  "SELECT m.organization_id, u.name FROM users u"
                  " JOIN memberships m ON m.user_id = u.id WHERE u.id = :id"
                  " ORDER BY m.created_unix_ms, m.organization_id"};
    case LimitScope::kServiceAccount:
      return {.name = "service_account",
              .missing = "there is no such service account",
              .select =
                  "SELECT p.organization_id, s.name FROM service_accounts s"
                  " JOIN projects p ON p.id = s.project_id WHERE s.id = :id"};
    case LimitScope::kProject:
      return {.name = "project",
              .missing = "there is no such project",
              .select = "SELECT organization_id, name FROM projects WHERE id = :id"};
    case LimitScope::kOrganization:
      return {.name = "organization",
              .missing = "there is no such organization",
              .select = "SELECT id, name FROM organizations WHERE id = :id"};
  }
  return {.name = "", .missing = "", .select = ""};
}

Result<LimitTarget> read_target(soci::session& session, LimitScope scope, const std::string& id,
                                const std::string& organization_id) {
  const auto row = row_of(scope);
  LimitTarget target;
  soci::statement select = (session.prepare << row.select, soci::use(id),
                            soci::into(target.organization_id), soci::into(target.name));
  select.execute();
  while (select.fetch()) {
    if (organization_id.empty() || target.organization_id == organization_id) return target;
  }
  return fail(Code::kNotFound, row.missing);
}

Result<void> check_record(const LimitRecord& record) {
  TG_TRY_DONE(limits::check(record.rule));
  const auto& model = record.rule.model;
  if (!model.empty() && record.scope != LimitScope::kProject) {
    return fail(Code::kFieldInvalid, "only a project's limit can be for one model");
  }
  if (!model.empty() && !is_display_name(model)) {
    return fail(Code::kFieldInvalid, "a model's name has 1 to 256 bytes of plain text");
  }
  return {};
}

// A limit as its columns hold it, in the order in which they are named here.
constexpr const char* kColumns =
    "id, scope, target_id, organization_id, metric, period, window_kind, time_zone, model, amount,"
    " hard, trusts_upstream, set_by_owner";

struct Row {
  std::string id, scope, target_id, organization_id, metric, period, window, time_zone, model;
  long long amount = 0;
  long long hard = 0;
  long long trusts_upstream = 0;
  long long set_by_owner = 0;

  explicit Row(const LimitRecord& record)
      : id{record.rule.id},
        scope{name(record.scope)},
        target_id{record.target_id},
        organization_id{record.organization_id},
        metric{limits::name(record.rule.metric)},
        period{limits::name(record.rule.period)},
        window{limits::name(record.rule.window)},
        time_zone{record.rule.time_zone},
        model{record.rule.model},
        amount{record.rule.amount},
        hard{record.rule.hard ? 1 : 0},
        trusts_upstream{record.rule.trusts_upstream ? 1 : 0},
        set_by_owner{record.set_by_owner ? 1 : 0} {}
  Row() = default;
};

Result<LimitRecord> record_of(const Row& row) {
  const auto scope = parse_limit_scope(row.scope);
  const auto metric = limits::parse_metric(row.metric);
  const auto period = limits::parse_period(row.period);
  const auto window = limits::parse_window(row.window);
  if (!scope || !metric || !period || !window) {
    return fail(Code::kCorrupt, "a limit in the database counts something unknown");
  }
  return LimitRecord{.scope = *scope,
                     .target_id = row.target_id,
                     .organization_id = row.organization_id,
                     .rule = {.id = row.id,
                              .metric = *metric,
                              .period = *period,
                              .window = *window,
                              .time_zone = row.time_zone,
                              .model = row.model,
                              .amount = row.amount,
                              .hard = row.hard != 0,
                              .trusts_upstream = row.trusts_upstream != 0},
                     .set_by_owner = row.set_by_owner != 0};
}

// `condition` has one parameter for each of the values, in their order.
Result<std::vector<LimitRecord>> select_limits(soci::session& session, const std::string& condition,
                                               const std::vector<std::string>& values,
                                               const std::string& tail = "") {
  std::vector<LimitRecord> records;
  Row row;
  soci::statement select{session};
  for (auto* text : {&row.id, &row.scope, &row.target_id, &row.organization_id, &row.metric,
                     &row.period, &row.window, &row.time_zone, &row.model}) {
    select.exchange(soci::into(*text));
  }
  for (auto* number : {&row.amount, &row.hard, &row.trusts_upstream, &row.set_by_owner}) {
    select.exchange(soci::into(*number));
  }
  for (const auto& value : values) select.exchange(soci::use(value));
  select.alloc();
  select.prepare(std::string{"SELECT "} + kColumns + " FROM limits " + condition +
                 " ORDER BY scope, target_id, created_unix_ms, id" + tail);
  select.define_and_bind();
  select.execute();
  while (select.fetch()) {
    TG_TRY(auto record, record_of(row));
    records.push_back(std::move(record));
  }
  return records;
}

// The scopes are named so that the table's index is used.
constexpr const char* kOfTargets =
    " AND scope IN ('key', 'user', 'service_account', 'project', 'organization') AND target_id IN ";

void add_condition(const LimitPageFilter& filter, std::string& condition,
                   std::vector<std::string>& values) {
  const auto& organization = filter.organization_id;
  if (!organization.empty()) {
    condition += " AND organization_id = :organization";
    values.push_back(organization);
  }
  if (filter.scope) {
    condition += " AND scope = :scope";
    values.emplace_back(name(*filter.scope));
  }
  if (!filter.target_id.empty()) {
    condition += std::string{kOfTargets} + "(:target)";
    values.push_back(filter.target_id);
  }
  if (!filter.seen_by) return;
  condition += std::string{kOfTargets} +
               "(SELECT id FROM api_keys WHERE user_id = :owner AND organization_id = :theirs"
               " AND revoked_unix_ms IS NULL"
               " UNION ALL SELECT id FROM users WHERE id = :user"
               " UNION ALL SELECT id FROM organizations WHERE id = :same"
               " UNION ALL SELECT project_id FROM project_members WHERE user_id = :member"
               " UNION ALL SELECT p.project_id FROM group_members g"
               " JOIN project_groups p ON p.group_id = g.group_id WHERE g.user_id = :grouped)";
  const auto& user = filter.seen_by->text();
  values.insert(values.end(), {user, organization, user, organization, user, user});
}

// Behind the limit that `page` names.
Result<void> add_beginning(soci::session& session, const LimitPageFilter& filter,
                           const PageQuery& page, std::string& condition,
                           std::vector<std::string>& values) {
  if (page.after.empty()) return {};
  std::string scope;
  std::string target_id;
  std::string organization_id;
  long long created_unix_ms = 0;
  session << "SELECT scope, target_id, organization_id, created_unix_ms FROM limits WHERE id = :id",
      soci::use(page.after), soci::into(scope), soci::into(target_id), soci::into(organization_id),
      soci::into(created_unix_ms);
  const bool is_other =
      !filter.organization_id.empty() && organization_id != filter.organization_id;
  if (!session.got_data() || is_other) {
    return fail(Code::kNotFound, "the page's beginning is not there");
  }
  condition += fmt::format(
      " AND (scope, target_id, created_unix_ms, id) > (:kind, :of, {}, :after)", created_unix_ms);
  values.insert(values.end(), {scope, target_id, page.after});
  return {};
}

Result<LimitRecord> read_limit(soci::session& session, const std::string& id) {
  TG_TRY(auto found, select_limits(session, "WHERE id = :id", {id}));
  if (found.empty()) return fail(Code::kNotFound, "there is no such limit");
  return std::move(found.front());
}

void insert_limit(soci::session& session, const LimitRecord& record, long long now_ms) {
  const Row row{record};
  session
      << "INSERT INTO limits (" << kColumns
      << ", created_unix_ms, updated_unix_ms) VALUES (:id, :scope, :target, :organization,"
         " :metric, :period, :window, :zone, :model, :amount, :hard, :trusts, :by_owner, :created,"
         " :updated)",
      soci::use(row.id), soci::use(row.scope), soci::use(row.target_id),
      soci::use(row.organization_id), soci::use(row.metric), soci::use(row.period),
      soci::use(row.window), soci::use(row.time_zone), soci::use(row.model), soci::use(row.amount),
      soci::use(row.hard), soci::use(row.trusts_upstream), soci::use(row.set_by_owner),
      soci::use(now_ms), soci::use(now_ms);
}

void update_limit(soci::session& session, const LimitRecord& record, long long now_ms) {
  const Row row{record};
  session << "UPDATE limits SET amount = :amount, hard = :hard, trusts_upstream = :trusts,"
             " set_by_owner = :by_owner, updated_unix_ms = :now WHERE id = :id",
      soci::use(row.amount), soci::use(row.hard), soci::use(row.trusts_upstream),
      soci::use(row.set_by_owner), soci::use(now_ms), soci::use(row.id);
}

// What can be changed about a limit that keeps its id.
nlohmann::ordered_json describe_settings(const limits::Rule& rule) {
  return {{"amount", rule.amount}, {"hard", rule.hard}, {"trusts_upstream", rule.trusts_upstream}};
}

nlohmann::ordered_json describe(const LimitRecord& record) {
  const auto& rule = record.rule;
  nlohmann::ordered_json detail{{"limit_id", rule.id},
                                {"scope", name(record.scope)},
                                {"metric", limits::name(rule.metric)},
                                {"period", limits::name(rule.period)},
                                {"window", limits::name(rule.window)},
                                {"time_zone", rule.time_zone},
                                {"model", rule.model}};
  detail.update(describe_settings(rule));
  return detail;
}

// `field`: "data" of a limit that is there now, "before" of one that was.
AuditEntry entry_of(const LimitRecord& record, const char* action, const char* field) {
  return {.action = action,
          .target = record.target_id,
          .organization_id = record.organization_id,
          .detail = nlohmann::ordered_json{{field, describe(record)}}.dump()};
}

AuditEntry entry_of_change(const LimitRecord& record, const limits::Rule& before) {
  auto entry = entry_of(record, "tollgate.limit.set", "data");
  entry.detail = nlohmann::ordered_json{{"data", describe(record)},
                                        {"changes_requested", describe_settings(record.rule)},
                                        {"before", describe_settings(before)}}
                     .dump();
  return entry;
}

// Writes `wanted`, whose target exists, as a new limit or over the one that it changes.
Result<LimitChange> write_limit(soci::session& session, LimitRecord wanted, const Actor& actor,
                                WallTime now) {
  TG_TRY(const auto others, select_limits(session, "WHERE scope = :scope AND target_id = :target",
                                          {std::string{name(wanted.scope)}, wanted.target_id}));
  for (const auto& other : others) {
    if (!is_same_limit(other, wanted)) continue;
    // Only of a user, who may belong to several organizations.
    if (other.organization_id != wanted.organization_id) {
      return fail(Code::kConflict, "another organization of this user has set such a limit");
    }
    wanted.rule.id = other.rule.id;
    update_limit(session, wanted, to_unix_ms(now));
    TG_TRY_DONE(append_audit(session, actor, entry_of_change(wanted, other.rule), now));
    return LimitChange{.record = std::move(wanted), .added = false};
  }
  if (others.size() >= kLimitsMax) {
    return fail(Code::kFieldInvalid, "it has 16 limits already; remove one of them first");
  }
  wanted.rule.id = make_id("limit_");
  insert_limit(session, wanted, to_unix_ms(now));
  TG_TRY_DONE(append_audit(session, actor, entry_of(wanted, "tollgate.limit.set", "data"), now));
  return LimitChange{.record = std::move(wanted), .added = true};
}

}  // namespace

std::string_view name(LimitScope scope) noexcept { return row_of(scope).name; }

std::optional<LimitScope> parse_limit_scope(std::string_view text) noexcept {
  for (const auto scope : kScopes) {
    if (name(scope) == text) return scope;
  }
  return std::nullopt;
}

bool is_same_limit(const LimitRecord& a, const LimitRecord& b) {
  return a.scope == b.scope && a.target_id == b.target_id && a.rule.metric == b.rule.metric &&
         a.rule.period == b.rule.period && a.rule.window == b.rule.window &&
         a.rule.time_zone == b.rule.time_zone && a.rule.model == b.rule.model;
}

Result<LimitTarget> find_limit_target(store::Database& database, LimitScope scope,
                                      const std::string& id, const std::string& organization_id) {
  LimitTarget target;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(target, read_target(session, scope, id, organization_id));
    return {};
  }));
  return target;
}

Result<std::vector<std::string>> target_names(store::Database& database,
                                              const std::vector<LimitRecord>& of) {
  std::vector<std::string> names;
  names.reserve(of.size());
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    for (const auto& record : of) {
      auto target = read_target(session, record.scope, record.target_id, record.organization_id);
      names.push_back(target ? std::move(target->name) : std::string{});
    }
    return {};
  }));
  return names;
}

Result<LimitChange> set_limit(store::Database& database, LimitRecord wanted, const Actor& actor,
                              WallTime now) {
  TG_TRY_DONE(check_record(wanted));
  LimitChange change;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto target,
           read_target(session, wanted.scope, wanted.target_id, wanted.organization_id));
    wanted.organization_id = target.organization_id;
    TG_TRY(change, write_limit(session, wanted, actor, now));
    return {};
  }));
  return change;
}

Result<LimitRecord> remove_limit(store::Database& database, const std::string& limit_id,
                                 const Actor& actor, WallTime now) {
  LimitRecord removed;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(removed, read_limit(session, limit_id));
    session << "DELETE FROM limits WHERE id = :id", soci::use(limit_id);
    return append_audit(session, actor, entry_of(removed, "tollgate.limit.removed", "before"), now);
  }));
  return removed;
}

Result<LimitRecord> find_limit(store::Database& database, const std::string& limit_id) {
  LimitRecord found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(found, read_limit(session, limit_id));
    return {};
  }));
  return found;
}

Result<std::vector<LimitRecord>> list_limits(store::Database& database, const LimitFilter& filter) {
  std::vector<LimitRecord> records;
  std::string condition = "WHERE 1 = 1";
  std::vector<std::string> values;
  if (!filter.organization_id.empty()) {
    condition += " AND organization_id = :organization";
    values.push_back(filter.organization_id);
  }
  if (!filter.target_ids.empty()) {
    condition += std::string{kOfTargets} + "(";
    for (const auto& id : filter.target_ids) {
      condition += fmt::format("{}:target{}", condition.ends_with('(') ? "" : ", ", values.size());
      values.push_back(id);
    }
    condition += ')';
  }
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(records, select_limits(session, condition, values));
    return {};
  }));
  return records;
}

Result<PageOf<LimitRecord>> page_of_limits(store::Database& database, const LimitPageFilter& filter,
                                           const PageQuery& page) {
  std::string condition = "WHERE 1 = 1";
  std::vector<std::string> values;
  add_condition(filter, condition, values);
  PageOf<LimitRecord> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(add_beginning(session, filter, page, condition, values));
    TG_TRY(auto records,
           select_limits(session, condition, values, fmt::format(" LIMIT {}", page.limit + 1)));
    found = cut_page(std::move(records), page);
    return {};
  }));
  return found;
}

}  // namespace tg::identity
