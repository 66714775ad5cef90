// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <sys/stat.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/files.h"
#include "store/migrations.h"
#include "store/sqlite_session.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

Result<void> run(soci::session& session, const char* sql) {
  session << sql;
  return {};
}

int count_of(Database& database, const std::string& sql) {
  int count = -1;
  EXPECT_TRUE(database.read([&](soci::session& session) -> Result<void> {
    session << sql, soci::into(count);
    return {};
  }));
  return count;
}

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::open(folder_.path());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
    ASSERT_TRUE(database_->write(
        [](soci::session& session) { return run(session, "CREATE TABLE things (value TEXT)"); }));
  }

  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / kDatabaseFileName; }

  TestFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, AllStepsAreAppliedToAnEmptyFolderAndNoneTwice) {
  const int steps = static_cast<int>(migrations().size());
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM schema_version"), steps);
  database_.reset();
  database_ = *Database::open(folder_.path());
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM schema_version"), steps);
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM things"), 0);
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".before-" + std::to_string(steps)));
}

TEST_F(DatabaseTest, FilesAreReadableByTheirOwnerOnly) {
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat((file().string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 07777, 0600U) << suffix;
  }
}

TEST_F(DatabaseTest, WorkThatFailsLeavesNoTrace) {
  const auto failed = database_->write([](soci::session& session) -> Result<void> {
    TG_TRY_DONE(run(session, "INSERT INTO things VALUES ('lost')"));
    return fail(Code::kConflict, "on purpose");
  });
  EXPECT_EQ(failed.error().code, Code::kConflict);
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM things"), 0);
}

TEST_F(DatabaseTest, WorkThatThrowsLeavesNoTraceAndTheNextOneWorks) {
  const auto wrong = database_->write([](soci::session& session) -> Result<void> {
    TG_TRY_DONE(run(session, "INSERT INTO things VALUES ('lost')"));
    return run(session, "INSERT INTO no_such_table VALUES (1)");
  });
  EXPECT_EQ(wrong.error().code, Code::kDatabase);
  const auto thrown = database_->write([](soci::session& session) -> Result<void> {
    TG_TRY_DONE(run(session, "INSERT INTO things VALUES ('lost')"));
    throw std::runtime_error{"on purpose"};
  });
  EXPECT_EQ(thrown.error().code, Code::kInternal);
  EXPECT_TRUE(database_->write(
      [](soci::session& session) { return run(session, "INSERT INTO things VALUES ('kept')"); }));
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM things"), 1);
}

TEST_F(DatabaseTest, ReaderSeesOneMomentAndCannotWrite) {
  const auto read = database_->read([&](soci::session& session) -> Result<void> {
    int before = -1;
    int after = -1;
    session << "SELECT count(*) FROM things", soci::into(before);
    EXPECT_TRUE(database_->write(
        [](soci::session& writer) { return run(writer, "INSERT INTO things VALUES ('new')"); }));
    session << "SELECT count(*) FROM things", soci::into(after);
    EXPECT_EQ(before, after);
    return run(session, "INSERT INTO things VALUES ('refused')");
  });
  EXPECT_EQ(read.error().code, Code::kDatabase);
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM things"), 1);
}

TEST_F(DatabaseTest, ParallelWritersAndReadersAllGetTheirTurn) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        EXPECT_TRUE(database_->write([](soci::session& session) {
          return run(session, "INSERT INTO things VALUES ('one')");
        }));
        EXPECT_GE(count_of(*database_, "SELECT count(*) FROM things"), 1);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM things"), 80);
}

TEST_F(DatabaseTest, ForeignKeysHold) {
  const auto orphan = database_->write([](soci::session& session) {
    return run(session,
               "INSERT INTO projects (id, organization_id, name, created_unix_ms)"
               " VALUES ('p', 'nobody', 'n', 0)");
  });
  EXPECT_EQ(orphan.error().code, Code::kDatabase);
}

// What stands in the file, to show that a refusal changed none of it.
std::string bytes_of(const std::filesystem::path& file) { return *read_file(file); }

void make_database(const std::filesystem::path& file, const char* sql) {
  auto session = open_session(file);
  ASSERT_TRUE(session);
  ASSERT_TRUE(run_script(**session, sql));
}

TEST(DatabaseFile, OfAnotherProgramIsRefusedAndNotTouched) {
  const TestFolder folder;
  const auto file = folder.path() / kDatabaseFileName;
  make_database(file, "CREATE TABLE bookmarks (url TEXT)");
  const auto before = bytes_of(file);
  EXPECT_EQ(Database::open(folder.path()).error().code, Code::kConfiguration);
  EXPECT_EQ(bytes_of(file), before);
}

TEST(DatabaseFile, ThatIsNoDatabaseIsRefusedAndNotTouched) {
  const TestFolder folder;
  const auto file = folder.path() / kDatabaseFileName;
  const std::string garbage(8192, 'x');
  std::ofstream{file} << garbage;
  EXPECT_EQ(Database::open(folder.path()).error().code, Code::kConfiguration);
  EXPECT_EQ(bytes_of(file), garbage);
}

TEST(DatabaseFile, OfANewerTollgateIsRefused) {
  const TestFolder folder;
  ASSERT_TRUE(Database::open(folder.path()));
  make_database(folder.path() / kDatabaseFileName,
                "INSERT INTO schema_version SELECT max(version) + 1, 'later', 0"
                " FROM schema_version");
  EXPECT_EQ(Database::open(folder.path()).error().code, Code::kConfiguration);
}

TEST(DatabaseFile, WithAStepMissingIsRefused) {
  const TestFolder folder;
  ASSERT_TRUE(Database::open(folder.path()));
  make_database(folder.path() / kDatabaseFileName, "DELETE FROM schema_version WHERE version = 1");
  EXPECT_EQ(Database::open(folder.path()).error().code, Code::kConfiguration);
}

constexpr Migration kSteps[] = {
    {1, "first", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7);"},
    {2, "second", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x;"},
    {3, "broken", "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1);"},
};

TEST(Migrations, OlderDatabaseIsCopiedBeforeItsNextStep) {
  const TestFolder folder;
  const auto file = folder.path() / kDatabaseFileName;
  {
    auto session = *open_session(file);
    ASSERT_TRUE(migrate(*session, file, std::span{kSteps}.first(1)));
    ASSERT_TRUE(migrate(*session, file, std::span{kSteps}.first(2)));
  }
  auto copy = *open_session(file.string() + ".before-2");
  int value = 0;
  int steps = 0;
  *copy << "SELECT x FROM a", soci::into(value);
  *copy << "SELECT count(*) FROM schema_version", soci::into(steps);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(steps, 1);
}

TEST(Migrations, StepThatFailsLeavesTheOneBeforeIt) {
  const TestFolder folder;
  const auto file = folder.path() / kDatabaseFileName;
  auto session = *open_session(file);
  EXPECT_EQ(migrate(*session, file, kSteps).error().code, Code::kDatabase);
  int steps = 0;
  int tables = 0;
  *session << "SELECT count(*) FROM schema_version", soci::into(steps);
  *session << "SELECT count(*) FROM sqlite_master WHERE name = 'b'", soci::into(tables);
  EXPECT_EQ(steps, 2);
  EXPECT_EQ(tables, 0);
}

TEST(Migrations, AreNumberedWithoutGaps) {
  int expected = 1;
  for (const auto& step : migrations()) EXPECT_EQ(step.version, expected++) << step.name;
}

}  // namespace
}  // namespace tg::store
