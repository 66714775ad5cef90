// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <functional>

#include "base/result.h"
#include "store/database.h"
#include "store/test_folder.h"

// How much a test's database does for a question or a change: steps of SQLite's virtual machine, or
// rows and entries of indexes that PostgreSQL has read. Either is the same however busy the machine
// is. And how many statements it is asked to run, which SQLite alone tells. For tests only; other
// rooms' use it too.
//
// Threading:  one thread reads; it is then always the same reader that answers.
namespace tg::store {

class ReadCounter {
 public:
  explicit ReadCounter(Database& database) : database_{database} {}

  [[nodiscard]] long long count(const std::function<void()>& work) {
    return TestFolder::is_on_postgresql() ? rows_of(work) : traced(work).steps;
  }

  // BEGIN and COMMIT are among them. On SQLite only.
  [[nodiscard]] long long count_statements(const std::function<void()>& work) {
    TG_CHECK(!TestFolder::is_on_postgresql());
    return traced(work).statements;
  }

 private:
  using Context = unsigned;
  struct Traced {
    long long steps = 0;
    long long statements = 0;
  };

  static int add(Context /*event*/, void* traced, void* statement, void* /*nanoseconds*/) {
    auto& sums = *static_cast<Traced*>(traced);
    sums.steps += sqlite_api::sqlite3_stmt_status(static_cast<sqlite_api::sqlite3_stmt*>(statement),
                                                  SQLITE_STMTSTATUS_VM_STEP, /*reset=*/1);
    ++sums.statements;
    return 0;
  }

  void trace(Context events, Traced* traced) {
    const auto of = [&](soci::session& session) -> Result<void> {
      auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
      sqlite_api::sqlite3_trace_v2(backend->conn_, events, events == 0 ? nullptr : add, traced);
      return {};
    };
    TG_CHECK(database_.read(of).has_value());
    TG_CHECK(database_.write(of).has_value());
  }

  Traced traced(const std::function<void()>& work) {
    Traced sums;
    trace(SQLITE_TRACE_PROFILE, &sums);
    work();
    trace(0, nullptr);
    return sums;
  }

  // Sessions tell what they have read once a second at most, unless they are told to.
  long long rows_read() {
    constexpr auto* kTell = "SELECT count(*) FROM (SELECT pg_stat_force_next_flush()) AS told";
    long long rows = 0;
    run([&](soci::session& session) { session << kTell, soci::into(rows); });
    const auto told = database_.write([&](soci::session& session) -> Result<void> {
      session << kTell, soci::into(rows);
      return {};
    });
    TG_CHECK(told.has_value());
    run([&](soci::session& session) {
      session << "SELECT CAST("
                 "(SELECT SUM(seq_tup_read) FROM pg_stat_user_tables"
                 " WHERE schemaname = current_schema()) +"
                 "(SELECT SUM(idx_tup_read) FROM pg_stat_user_indexes"
                 " WHERE schemaname = current_schema()) AS BIGINT)",
          soci::into(rows);
    });
    return rows;
  }

  long long rows_of(const std::function<void()>& work) {
    const auto before = rows_read();
    work();
    return rows_read() - before;
  }

  void run(const std::function<void(soci::session&)>& work) {
    const auto done = database_.read([&](soci::session& session) -> Result<void> {
      work(session);
      return {};
    });
    TG_CHECK(done.has_value());
  }

  Database& database_;
};

}  // namespace tg::store
