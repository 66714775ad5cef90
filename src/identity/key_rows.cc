// SPDX-License-Identifier: Apache-2.0
// The bulk operations of keys.h, which run over many keys at once.
#include <soci/soci.h>

#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>

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

// How many networks are known of a key, and whether this is one of them.
struct Known {
  int networks = 0;
  bool this_one = false;
};

Known look_up(soci::session& session, const KeySighting& sighting) {
  Known known;
  int same = 0;
  session << "SELECT count(*), COALESCE(SUM(CASE WHEN network = :network THEN 1 ELSE 0 END), 0)"
             " FROM key_networks WHERE key_id = :id",
      soci::use(sighting.network), soci::use(sighting.id.text()), soci::into(known.networks),
      soci::into(same);
  known.this_one = same > 0;
  return known;
}

Result<void> note_sighting(soci::session& session, const KeySighting& sighting, WallTime now) {
  const auto known = look_up(session, sighting);
  const long long now_ms = to_unix_ms(now);
  if (known.this_one) {
    session << "UPDATE key_networks SET last_seen_unix_ms = :now WHERE key_id = :id"
               " AND network = :network",
        soci::use(now_ms), soci::use(sighting.id.text()), soci::use(sighting.network);
    return {};
  }
  if (known.networks >= kNetworksMax) return {};
  std::string organization_id;
  session << "SELECT organization_id FROM api_keys WHERE id = :id", soci::use(sighting.id.text()),
      soci::into(organization_id);
  if (!session.got_data()) return {};
  session << "INSERT INTO key_networks (key_id, network, first_seen_unix_ms, last_seen_unix_ms)"
             " VALUES (:id, :network, :first, :last)",
      soci::use(sighting.id.text()), soci::use(sighting.network), soci::use(now_ms),
      soci::use(now_ms);
  if (known.networks == 0) return {};
  return append_audit(
      session, {},
      {.action = "tollgate.api_key.new_network",
       .target = sighting.id.text(),
       .organization_id = organization_id,
       .detail = nlohmann::json{{"network", sighting.network}, {"networks_before", known.networks}}
                     .dump()},
      now);
}

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
  std::vector<std::string> ids;
  std::vector<std::string> digests;
  std::vector<std::string> addresses;
  std::vector<std::string> clients;
  std::vector<long long> times;
  for (const auto& use : uses) {
    ids.push_back(use.id.text());
    digests.push_back(to_hex(use.digest));
    addresses.push_back(use.address);
    clients.push_back(use.client);
    times.push_back(use.unix_ms);
  }
  return database.write([&](soci::session& session) -> Result<void> {
    session << "UPDATE api_keys SET last_used_unix_ms = :at, last_address = :address,"
               " last_client = :client WHERE id = :id AND digest = :digest"
               " AND COALESCE(last_used_unix_ms, 0) < :newer",
        soci::use(times), soci::use(addresses), soci::use(clients), soci::use(ids),
        soci::use(digests), soci::use(times);
    session << "UPDATE former_secrets SET last_used_unix_ms = :at, last_address = :address,"
               " last_client = :client WHERE key_id = :id AND digest = :digest"
               " AND COALESCE(last_used_unix_ms, 0) < :newer",
        soci::use(times), soci::use(addresses), soci::use(clients), soci::use(ids),
        soci::use(digests), soci::use(times);
    return {};
  });
}

Result<void> note_sightings(store::Database& database, const std::vector<KeySighting>& sightings,
                            WallTime now) {
  if (sightings.empty()) return {};
  return database.write([&](soci::session& session) -> Result<void> {
    for (const auto& sighting : sightings) TG_TRY_DONE(note_sighting(session, sighting, now));
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
