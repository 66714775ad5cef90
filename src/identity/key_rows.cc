// SPDX-License-Identifier: Apache-2.0
// The two bulk operations of keys.h, which run over all keys at once.
#include <soci/soci.h>
#include <sodium.h>

#include "identity/keys.h"

namespace tg::identity {
namespace {

// SOCI keeps one batch of rows twice; 4096 rows are about 2 MiB.
constexpr std::size_t kBatchRows = 4096;

struct Batch {
  std::vector<std::string> ids = std::vector<std::string>(kBatchRows);
  std::vector<std::string> kinds = ids;
  std::vector<std::string> digests = ids;
  std::vector<std::string> organizations = ids;
  std::vector<std::string> projects = ids;
  std::vector<std::string> owners = ids;

  void resize(std::size_t rows) {
    for (auto* column : {&ids, &kinds, &digests, &organizations, &projects, &owners}) {
      column->resize(rows);
    }
  }
};

Result<keys::KeyRecord> take_record(Batch& batch, std::size_t row) {
  keys::KeyRecord record;
  const auto kind = keys::parse_kind(batch.kinds[row]);
  const auto& digest = batch.digests[row];
  std::size_t bytes = 0;
  if (!kind ||
      sodium_hex2bin(record.digest.data(), record.digest.size(), digest.data(), digest.size(),
                     nullptr, &bytes, nullptr) != 0 ||
      bytes != record.digest.size()) {
    return fail(Code::kCorrupt, "a key in the database has an unknown kind or a damaged digest");
  }
  record.kind = *kind;
  record.id = KeyId{std::move(batch.ids[row])};
  record.organization_id = OrganizationId{std::move(batch.organizations[row])};
  record.project_id = ProjectId{std::move(batch.projects[row])};
  record.owner_id = std::move(batch.owners[row]);
  return record;
}

Result<void> read_records(soci::session& session, std::vector<keys::KeyRecord>& records) {
  Batch batch;
  soci::statement select =
      (session.prepare << "SELECT id, kind, digest, organization_id, COALESCE(project_id, ''),"
                          " COALESCE(user_id, service_account_id, '') FROM api_keys"
                          " WHERE revoked_unix_ms IS NULL",
       soci::into(batch.ids), soci::into(batch.kinds), soci::into(batch.digests),
       soci::into(batch.organizations), soci::into(batch.projects), soci::into(batch.owners));
  select.execute();
  while (select.fetch()) {
    for (std::size_t row = 0; row < batch.ids.size(); ++row) {
      TG_TRY(auto record, take_record(batch, row));
      records.push_back(std::move(record));
    }
    // SOCI shrank the columns to what there was; give it the whole batch again.
    batch.resize(kBatchRows);
  }
  return {};
}

}  // namespace

Result<std::vector<keys::KeyRecord>> load_keys(store::Database& database) {
  std::vector<keys::KeyRecord> records;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    long long alive = 0;
    session << "SELECT count(*) FROM api_keys WHERE revoked_unix_ms IS NULL", soci::into(alive);
    records.reserve(static_cast<std::size_t>(alive));
    return read_records(session, records);
  }));
  return records;
}

Result<void> touch_last_used(store::Database& database, const std::vector<KeyUse>& uses) {
  if (uses.empty()) return {};
  std::vector<std::string> ids;
  std::vector<long long> times;
  ids.reserve(uses.size());
  times.reserve(uses.size());
  for (const auto& use : uses) {
    ids.push_back(use.id.text());
    times.push_back(use.unix_ms);
  }
  return database.write([&](soci::session& session) -> Result<void> {
    session << "UPDATE api_keys SET last_used_unix_ms = :at"
               " WHERE id = :id AND COALESCE(last_used_unix_ms, 0) < :newer",
        soci::use(times), soci::use(ids), soci::use(times);
    return {};
  });
}

}  // namespace tg::identity
