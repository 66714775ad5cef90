// SPDX-License-Identifier: Apache-2.0
// What only a database in a file can do, whatever engine the other tests run on.
#include "store/sqlite/sqlite_engine.h"

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "base/files.h"
#include "store/database.h"
#include "store/migrations.h"
#include "store/sqlite/sqlite_session.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

class SqliteFile : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / kDatabaseFileName; }
  Result<std::unique_ptr<Database>> open() {
    return Database::open({.data_folder = folder_.path()});
  }
  // What stands in the file, to show that a refusal changed none of it.
  [[nodiscard]] std::string bytes() const { return *read_file(file()); }

  TestFolder folder_;
};

TEST_F(SqliteFile, IsReadableByItsOwnerOnly) {
  const auto database = open();
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->write([](soci::session& session) -> Result<void> {
    session << "CREATE TABLE things (value TEXT)";
    return {};
  }));
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat((file().string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 07777, 0600U) << suffix;
  }
}

TEST_F(SqliteFile, OfAnotherProgramIsRefusedAndNotTouched) {
  {
    auto session = open_session(file());
    ASSERT_TRUE(session);
    ASSERT_TRUE(run_sqlite_script(**session, "CREATE TABLE bookmarks (url TEXT)"));
  }
  const auto before = bytes();
  EXPECT_EQ(open().error().code, Code::kConfiguration);
  EXPECT_EQ(bytes(), before);
}

TEST_F(SqliteFile, ThatIsNoDatabaseIsRefusedAndNotTouched) {
  const std::string garbage(8192, 'x');
  std::ofstream{file()} << garbage;
  EXPECT_EQ(open().error().code, Code::kConfiguration);
  EXPECT_EQ(bytes(), garbage);
}

constexpr Migration kSteps[] = {
    {1, "first", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7);"},
    {2, "second", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x;"},
};

TEST_F(SqliteFile, IsCopiedBeforeItsNextStep) {
  {
    const auto engine = make_sqlite_engine(folder_.path());
    const auto session = *engine->connect(Engine::Role::kWriter);
    ASSERT_TRUE(migrate(*engine, *session, std::span{kSteps}.first(1)));
    ASSERT_TRUE(migrate(*engine, *session, kSteps));
  }
  auto copy = *open_session(file().string() + ".before-2");
  int value = 0;
  int steps = 0;
  *copy << "SELECT x FROM a", soci::into(value);
  *copy << "SELECT count(*) FROM schema_version", soci::into(steps);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(steps, 1);
}

}  // namespace
}  // namespace tg::store
