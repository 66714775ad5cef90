// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "store/engine.h"
#include "store/postgresql/postgresql_address.h"
#include "store/postgresql/postgresql_session.h"

// A folder for one test and a place for its database, both gone when it ends. The database is
// SQLite's in the folder, or where TOLLGATE_TEST_DATABASE names a PostgreSQL database, a schema of
// its own in that (scripts/postgresql.sh). For tests only; other rooms' use it too.
namespace tg::store {

class TestFolder {
 public:
  TestFolder() {
    std::string name = std::filesystem::temp_directory_path() / "tollgate-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    if (!schema_.empty()) run_on_server("DROP SCHEMA " + schema_ + " CASCADE");
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  static bool is_on_postgresql() { return ::secure_getenv("TOLLGATE_TEST_DATABASE") != nullptr; }

  // The same database each time; valid as long as the folder. SQLite's lies in `data_folder`.
  DatabasePlace place(const std::filesystem::path& data_folder) {
    if (is_on_postgresql() && schema_.empty()) make_schema();
    return {.data_folder = data_folder, .address = &address_};
  }
  DatabasePlace place() { return place(path_); }

  // SQL beside the database under test, as an operator with psql might. PostgreSQL only.
  void run_beside(const std::string& sql) {
    run_on_server("SET search_path = " + schema_ + "; " + sql);
  }

 private:
  void make_schema() {
    static std::atomic<int> number{0};
    schema_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(number++);
    run_on_server("CREATE SCHEMA " + schema_);
    const std::string server = ::secure_getenv("TOLLGATE_TEST_DATABASE");
    address_ = SecretBytes{std::string_view{server + (server.contains('?') ? "&" : "?") +
                                            "options=-csearch_path%3D" + schema_}};
  }

  static void run_on_server(const std::string& sql) {
    const SecretBytes server{std::string_view{::secure_getenv("TOLLGATE_TEST_DATABASE")}};
    const auto session = open_postgresql(parse_postgresql_address(server)->uri);
    TG_CHECK(session && run_postgresql_script(**session, sql.c_str()));
  }

  std::filesystem::path path_;
  std::string schema_;
  SecretBytes address_;
};

}  // namespace tg::store
