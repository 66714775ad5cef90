// SPDX-License-Identifier: Apache-2.0
#include "identity/audit_query.h"

#include <soci/soci.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>

#include "identity/audit_chain.h"

namespace tg::identity {
namespace {

constexpr const char* kOrder = "at_unix_ms, chain_version, sequence, chain";

// A statement's text with its values; they stay where they are once they are in.
class Query {
 public:
  // `value` takes the place of the '?' in `condition`.
  void where(std::string_view condition, std::string value) {
    begin_condition();
    sql_ += with(condition, std::move(value));
  }
  void where(std::string_view condition, long long value) {
    begin_condition();
    sql_ += with(condition, value);
  }
  void where_any(std::string_view column, const std::vector<std::string>& values) {
    if (values.empty()) return;
    begin_condition();
    sql_ += any(column, values);
  }
  // A user acts by session or key, and stands in a column of its own; all others are actors only.
  // Where one kind is asked for, one index has the answer.
  void where_actor(const std::vector<std::string>& ids) {
    std::vector<std::string> users;
    std::vector<std::string> others;
    for (const auto& id : ids) (id.starts_with("user-") ? users : others).push_back(id);
    if (users.empty()) return where_any("actor_id", others);
    if (others.empty()) return where_any("actor_user_id", users);
    begin_condition();
    sql_ += "(" + any("actor_user_id", users) + " OR " + any("actor_id", others) + ")";
  }
  void where_beyond(const char* sign, const AuditRecord& record) {
    begin_condition();
    sql_ += std::string{"("} + kOrder + ") " + sign + " (" + parameter(to_unix_ms(record.at)) +
            ", " + parameter(static_cast<long long>(record.chain_version)) + ", " +
            parameter(static_cast<long long>(record.sequence)) + ", " + parameter(record.chain) +
            ")";
  }

  [[nodiscard]] std::vector<AuditRecord> run(soci::session& session, const std::string& tail) {
    std::vector<AuditRecord> records;
    AuditRow row;
    soci::statement select{session};
    row.bind(select);
    for (const auto& parameter : parameters_) {
      if (parameter.is_number) {
        select.exchange(soci::use(parameter.number, parameter.name));
      } else {
        select.exchange(soci::use(parameter.text, parameter.name));
      }
    }
    select.alloc();
    select.prepare(std::string{"SELECT "} + kAuditColumns + " FROM audit_log" + sql_ + tail);
    select.define_and_bind();
    select.execute();
    while (select.fetch()) records.push_back(row.finish());
    return records;
  }

 private:
  struct Parameter {
    std::string name;
    std::string text{};
    long long number = 0;
    bool is_number = false;
  };

  void begin_condition() { sql_ += parameters_.empty() ? " WHERE " : " AND "; }
  std::string next_name() { return "v" + std::to_string(parameters_.size()); }
  std::string parameter(std::string text) {
    parameters_.push_back({.name = next_name(), .text = std::move(text)});
    return ":" + parameters_.back().name;
  }
  std::string parameter(long long number) {
    parameters_.push_back({.name = next_name(), .number = number, .is_number = true});
    return ":" + parameters_.back().name;
  }
  template <typename Value>
  std::string with(std::string_view condition, Value value) {
    const auto at = condition.find('?');
    return std::string{condition.substr(0, at)} + parameter(std::move(value)) +
           std::string{condition.substr(at + 1)};
  }
  std::string any(std::string_view column, const std::vector<std::string>& values) {
    std::string text{column};
    text += " IN (";
    for (const auto& value : values) {
      if (&value != &values.front()) text += ", ";
      text += parameter(value);
    }
    return text + ")";
  }

  std::string sql_;
  std::deque<Parameter> parameters_;
};

struct Place {
  std::string chain;
  long long sequence = 0;
};

// Of an id as audit_id() makes it.
std::optional<Place> parse_id(std::string_view id) {
  constexpr std::string_view kPrefix = "audit_log-";
  const auto dash = id.rfind('-');
  if (!id.starts_with(kPrefix) || dash < kPrefix.size() || dash == std::string_view::npos) {
    return std::nullopt;
  }
  Place place{.chain = std::string{id.substr(kPrefix.size(), dash - kPrefix.size())}};
  if (place.chain == "instance") place.chain.clear();
  const auto* end = id.data() + id.size();
  const auto parsed = std::from_chars(id.data() + dash + 1, end, place.sequence);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return place;
}

// What `sql`, which has one parameter, says of each id; asked once an id.
class Lookup {
 public:
  Lookup(soci::session& session, const char* sql) : session_{session}, sql_{sql} {}
  const std::string& operator()(const std::string& id) {
    const auto [found, is_new] = known_.try_emplace(id);
    if (is_new && !id.empty()) session_ << sql_, soci::use(id), soci::into(found->second);
    return found->second;
  }

 private:
  soci::session& session_;
  const char* sql_;
  std::map<std::string, std::string> known_;
};

}  // namespace

Result<std::vector<AuditRecord>> find_audit(store::Database& database, const AuditFilter& filter) {
  Query query;
  if (filter.organization_id) query.where("organization_id = ?", *filter.organization_id);
  if (filter.from_unix_ms) query.where("at_unix_ms >= ?", *filter.from_unix_ms);
  if (filter.to_unix_ms) query.where("at_unix_ms < ?", *filter.to_unix_ms);
  query.where_any("project_id", filter.project_ids);
  query.where_any("action", filter.actions);
  query.where_actor(filter.actor_ids);
  query.where_any("actor_user_id", filter.user_ids);
  query.where_any("target", filter.targets);
  if (filter.after) query.where_beyond("<", *filter.after);
  if (filter.before) query.where_beyond(">", *filter.before);
  // The nearest to `before` are the oldest of those that are newer.
  const bool upwards = filter.before && !filter.after;
  const std::string direction = upwards ? " ASC" : " DESC";
  const auto tail = " ORDER BY at_unix_ms" + direction + ", chain_version" + direction +
                    ", sequence" + direction + ", chain" + direction + " LIMIT " +
                    std::to_string(std::max(filter.rows_max, 0));
  std::vector<AuditRecord> records;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    records = query.run(session, tail);
    return {};
  }));
  if (upwards) std::ranges::reverse(records);
  return records;
}

Result<AuditRecord> find_audit_entry(store::Database& database, std::string_view id,
                                     const std::optional<std::string>& organization) {
  const auto place = parse_id(id);
  if (!place) return fail(Code::kNotFound, "there is no such audit entry");
  Query query;
  query.where("chain = ?", place->chain);
  query.where("sequence = ?", place->sequence);
  if (organization) query.where("organization_id = ?", *organization);
  std::vector<AuditRecord> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    found = query.run(session, "");
    return {};
  }));
  if (found.empty()) return fail(Code::kNotFound, "there is no such audit entry");
  return std::move(found.front());
}

Result<std::vector<AuditHead>> list_audit_heads(store::Database& database) {
  std::vector<AuditHead> heads;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    heads = read_heads(session);
    return {};
  }));
  return heads;
}

Result<std::vector<AuditRecord>> read_audit_chain(store::Database& database,
                                                  const std::string& chain,
                                                  std::int64_t after_sequence, int rows_max) {
  Query query;
  query.where("chain = ?", chain);
  query.where("sequence > ?", static_cast<long long>(after_sequence));
  std::vector<AuditRecord> records;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    records =
        query.run(session, " ORDER BY sequence LIMIT " + std::to_string(std::max(rows_max, 0)));
    return {};
  }));
  return records;
}

Result<std::vector<AuditNames>> names_for_audit(store::Database& database,
                                                const std::vector<AuditRecord>& records) {
  std::vector<AuditNames> names;
  names.reserve(records.size());
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    Lookup email{session, "SELECT email FROM users WHERE id = :id"};
    Lookup project{session, "SELECT name FROM projects WHERE id = :id"};
    for (const auto& record : records) {
      names.push_back(
          {.email = email(record.actor.user_id), .project_name = project(record.entry.project_id)});
    }
    return {};
  }));
  return names;
}

}  // namespace tg::identity
