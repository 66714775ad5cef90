// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <soci/soci.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "identity/keys.h"
#include "store/statement.h"
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

// As a large installation has them: of many organizations, projects and users, by chance.
class ManyKeys {
 public:
  ManyKeys() : database_{*store::Database::open(folder_.place())} {
    TG_CHECK(database_->write([&](soci::session& session) -> Result<void> {
      insert_owners(session);
      TG_TRY(auto insert, store::Statement::prepare(
                              session,
                              "INSERT INTO api_keys (id, kind, name, redacted, digest,"
                              " organization_id, project_id, user_id, created_unix_ms)"
                              " VALUES (?, 'project', 'service', 'sk-tg-proj-...wxyz', ?, ?, ?, ?,"
                              " 1795000000000)"));
      for (int number = 0; number < kKeys; ++number) TG_TRY_DONE(insert_key(insert));
      TG_TRY_DONE(insert.flush());
      return {};
    }));
  }
  store::Database& database() { return *database_; }

 private:
  static constexpr std::size_t kOrganizations = 100;
  static constexpr std::size_t kProjectsOfEach = 10;
  static constexpr std::size_t kUsersOfEach = 100;
  struct Organization {
    std::string id;
    std::vector<std::string> projects;
    std::vector<std::string> users;
  };

  void insert_owners(soci::session& session) {
    for (auto& [id, projects, users] : organizations_) {
      id = make_organization_id().text();
      session << "INSERT INTO organizations (id, name, created_unix_ms) VALUES (:id, 'bench', 1)",
          soci::use(id);
      for (std::size_t number = 0; number < kProjectsOfEach; ++number) {
        projects.push_back(make_project_id().text());
        session << "INSERT INTO projects (id, organization_id, name, created_unix_ms)"
                   " VALUES (:id, :organization, 'bench', 1)",
            soci::use(projects.back()), soci::use(id);
      }
      for (std::size_t number = 0; number < kUsersOfEach; ++number) {
        users.push_back(make_user_id().text());
        session << "INSERT INTO users (id, email, email_folded, name, password_hash,"
                   " created_unix_ms) VALUES (:id, :email, :folded, 'bench', '', 1)",
            soci::use(users.back()), soci::use(users.back()), soci::use(users.back());
      }
    }
  }
  Result<void> insert_key(store::Statement& insert) {
    const auto& [organization, projects, users] = organizations_[random_() % kOrganizations];
    const auto id = fmt::format("key_{:016x}{:06x}", random_(), random_() % 0x1000000);
    const auto digest =
        fmt::format("{:016x}{:016x}{:016x}{:016x}", random_(), random_(), random_(), random_());
    insert.bind(std::string_view{id});
    insert.bind(std::string_view{digest});
    insert.bind(std::string_view{organization});
    insert.bind(std::string_view{projects[random_() % kProjectsOfEach]});
    insert.bind(std::string_view{users[random_() % kUsersOfEach]});
    return insert.queue();
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
  std::vector<Organization> organizations_{kOrganizations};
  std::mt19937_64 random_;
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
        load_keys(database, [&](const keys::KeyRecord& record) { table.put(record); });
    table.drop_outgrown();
    TG_CHECK(loaded && table.size() == kKeys);
    state.counters["MB"] = static_cast<double>(resident_bytes() - before) / 1e6;
    state.counters["bytes_a_key"] = static_cast<double>(resident_bytes() - before) / kKeys;
  }
}
BENCHMARK(load_a_million)->Unit(benchmark::kMillisecond)->Iterations(1);

void find_among_a_million(benchmark::State& state) {
  keys::KeyTable table;
  std::vector<keys::Digest> digests;
  TG_CHECK(load_keys(many_keys().database(), [&](const keys::KeyRecord& record) {
             table.put(record);
             digests.push_back(record.secrets.front().digest);
           }).has_value());
  // In any order, so that nothing is in the cache from the one before but the digest itself, which
  // a call has just computed.
  std::ranges::shuffle(digests, std::mt19937_64{});
  std::size_t at = 0;
  for (auto _ : state) {
    at = at + 1 == digests.size() ? 0 : at + 1;
    benchmark::DoNotOptimize(table.find(digests[at])->key->closed(0));
  }
}
BENCHMARK(find_among_a_million);

}  // namespace
}  // namespace tg::identity

BENCHMARK_MAIN();
