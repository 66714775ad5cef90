// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <soci/soci.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "identity/keys.h"
#include "identity/people.h"
#include "keys/digest.h"
#include "store/test_folder.h"

// A million keys: what starting with them takes, and what one costs to find then.
namespace tg::identity {
namespace {

constexpr int kKeys = 1'000'000;

std::int64_t resident_bytes() {
  std::int64_t pages = 0;
  std::int64_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// One instance with so many keys; the number is at the end of each one's digest.
class ManyKeys {
 public:
  ManyKeys() : database_{*store::Database::open(folder_.place())} {
    const auto owner =
        create_owner(*database_, {.email = "ada@example.org", .password_hash = "a hash"}, {});
    TG_CHECK(database_->write([&](soci::session& session) -> Result<void> {
      session << "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
                 " WHERE n < " +
                     std::to_string(kKeys) +
                     ") INSERT INTO api_keys (id, kind, name, redacted, digest, organization_id,"
                     " project_id, user_id, created_unix_ms)"
                     " SELECT 'key_' || printf('%022d', n), 'project', 'k', 'r',"
                     " lower(hex(randomblob(28))) || printf('%08x', n), '" +
                     owner->organization_id.text() + "', '" + owner->default_project_id.text() +
                     "', '" + owner->id.text() + "', n FROM numbers";
      return {};
    }));
  }
  store::Database& database() { return *database_; }

 private:
  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
};

ManyKeys& many_keys() {
  static ManyKeys keys;
  return keys;
}

void load_a_million(benchmark::State& state) {
  auto& database = many_keys().database();
  for (auto _ : state) {
    const auto before = resident_bytes();
    keys::KeyTable table;
    const auto loaded =
        load_keys(database, {.count = [&](std::size_t count) { table.reserve(count); },
                             .visit = [&](const keys::KeyRecord& record) { table.put(record); }});
    TG_CHECK(loaded && table.size() == kKeys);
    state.counters["MB"] = static_cast<double>(resident_bytes() - before) / 1e6;
    state.counters["bytes_a_key"] = static_cast<double>(resident_bytes() - before) / kKeys;
  }
}
BENCHMARK(load_a_million)->Unit(benchmark::kMillisecond)->Iterations(1);

void find_among_a_million(benchmark::State& state) {
  keys::KeyTable table;
  std::vector<keys::Digest> digests;
  TG_CHECK(
      load_keys(many_keys().database(), {.count = [&](std::size_t count) { table.reserve(count); },
                                         .visit =
                                             [&](const keys::KeyRecord& record) {
                                               table.put(record);
                                               digests.push_back(record.secrets.front().digest);
                                             }})
          .has_value());
  // Far apart, so that nothing is in the cache from the one before.
  std::size_t at = 0;
  for (auto _ : state) {
    at = (at + 7919 * 131) % digests.size();
    benchmark::DoNotOptimize(table.find(digests[at])->key->closed(0));
  }
}
BENCHMARK(find_among_a_million);

}  // namespace
}  // namespace tg::identity

BENCHMARK_MAIN();
