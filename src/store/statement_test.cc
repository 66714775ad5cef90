// SPDX-License-Identifier: Apache-2.0
#include "store/statement.h"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <span>
#include <string>

#include "store/database.h"
#include "store/postgresql/postgresql_statement.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

TEST(NumberedSql, CountsQuestionMarksOutsideOfQuotes) {
  const auto numbered = number_parameters("SELECT '?', \"a?\", 'it''s ?' WHERE a = ? AND b = ?");
  EXPECT_EQ(numbered.text, "SELECT '?', \"a?\", 'it''s ?' WHERE a = $1 AND b = $2");
  EXPECT_EQ(numbered.parameters, 2);
}

class StatementTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
    ASSERT_TRUE(database_->write([](soci::session& session) -> Result<void> {
      session << "CREATE TABLE things (id BIGINT PRIMARY KEY, value TEXT NOT NULL)";
      return {};
    }));
  }

  // Ids from 0, several times as many as are queued at once.
  static constexpr std::int64_t kMany = 3'000;
  static constexpr const char* kInsert =
      "INSERT INTO things (id, value) VALUES (?, ?) ON CONFLICT (id) DO NOTHING";

  static Result<std::vector<long long>> insert_many(soci::session& session, std::int64_t step) {
    TG_TRY(auto insert, Statement::prepare(session, kInsert));
    for (std::int64_t id = 0; id < kMany; id += step) {
      insert.bind(id);
      const auto value = std::to_string(id);
      insert.bind(value);
      TG_TRY_DONE(insert.queue());
    }
    return insert.flush();
  }

  TestFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(StatementTest, BytesComeBackAsTheyWereBoundAndNumbersBesideThem) {
  std::vector<std::byte> all(100'000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i * 7);
  ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
    session
        << "CREATE TABLE blocks (id BIGINT PRIMARY KEY, name TEXT NOT NULL, data BYTEA NOT NULL)";
    TG_TRY(auto insert, Statement::prepare(session, "INSERT INTO blocks VALUES (?, ?, ?)"));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{256}, all.size()}) {
      insert.bind(-static_cast<std::int64_t>(size));
      insert.bind("a name");
      insert.bind(std::span{all}.first(size));
      TG_TRY_DONE(insert.queue());
    }
    TG_TRY_DONE(insert.flush());
    return {};
  }));
  std::vector<std::size_t> sizes;
  ASSERT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto rows, Statement::prepare(session, "SELECT id, name, data FROM blocks ORDER BY id",
                                         Statement::Rows::kBytes));
    for (;;) {
      TG_TRY(const bool row, rows.step());
      if (!row) return {};
      sizes.push_back(rows.bytes(2).size());
      EXPECT_EQ(rows.number(0), -static_cast<long long>(sizes.back()));
      EXPECT_EQ(rows.text(1), "a name");
      EXPECT_TRUE(std::ranges::equal(rows.bytes(2), std::span{all}.first(sizes.back())));
    }
  }));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{all.size(), 256, 1, 0}));
}

TEST_F(StatementTest, ValuesComeBackAsTheyWereBound) {
  const std::string text = "Ä'\"\\?$1 \n";
  ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto insert, Statement::prepare(session, kInsert));
    for (const auto id : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                          std::numeric_limits<std::int64_t>::max()}) {
      insert.bind(id);
      insert.bind(id == -1 ? std::string_view{} : std::string_view{text});
      TG_TRY(const auto changed, insert.run());
      EXPECT_EQ(changed, 1);
    }
    TG_TRY(auto select, Statement::prepare(session, "SELECT id, value FROM things ORDER BY id"));
    for (const auto id : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                          std::numeric_limits<std::int64_t>::max()}) {
      TG_TRY(const bool row, select.step());
      EXPECT_TRUE(row);
      EXPECT_EQ(select.number(0), id);
      EXPECT_EQ(select.text(1), id == -1 ? "" : text);
    }
    TG_TRY(const bool more, select.step());
    EXPECT_FALSE(more);
    return {};
  }));
}

TEST_F(StatementTest, NullReadsAsZeroAndAsAnEmptyText) {
  ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
    session << "CREATE TABLE holes (number BIGINT, value TEXT)";
    session << "INSERT INTO holes (number, value) VALUES (NULL, NULL), (0, '')";
    TG_TRY(auto select, Statement::prepare(session,
                                           "SELECT number, value FROM holes"
                                           " ORDER BY number IS NOT NULL"));
    for (const bool is_null : {true, false}) {
      TG_TRY(const bool row, select.step());
      EXPECT_TRUE(row);
      EXPECT_EQ(select.number(0), 0);
      EXPECT_EQ(select.text(0).empty(), is_null) << "which tells it from 0";
      EXPECT_EQ(select.text(1), "");
    }
    select.restart();
    return {};
  }));
}

TEST_F(StatementTest, WhatEachOfManyChangedIsToldInTheirOrder) {
  ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto thirds, insert_many(session, 3));
    EXPECT_EQ(thirds, std::vector<long long>(kMany / 3, 1));
    TG_TRY(const auto all, insert_many(session, 1));
    EXPECT_EQ(all.size(), static_cast<std::size_t>(kMany));
    for (std::size_t id = 0; id < all.size(); ++id) EXPECT_EQ(all[id], id % 3 == 0 ? 0 : 1) << id;
    return {};
  }));
}

TEST_F(StatementTest, OneThatFailsAmongManyLeavesNoTraceAndTheNextTransactionWorks) {
  const auto failed = database_->write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto insert, Statement::prepare(session,
                                           "INSERT INTO things (id, value)"
                                           " VALUES (?, ?)"));
    for (const std::int64_t id : {1, 2, 1, 3}) {
      insert.bind(id);
      insert.bind("");
      TG_TRY_DONE(insert.queue());
    }
    TG_TRY_DONE(insert.flush());
    return {};
  });
  EXPECT_EQ(failed.error().code, Code::kDatabase);
  ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto all, insert_many(session, 1));
    EXPECT_EQ(all, std::vector<long long>(kMany, 1));
    return {};
  }));
}

TEST_F(StatementTest, RowsThatAreInsertedByTheThousandAreThere) {
  std::vector<std::byte> all(100'000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i * 7);
  const std::string text = "Ä'\"\\?$1 \n\t";
  ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
    session
        << "CREATE TABLE blocks (id BIGINT PRIMARY KEY, name TEXT NOT NULL, data BYTEA NOT NULL)";
    TG_TRY(auto insert, Statement::prepare_insert(session, "blocks", "name,data,id"));
    TG_TRY(const auto none, insert.flush());
    EXPECT_TRUE(none.empty());
    for (std::int64_t id = 0; id < kMany; ++id) {
      insert.bind(id % 2 == 0 ? std::string_view{} : std::string_view{text});
      insert.bind(std::span{all}.first(static_cast<std::size_t>(id % 500) * 200));
      insert.bind(-id);
      TG_TRY_DONE(insert.queue());
    }
    TG_TRY(const auto added, insert.flush());
    EXPECT_EQ(added, std::vector<long long>(kMany, 1));
    TG_TRY(auto rows, Statement::prepare(session, "SELECT id, name, data FROM blocks ORDER BY id",
                                         Statement::Rows::kBytes));
    for (auto id = kMany - 1; id >= 0; --id) {
      TG_TRY(const bool row, rows.step());
      EXPECT_TRUE(row);
      EXPECT_EQ(rows.number(0), -id);
      EXPECT_EQ(rows.text(1), id % 2 == 0 ? "" : text);
      EXPECT_TRUE(std::ranges::equal(
          rows.bytes(2), std::span{all}.first(static_cast<std::size_t>(id % 500) * 200)));
    }
    TG_TRY(const bool more, rows.step());
    EXPECT_FALSE(more);
    return {};
  }));
}

TEST_F(StatementTest, OfRowsThatAreInsertedAllOrNoneAreThere) {
  const auto insert_ids = [this](std::initializer_list<std::int64_t> ids, std::size_t values) {
    return database_->write([&](soci::session& session) -> Result<void> {
      TG_TRY(auto insert, Statement::prepare_insert(session, "things", "id,value"));
      for (const auto id : ids) {
        insert.bind(id);
        for (std::size_t i = 1; i < values; ++i) insert.bind("");
        TG_TRY_DONE(insert.queue());
      }
      TG_TRY_DONE(insert.flush());
      return {};
    });
  };
  EXPECT_EQ(insert_ids({1, 2, 1, 3}, 2).error().code, Code::kDatabase) << "one twice";
  EXPECT_EQ(insert_ids({1}, 1).error().code, Code::kDatabase) << "a value too few";
  EXPECT_EQ(insert_ids({1}, 3).error().code, Code::kDatabase) << "a value too many";
  EXPECT_FALSE(database_->write([](soci::session& session) -> Result<void> {
    TG_TRY(auto insert, Statement::prepare_insert(session, "things", "id,value"));
    insert.bind(std::int64_t{1});
    insert.bind("never flushed");
    TG_TRY_DONE(insert.queue());
    return fail(Code::kInternal, "given up");
  }));
  EXPECT_TRUE(insert_ids({1, 2, 3}, 2)) << "none of those before stayed";
}

TEST_F(StatementTest, SumsAreAddedToRowsThatAreThereAndBeginOthers) {
  const auto add = [this](std::int64_t rows, std::int64_t step, std::int64_t value) {
    return database_->write([&](soci::session& session) -> Result<void> {
      TG_TRY(auto adding, Statement::prepare_add(session, "sums", "kind,name", "calls,charge"));
      std::vector<std::string> names;
      for (std::int64_t i = 0; i < rows; ++i) names.push_back(i == 0 ? "" : std::to_string(i));
      for (std::int64_t i = 0; i < rows; i += step) {
        adding.bind(i % 3);
        adding.bind(names[static_cast<std::size_t>(i)]);
        adding.bind(std::int64_t{1});
        adding.bind(value);
        TG_TRY_DONE(adding.queue());
      }
      TG_TRY(const auto changed, adding.flush());
      EXPECT_EQ(std::ssize(changed), (rows + step - 1) / step);
      return {};
    });
  };
  ASSERT_TRUE(database_->write([](soci::session& session) -> Result<void> {
    session << "CREATE TABLE sums (name TEXT NOT NULL, calls BIGINT NOT NULL, kind BIGINT NOT NULL,"
               " charge BIGINT NOT NULL, PRIMARY KEY (kind, name))";
    return {};
  }));
  // More than are gathered at once, a number that no piece of a statement divides, one, and none.
  constexpr std::int64_t kRows = 20'001;
  const auto most = std::numeric_limits<std::int64_t>::max() / 4;
  for (const auto& [rows, step, value] :
       {std::array{kRows, std::int64_t{1}, most},
        std::array{std::int64_t{301}, std::int64_t{2}, -most},
        std::array{std::int64_t{1}, std::int64_t{1}, std::int64_t{5}},
        std::array{std::int64_t{0}, std::int64_t{1}, std::int64_t{0}}}) {
    ASSERT_TRUE(add(rows, step, value));
  }
  const auto sum = [this](const char* of) {
    long long value = 0;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      session << std::string{"SELECT COALESCE(SUM("} + of + "), 0) FROM sums", soci::into(value);
      return {};
    }));
    return value;
  };
  EXPECT_EQ(sum("1"), kRows);
  EXPECT_EQ(sum("calls"), kRows + 151 + 1);
  EXPECT_EQ(sum("CASE WHEN charge = 5 THEN 1 ELSE 0 END"), 1);
  EXPECT_EQ(sum("CASE WHEN charge = 0 THEN 1 ELSE 0 END"), 150);
}

TEST_F(StatementTest, ARowOfSumsWithOtherValuesIsAnErrorAndChangesNothing) {
  const auto add = [this](const std::function<void(Statement&)>& bind) {
    return database_->write([&](soci::session& session) -> Result<void> {
      TG_TRY(auto adding, Statement::prepare_add(session, "things", "id", "value"));
      bind(adding);
      TG_TRY_DONE(adding.queue());
      TG_TRY_DONE(adding.flush());
      return {};
    });
  };
  EXPECT_FALSE(add([](Statement& row) { row.bind(std::int64_t{1}); })) << "too few";
  EXPECT_FALSE(add([](Statement& row) {
    for (std::int64_t i = 0; i < 3; ++i) row.bind(i);
  })) << "too many";
  EXPECT_FALSE(add([](Statement& row) {
    row.bind(std::int64_t{1});
    row.bind(std::span<const std::byte>{});
  })) << "bytes";
  long long rows = 0;
  ASSERT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
    session << "SELECT count(*) FROM things", soci::into(rows);
    return {};
  }));
  EXPECT_EQ(rows, 0);
}

TEST_F(StatementTest, WhatMayBeNullReadsAsItWasBound) {
  ASSERT_TRUE(database_->write([](soci::session& session) -> Result<void> {
    session << "CREATE TABLE sparse (id BIGINT PRIMARY KEY, number BIGINT, value TEXT,"
               " always TEXT NOT NULL)";
    TG_TRY(auto insert, Statement::prepare_insert(session, "sparse", "id,number,value,always"));
    for (std::int64_t id = 0; id < 3; ++id) {
      insert.bind(id);
      insert.bind(id);
      insert.bind(id == 0 ? "" : "x");
      insert.bind("");
      TG_TRY_DONE(insert.queue());
    }
    TG_TRY_DONE(insert.flush());
    TG_TRY(auto rows, Statement::prepare(session,
                                         "SELECT number, value, always FROM sparse WHERE"
                                         " always = '' ORDER BY id"));
    for (std::int64_t id = 0; id < 3; ++id) {
      TG_TRY(const bool row, rows.step());
      EXPECT_TRUE(row);
      EXPECT_EQ(rows.number(0), id);
      EXPECT_EQ(rows.text(1), id == 0 ? "" : "x");
      EXPECT_EQ(rows.text(2), "");
    }
    rows.restart();
    return {};
  }));
}

// Each connection asks the catalogue once: it is wrong where somebody else changes the table, which
// a failure mends.
TEST_F(StatementTest, WhichColumnsMayBeNullIsRememberedUntilATransactionFails) {
  if (!TestFolder::is_on_postgresql()) GTEST_SKIP() << "SQLite writes a zero in no room";
  std::int64_t next = 0;
  const auto insert = [&](const char* value) {
    return database_->write([&](soci::session& session) -> Result<void> {
      TG_TRY(auto row, Statement::prepare_insert(session, "sparse", "id,value"));
      row.bind(++next);
      row.bind(value);
      TG_TRY_DONE(row.queue());
      TG_TRY_DONE(row.flush());
      return {};
    });
  };
  folder_.run_beside("CREATE TABLE sparse (id BIGINT PRIMARY KEY, value TEXT)");
  ASSERT_TRUE(insert("x"));
  folder_.run_beside("ALTER TABLE sparse ALTER COLUMN value SET NOT NULL");
  EXPECT_FALSE(insert("")) << "the catalogue was asked again";
  EXPECT_TRUE(insert(""));
  EXPECT_TRUE(insert(""));
}

TEST_F(StatementTest, AQueryThatIsRestartedMakesRoomForAnother) {
  ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(insert_many(session, 1));
    TG_TRY(auto all, Statement::prepare(session, "SELECT id FROM things ORDER BY id"));
    TG_TRY_DONE(all.step());
    all.restart();
    TG_TRY(auto one, Statement::prepare(session, "SELECT value FROM things WHERE id = ?"));
    for (const std::int64_t id : {7, 2'999, 7}) {
      one.bind(id);
      TG_TRY(const bool row, one.step());
      EXPECT_TRUE(row);
      EXPECT_EQ(one.text(0), std::to_string(id));
      one.restart();
    }
    std::int64_t sum = 0;
    for (;;) {
      TG_TRY(const bool row, all.step());
      if (!row) break;
      sum += all.number(0);
    }
    EXPECT_EQ(sum, kMany * (kMany - 1) / 2);
    return {};
  }));
}

TEST_F(StatementTest, AnotherNumberOfValuesIsAnError) {
  EXPECT_FALSE(database_->write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto insert, Statement::prepare(session, kInsert));
    for (int i = 0; i < 3; ++i) insert.bind(std::int64_t{i});
    TG_TRY_DONE(insert.run());
    return {};
  }));
}

}  // namespace
}  // namespace tg::store
