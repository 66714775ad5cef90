// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <stdexcept>
#include <string>
#include <thread>

#include "store/migrations.h"
#include "store/session.h"
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
    auto opened = Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
    ASSERT_TRUE(database_->write(
        [](soci::session& session) { return run(session, "CREATE TABLE things (value TEXT)"); }));
  }

  TestFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, AllStepsAreAppliedToAnEmptyFolderAndNoneTwice) {
  const int steps = static_cast<int>(migrations().size());
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM schema_version"), steps);
  database_.reset();
  database_ = *Database::open(folder_.place());
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM schema_version"), steps);
  EXPECT_EQ(count_of(*database_, "SELECT count(*) FROM things"), 0);
  EXPECT_FALSE(
      std::filesystem::exists(folder_.path() / ("tollgate.db.before-" + std::to_string(steps))));
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

TEST_F(DatabaseTest, OneThatANewerTollgateMadeIsRefused) {
  ASSERT_TRUE(database_->write([](soci::session& session) {
    return run(session,
               "INSERT INTO schema_version SELECT max(version) + 1, 'later', 0"
               " FROM schema_version");
  }));
  database_.reset();
  EXPECT_EQ(Database::open(folder_.place()).error().code, Code::kConfiguration);
}

TEST_F(DatabaseTest, OneWithAStepMissingIsRefused) {
  ASSERT_TRUE(database_->write([](soci::session& session) {
    return run(session, "DELETE FROM schema_version WHERE version = 1");
  }));
  database_.reset();
  EXPECT_EQ(Database::open(folder_.place()).error().code, Code::kConfiguration);
}

TEST_F(DatabaseTest, TextsAreOrderedByTheirBytes) {
  ASSERT_TRUE(database_->write([](soci::session& session) {
    return run(session, "INSERT INTO default_models VALUES ('b', ''), ('B', ''), ('_', '')");
  }));
  std::string order;
  ASSERT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
    const soci::rowset<std::string> rows =
        (session.prepare << "SELECT endpoint FROM default_models ORDER BY endpoint");
    for (const auto& row : rows) order += row;
    return {};
  }));
  EXPECT_EQ(order, "B_b");
}

TEST_F(DatabaseTest, SaysWhichEngineItIs) {
  const auto description = database_->describe();
  ASSERT_TRUE(description);
  EXPECT_TRUE(
      description->starts_with(TestFolder::is_on_postgresql() ? "PostgreSQL 1" : "SQLite 3"))
      << *description;
}

constexpr Migration kSteps[] = {
    {1, "first", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7);"},
    {2, "second", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x;"},
    {3, "broken", "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1);"},
};

class MigrationsTest : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = *make_engine(folder_.place());
    session_ = *engine_->connect(Engine::Role::kWriter);
  }
  int number_from(const char* sql) {
    int number = -1;
    EXPECT_TRUE(guarded([&]() -> Result<void> {
      *session_ << sql, soci::into(number);
      return {};
    }));
    return number;
  }

  TestFolder folder_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<soci::session> session_;
};

TEST_F(MigrationsTest, StepThatFailsLeavesTheOneBeforeIt) {
  EXPECT_EQ(migrate(*engine_, *session_, kSteps).error().code, Code::kDatabase);
  EXPECT_EQ(number_from("SELECT count(*) FROM schema_version"), 2);
  EXPECT_EQ(number_from("SELECT y FROM a"), 7);
  // The table of the step that failed can still be made.
  ASSERT_TRUE(engine_->run_step(*session_, "CREATE TABLE b (x INTEGER)"));
}

TEST_F(MigrationsTest, OlderDatabaseIsBroughtToTheNewestStep) {
  ASSERT_TRUE(migrate(*engine_, *session_, std::span{kSteps}.first(1)));
  EXPECT_EQ(number_from("SELECT count(*) FROM schema_version"), 1);
  ASSERT_TRUE(migrate(*engine_, *session_, std::span{kSteps}.first(2)));
  EXPECT_EQ(number_from("SELECT y FROM a"), 7);
}

TEST(Migrations, AreNumberedWithoutGaps) {
  int expected = 1;
  for (const auto& step : migrations()) EXPECT_EQ(step.version, expected++) << step.name;
}

}  // namespace
}  // namespace tg::store
