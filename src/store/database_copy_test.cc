// SPDX-License-Identifier: Apache-2.0
#include "store/database_copy.h"

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <sys/stat.h>

#include <fstream>

#include "store/database.h"
#include "store/instance_check.h"
#include "store/migrations.h"
#include "store/sqlite/sqlite_engine.h"
#include "store/sqlite/sqlite_session.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

namespace fs = std::filesystem;

int count_files(const fs::path& folder) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator{folder}) files += entry.exists() ? 1 : 0;
  return files;
}

void insert(Database& database, const char* id) {
  const auto written = database.write([&](soci::session& session) -> Result<void> {
    const std::string text = id;
    session << "INSERT INTO organizations (id, name, created_unix_ms) VALUES (:id, 'n', 0)",
        soci::use(text);
    return {};
  });
  ASSERT_TRUE(written);
}

int count_organizations(const fs::path& file) {
  auto session = *open_session(file);
  int count = 0;
  *session << "SELECT count(*) FROM organizations", soci::into(count);
  return count;
}

TEST(DatabaseCopy, IsOfTheMomentWhenItBegan) {
  const TestFolder folder;
  const auto database = *Database::open({.data_folder = folder.path()});
  insert(*database, "org-1");
  auto copy = DatabaseCopy::begin(folder.path());
  ASSERT_TRUE(copy);
  insert(*database, "org-2");
  const auto file = folder.path() / "copy.db";
  ASSERT_TRUE(copy->write_to(file));
  EXPECT_EQ(count_organizations(file), 1);
  EXPECT_EQ(*examine_file(file), static_cast<int>(migrations().size()));
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(copy->write_to(file).error().code, Code::kIo);
}

TEST(DatabaseCopy, DamagedPageIsFound) {
  const TestFolder folder;
  const auto file = folder.path() / "copy.db";
  {
    const auto database = *Database::open({.data_folder = folder.path()});
    ASSERT_TRUE(DatabaseCopy::begin(folder.path())->write_to(file));
  }
  std::fstream damaged{file, std::ios::in | std::ios::out | std::ios::binary};
  damaged.seekp(3 * 4096);
  damaged << std::string(512, '\xff');
  damaged.close();
  EXPECT_FALSE(examine_file(file));
}

TEST(UpgradeRehearsal, OldestDatabaseIsUpgradedOnACopyAlone) {
  const TestFolder folder;
  {
    const auto engine = make_sqlite_engine(folder.path());
    auto session = *engine->connect(Engine::Role::kWriter);
    ASSERT_TRUE(migrate(*engine, *session, migrations().first(1)));
  }
  const auto rehearsal = rehearse_upgrade(folder.path());
  ASSERT_TRUE(rehearsal);
  EXPECT_EQ(rehearsal->version, 1);
  EXPECT_EQ(rehearsal->steps.size(), migrations().size() - 1);
  EXPECT_EQ(count_files(folder.path()), 1);
  EXPECT_EQ(*DatabaseCopy::begin(folder.path())->schema_version(), 1);
}

TEST(UpgradeRehearsal, ThatFailsLeavesNothing) {
  const TestFolder folder;
  {
    const auto engine = make_sqlite_engine(folder.path());
    auto session = *engine->connect(Engine::Role::kWriter);
    ASSERT_TRUE(migrate(*engine, *session, migrations().first(1)));
    // Stands where a later step wants to make it.
    ASSERT_TRUE(run_sqlite_script(*session, "CREATE TABLE usage_events (x INTEGER)"));
  }
  EXPECT_EQ(rehearse_upgrade(folder.path()).error().code, Code::kDatabase);
  EXPECT_EQ(count_files(folder.path()), 1);
}

TEST(UpgradeRehearsal, NothingToUpgradeThereIsNotFound) {
  const TestFolder folder;
  EXPECT_EQ(rehearse_upgrade(folder.path()).error().code, Code::kNotFound);
  EXPECT_EQ(count_files(folder.path()), 0);
}

TEST(InstanceCheck, AnotherPepperIsNoticed) {
  const TestFolder folder;
  const auto path = folder.path() / "data";
  const auto open = [&] { return *DataFolder::open(path, DataFolder::Mode::kCreate); };
  {
    const auto data = open();
    const auto database = *Database::open({.data_folder = path});
    EXPECT_TRUE(check_instance(*database, data));
    EXPECT_TRUE(check_instance(*database, data));
  }
  for (const auto* name : {"pepper", "master.key"}) {
    fs::rename(path / name, path / "right");
    std::ofstream{path / name} << std::string(kKeyFileBytes, 'x');
    {
      const auto data = open();
      const auto database = *Database::open({.data_folder = path});
      const auto checked = check_instance(*database, data);
      ASSERT_FALSE(checked);
      EXPECT_EQ(checked.error().code, Code::kConfiguration);
      EXPECT_TRUE(std::string_view{checked.error().detail}.contains(name));
    }
    fs::rename(path / "right", path / name);
  }
}

}  // namespace
}  // namespace tg::store
