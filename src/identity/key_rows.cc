// SPDX-License-Identifier: Apache-2.0
// The bulk operations of keys.h, which run over many keys at once.
#include <soci/soci.h>

#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/encoding.h"
#include "identity/key_select.h"
#include "identity/keys.h"
#include "store/statement.h"

namespace tg::identity {
namespace {

constexpr int kNetworksMax = 1000;

using FormerById = std::unordered_map<std::string, std::vector<keys::SecretRecord>>;

// In this order the columns of a key stand. What is NULL is read as 0 and as an empty text.
constexpr const char* kColumns =
    "id, kind, digest, organization_id, project_id, user_id, service_account_id, parent_id,"
    " restrictions, expires_unix_ms, paused_unix_ms";

Result<void> fill(keys::KeyRecord& record, const store::Statement& row, const FormerById& former) {
  const auto kind = keys::parse_kind(row.text(1));
  if (!kind) return fail(Code::kCorrupt, "a key in the database has an unknown kind");
  TG_TRY(const auto digest, parse_digest(row.text(2)));
  record.id.assign(row.text(0));
  record.kind = *kind;
  record.secrets.assign(1, {.digest = digest});
  if (const auto found = former.find(record.id.text()); found != former.end()) {
    record.secrets.insert(record.secrets.end(), found->second.begin(), found->second.end());
  }
  record.organization_id.assign(row.text(3));
  record.project_id.assign(row.text(4));
  record.owner_id.assign(row.text(5));
  if (record.owner_id.empty()) record.owner_id.assign(row.text(6));
  record.parent_id.assign(row.text(7));
  record.rules = nullptr;
  if (const auto restrictions = row.text(8); !restrictions.empty()) {
    TG_TRY(const auto parsed, parse_restrictions(restrictions));
    record.rules = to_rules(parsed);
  }
  record.expires_unix_ms = row.text(9).empty() ? keys::kNever : row.number(9);
  record.paused = row.number(10) != 0;
  return {};
}

Result<FormerById> read_former_secrets(soci::session& session, long long now_ms) {
  FormerById former;
  std::string key_id;
  std::string hex;
  long long ends_ms = 0;
  soci::statement select =
      (session.prepare << "SELECT key_id, digest, ends_unix_ms FROM former_secrets"
                          " WHERE ends_unix_ms > :now",
       soci::use(now_ms), soci::into(key_id), soci::into(hex), soci::into(ends_ms));
  select.execute();
  while (select.fetch()) {
    TG_TRY(const auto digest, parse_digest(hex));
    former[key_id].push_back({.digest = digest, .ends_unix_ms = ends_ms});
  }
  return former;
}

// Two batches in turns: while one is visited on a thread of its own, the next is read. Their
// records are filled anew each time, so that their texts keep their memory.
class Batches {
 public:
  explicit Batches(const KeyVisit& visit) : visit_{visit} {}
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;
  ~Batches() {
    if (visited_.valid()) visited_.wait();
  }

  // To be filled, then counted.
  keys::KeyRecord& next() { return filling_[count_]; }
  void count_next() {
    if (++count_ == filling_.size()) hand_over();
  }
  // All that was counted has been visited; throws what a visit threw.
  void finish() {
    hand_over();
    visited_.get();
  }

 private:
  static constexpr std::size_t kRecords = 4096;

  void hand_over() {
    if (visited_.valid()) visited_.get();
    std::swap(filling_, visiting_);
    visited_ = std::async(std::launch::async, [this, count = std::exchange(count_, 0)] {
      for (std::size_t i = 0; i < count; ++i) visit_(visiting_[i]);
    });
  }

  const KeyVisit& visit_;
  std::vector<keys::KeyRecord> filling_ = std::vector<keys::KeyRecord>(kRecords);
  std::vector<keys::KeyRecord> visiting_ = std::vector<keys::KeyRecord>(kRecords);
  std::size_t count_ = 0;
  std::future<void> visited_;
};

// Rows by the million: through SOCI, they would take several times as long.
Result<void> read_records(soci::session& session, const std::string& condition,
                          const FormerById& former, const KeyVisit& visit) {
  TG_TRY(auto select,
         store::Statement::prepare(
             session, std::string{"SELECT "} + kColumns +
                          " FROM api_keys WHERE revoked_unix_ms IS NULL AND " + condition));
  Batches batches{visit};
  for (;;) {
    TG_TRY(const bool any, select.step());
    if (!any) break;
    TG_TRY_DONE(fill(batches.next(), select, former));
    batches.count_next();
  }
  batches.finish();
  return {};
}

template <class Value>
std::vector<const Value*> pointers_to(const std::vector<Value>& values) {
  std::vector<const Value*> pointers;
  pointers.reserve(values.size());
  for (const auto& value : values) pointers.push_back(&value);
  return pointers;
}

// `changed` says of each whether a row was its.
template <class Value>
void erase_changed(std::vector<const Value*>& values, const std::vector<long long>& changed) {
  std::size_t at = 0;
  std::erase_if(values, [&](const Value* /*value*/) { return changed[at++] > 0; });
}

// The uses that are later than what `secrets` says of them are written; `left` are the others.
Result<void> write_uses(soci::session& session, const std::string& secrets, const std::string& id,
                        std::vector<const KeyUse*>& left) {
  TG_TRY(auto update,
         store::Statement::prepare(session, "UPDATE " + secrets +
                                                " SET last_used_unix_ms = ?, last_address = ?,"
                                                " last_client = ? WHERE " +
                                                id +
                                                " = ? AND digest = ?"
                                                " AND COALESCE(last_used_unix_ms, 0) < ?"));
  for (const auto* use : left) {
    const auto digest = to_hex(use->digest);
    update.bind(use->unix_ms);
    update.bind(use->address);
    update.bind(use->client);
    update.bind(use->id.text());
    update.bind(digest);
    update.bind(use->unix_ms);
    TG_TRY_DONE(update.queue());
  }
  TG_TRY(const auto changed, update.flush());
  erase_changed(left, changed);
  return {};
}

// The networks that are known are seen again; `left` are the others.
Result<void> see_known(soci::session& session, long long now_ms,
                       std::vector<const KeySighting*>& left) {
  TG_TRY(auto update, store::Statement::prepare(session,
                                                "UPDATE key_networks SET last_seen_unix_ms = ?"
                                                " WHERE key_id = ? AND network = ?"));
  for (const auto* sighting : left) {
    update.bind(now_ms);
    update.bind(sighting->id.text());
    update.bind(sighting->network);
    TG_TRY_DONE(update.queue());
  }
  TG_TRY(const auto changed, update.flush());
  erase_changed(left, changed);
  return {};
}

class NewNetworks {
 public:
  static Result<NewNetworks> prepare(soci::session& session, WallTime now) {
    TG_TRY(auto known, store::Statement::prepare(
                           session,
                           "SELECT organization_id,"
                           " (SELECT count(*) FROM key_networks WHERE key_id = api_keys.id)"
                           " FROM api_keys WHERE id = ?"));
    TG_TRY(auto insert,
           store::Statement::prepare(
               session, store::insert_sql("key_networks",
                                          "key_id,network,first_seen_unix_ms,last_seen_unix_ms",
                                          " ON CONFLICT (key_id, network) DO NOTHING")));
    return NewNetworks{session, now, std::move(known), std::move(insert)};
  }

  Result<void> note(const KeySighting& sighting) {
    known_.bind(sighting.id.text());
    TG_TRY(const bool there, known_.step());
    const std::string organization_id{there ? known_.text(0) : ""};
    const auto networks = there ? known_.number(1) : 0;
    known_.restart();
    if (!there || networks >= kNetworksMax) return {};
    const std::int64_t now_ms = to_unix_ms(now_);
    insert_.bind(sighting.id.text());
    insert_.bind(sighting.network);
    insert_.bind(now_ms);
    insert_.bind(now_ms);
    TG_TRY(const auto inserted, insert_.run());
    if (inserted == 0 || networks == 0) return {};
    return append_audit(
        session_, {},
        {.action = "tollgate.api_key.new_network",
         .target = sighting.id.text(),
         .organization_id = organization_id,
         .detail =
             nlohmann::json{{"network", sighting.network}, {"networks_before", networks}}.dump()},
        now_);
  }

 private:
  NewNetworks(soci::session& session, WallTime now, store::Statement known, store::Statement insert)
      : session_{session}, now_{now}, known_{std::move(known)}, insert_{std::move(insert)} {}

  soci::session& session_;
  const WallTime now_;
  store::Statement known_;  // its organization, and how many networks are known of it
  store::Statement insert_;
};

}  // namespace

Result<void> load_keys(store::Database& database, const KeyVisit& visit, WallTime now) {
  return database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto former, read_former_secrets(session, to_unix_ms(now)));
    // Said so that SQLite reads the whole table in its order, and the children by their index.
    TG_TRY_DONE(read_records(session, "COALESCE(parent_id, '') = ''", former, visit));
    return read_records(session, "parent_id > ''", former, visit);
  });
}

Result<void> touch_last_used(store::Database& database, const std::vector<KeyUse>& uses) {
  if (uses.empty()) return {};
  return database.write([&](soci::session& session) -> Result<void> {
    auto left = pointers_to(uses);
    TG_TRY_DONE(write_uses(session, "api_keys", "id", left));
    return write_uses(session, "former_secrets", "key_id", left);
  });
}

Result<void> note_sightings(store::Database& database, const std::vector<KeySighting>& sightings,
                            WallTime now) {
  if (sightings.empty()) return {};
  return database.write([&](soci::session& session) -> Result<void> {
    auto left = pointers_to(sightings);
    TG_TRY_DONE(see_known(session, to_unix_ms(now), left));
    TG_TRY(auto networks, NewNetworks::prepare(session, now));
    for (const auto* sighting : left) TG_TRY_DONE(networks.note(*sighting));
    return {};
  });
}

Result<std::vector<KeyNetwork>> list_key_networks(store::Database& database, const KeyId& id) {
  std::vector<KeyNetwork> networks;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    KeyNetwork network;
    long long first_ms = 0;
    long long last_ms = 0;
    soci::statement select =
        (session.prepare << "SELECT network, first_seen_unix_ms, last_seen_unix_ms"
                            " FROM key_networks WHERE key_id = :id"
                            " ORDER BY last_seen_unix_ms DESC, network",
         soci::use(id.text()), soci::into(network.network), soci::into(first_ms),
         soci::into(last_ms));
    select.execute();
    while (select.fetch()) {
      network.first_seen_at = from_unix_ms(first_ms);
      network.last_seen_at = from_unix_ms(last_ms);
      networks.push_back(network);
    }
    return {};
  }));
  return networks;
}

}  // namespace tg::identity
