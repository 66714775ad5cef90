// SPDX-License-Identifier: Apache-2.0
// What only a database on a server can do. Skipped where TOLLGATE_TEST_DATABASE names none; ./test
// runs them in its second round.
#include "store/postgresql/postgresql_engine.h"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <string>

#include "store/database.h"
#include "store/postgresql/postgresql_address.h"
#include "store/postgresql/postgresql_session.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

TEST(PostgresqlText, ColumnsOfTextAreOrderedByBytes) {
  EXPECT_EQ(with_byte_order("CREATE TABLE a (TEXTURE TEXT, b TEXT NOT NULL, MY_TEXT BIGINT)"),
            "CREATE TABLE a (TEXTURE TEXT COLLATE \"C\", b TEXT COLLATE \"C\" NOT NULL,"
            " MY_TEXT BIGINT)");
}

Result<PostgresqlAddress> parse(std::string_view address) {
  return parse_postgresql_address(SecretBytes{address});
}

TEST(PostgresqlAddress, KeepsEveryCharacterOfAPassword) {
  const auto parsed = parse("postgresql://ada:p%27w%5C%20%20%40%2F%3F@db.example:5433/tollgate");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->uri.contains("password=p%27w%5C%20%20%40%2F%3F")) << parsed->uri;
  EXPECT_EQ(parsed->place, "db.example:5433/tollgate");
}

TEST(PostgresqlAddress, HasDeadlinesUnlessItNamesOthers) {
  EXPECT_TRUE(parse("postgresql://a/b")->uri.contains("connect_timeout=5&"));
  const auto own = parse("postgres://a/b?connect_timeout=9&sslmode=verify-full");
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->uri.contains("connect_timeout=9&"));
  EXPECT_FALSE(own->uri.contains("connect_timeout=5&"));
  EXPECT_TRUE(own->uri.contains("sslmode=verify%2Dfull"));
}

TEST(PostgresqlAddress, WithAPasswordThatWasNotEncodedIsRefusedAndNotQuoted) {
  for (const auto* address :
       {"postgresql://ada:hunter@two@host/db", "postgresql://ada:hunter/two@host/db",
        "postgresql://ada:hunter%zztwo@host/db", "postgresql://host/db?no_such=hunter",
        "mysql://ada:hunter@host/db"}) {
    const auto parsed = parse(address);
    ASSERT_FALSE(parsed) << address;
    EXPECT_EQ(parsed.error().code, Code::kConfiguration) << address;
    EXPECT_FALSE(std::string_view{parsed.error().detail}.contains("hunter")) << address;
  }
}

class PostgresqlTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestFolder::is_on_postgresql()) GTEST_SKIP() << "TOLLGATE_TEST_DATABASE is not set";
  }

  Result<std::unique_ptr<Database>> open(const std::string& key_fingerprint = "") {
    auto place = folder_.place();
    place.key_fingerprint = key_fingerprint;
    return Database::open(place);
  }
  // The test server with another user or database in its address.
  static Code refusal(const std::string& from, const std::string& to) {
    std::string address = ::secure_getenv("TOLLGATE_TEST_DATABASE");
    const auto at = address.find(from);
    TG_CHECK(at != std::string::npos);
    address.replace(at, from.size(), to);
    const SecretBytes secret{std::string_view{address}};
    const auto opened = Database::open({.data_folder = {}, .address = &secret});
    return opened ? Code::kInternal : opened.error().code;
  }
  // Ends every connection of the database under test, as a restarted server does.
  void cut() {
    folder_.run_beside(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (SELECT pid FROM"
        " pg_locks WHERE locktype = 'advisory' AND objid::bigint ="
        " hashtext(current_schema())::bigint & 4294967295)");
  }
  static Result<void> add(Database& database) {
    return database.write([](soci::session& session) -> Result<void> {
      session << "INSERT INTO default_models (endpoint, model)"
                 " SELECT 'n' || count(*), '' FROM default_models";
      return {};
    });
  }
  static int count(Database& database) {
    int number = -1;
    EXPECT_TRUE(database.read([&](soci::session& session) -> Result<void> {
      session << "SELECT count(*) FROM default_models", soci::into(number);
      return {};
    }));
    return number;
  }

  TestFolder folder_;
};

TEST_F(PostgresqlTest, OneTollgateAtATimeRunsOnADatabase) {
  auto first = open();
  ASSERT_TRUE(first);
  EXPECT_EQ(open().error().code, Code::kConflict);
  first->reset();
  EXPECT_TRUE(open());
}

TEST_F(PostgresqlTest, OfOtherKeysIsRefusedAndNotTouched) {
  ASSERT_TRUE(open("0011"));
  ASSERT_TRUE(open("0011"));
  EXPECT_EQ(open("0012").error().code, Code::kConfiguration);
}

TEST_F(PostgresqlTest, OfAnotherProgramIsRefusedAndNotTouched) {
  (void)folder_.place();
  folder_.run_beside("CREATE TABLE bookmarks (url TEXT)");
  EXPECT_EQ(open().error().code, Code::kConfiguration);
  folder_.run_beside("CREATE TABLE schema_version (version INTEGER, name TEXT)");
  EXPECT_EQ(open().error().code, Code::kConfiguration);
  folder_.run_beside("INSERT INTO schema_version VALUES (1, 'theirs'); DROP TABLE bookmarks");
  EXPECT_EQ(open().error().code, Code::kConfiguration);
}

TEST_F(PostgresqlTest, WrongPasswordAndMissingDatabaseAreTheOperatorsToMend) {
  EXPECT_EQ(refusal("user=postgres", "user=guarded&password=wrong"), Code::kConfiguration);
  EXPECT_EQ(refusal("user=postgres", "user=guarded"), Code::kConfiguration);
  EXPECT_EQ(refusal("/postgres?", "/no_such_database?"), Code::kConfiguration);
  EXPECT_EQ(refusal("host=/tmp", "host=/nowhere"), Code::kDatabase);
}

TEST_F(PostgresqlTest, AConnectionLostBetweenTwoTransactionsIsNotNoticed) {
  const auto database = *open();
  ASSERT_TRUE(add(*database));
  cut();
  EXPECT_TRUE(add(*database));
  EXPECT_EQ(count(*database), 2);
  // And the lock was taken again.
  EXPECT_EQ(open().error().code, Code::kConflict);
}

TEST_F(PostgresqlTest, AConnectionLostInATransactionLeavesNoTrace) {
  const auto database = *open();
  const auto lost = database->write([&](soci::session& session) -> Result<void> {
    session << "INSERT INTO default_models VALUES ('lost', '')";
    cut();
    session << "INSERT INTO default_models VALUES ('lost too', '')";
    return {};
  });
  EXPECT_EQ(lost.error().code, Code::kDatabase);
  EXPECT_EQ(count(*database), 0);
  EXPECT_TRUE(add(*database));
  EXPECT_EQ(count(*database), 1);
}

// The lock went to another while this one was cut off: it must not write any more.
TEST_F(PostgresqlTest, WhoLostTheLockWritesNothing) {
  const auto first = *open();
  cut();
  auto second = open();
  ASSERT_TRUE(second);
  EXPECT_EQ(add(*first).error().code, Code::kConflict);
  EXPECT_EQ(count(**second), 0);
  second->reset();
}

TEST_F(PostgresqlTest, AStatementThatFailsIsNotCommittedEvenIfItsErrorIsSwallowed) {
  const auto database = *open();
  bool thrown = false;
  const auto swallowed = database->write([&](soci::session& session) -> Result<void> {
    session << "INSERT INTO default_models VALUES ('lost', '')";
    try {
      session << "INSERT INTO no_such_table VALUES (1)";
    } catch (const soci::soci_error&) {
      thrown = true;
    }
    return {};
  });
  EXPECT_TRUE(thrown);
  EXPECT_EQ(swallowed.error().code, Code::kDatabase);
  EXPECT_EQ(count(*database), 0);
}

}  // namespace
}  // namespace tg::store
