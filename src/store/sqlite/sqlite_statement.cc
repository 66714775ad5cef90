// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_statement.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include <utility>

#include "base/give_way.h"
#include "base/log.h"
#include "store/sqlite/sqlite_session.h"

namespace tg::store {
namespace {

class SqliteStatement final : public StatementBackend {
 public:
  explicit SqliteStatement(sqlite_api::sqlite3_stmt* statement) : statement_{statement} {}

  void bind(std::int64_t value) noexcept override {
    note(sqlite_api::sqlite3_bind_int64(statement_.get(), ++bound_, value));
  }
  void bind(std::string_view text) noexcept override {
    // A null pointer would bind NULL, and no column takes that.
    const char* begin = text.data() == nullptr ? "" : text.data();
    note(sqlite_api::sqlite3_bind_text(statement_.get(), ++bound_, begin,
                                       static_cast<int>(text.size()), SQLITE_STATIC));
  }

  void bind(std::span<const std::byte> bytes) noexcept override {
    const void* begin = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    note(sqlite_api::sqlite3_bind_blob64(statement_.get(), ++bound_, begin, bytes.size(),
                                         SQLITE_STATIC));
  }

  Result<long long> run() noexcept override {
    TG_TRY(const bool row, step());
    TG_CHECK(!row);
    restart();
    return sqlite_api::sqlite3_changes64(sqlite_api::sqlite3_db_handle(statement_.get()));
  }
  // There is nobody to wait for.
  Result<void> queue() noexcept override {
    TG_TRY(const auto changed, run());
    changed_.push_back(changed);
    give_way();
    return {};
  }
  Result<std::vector<long long>> flush() noexcept override { return std::exchange(changed_, {}); }

  Result<bool> step() noexcept override {
    if (bind_status_ != SQLITE_OK) return failed(bind_status_);
    const int status = sqlite_api::sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return failed(status);
  }
  [[nodiscard]] long long number(int column) const noexcept override {
    return sqlite_api::sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] std::string_view text(int column) const noexcept override {
    const auto* text =
        reinterpret_cast<const char*>(sqlite_api::sqlite3_column_text(statement_.get(), column));
    if (text == nullptr) return {};
    return {text,
            static_cast<std::size_t>(sqlite_api::sqlite3_column_bytes(statement_.get(), column))};
  }
  [[nodiscard]] std::span<const std::byte> bytes(int column) const noexcept override {
    const auto* bytes =
        static_cast<const std::byte*>(sqlite_api::sqlite3_column_blob(statement_.get(), column));
    if (bytes == nullptr) return {};
    return {bytes,
            static_cast<std::size_t>(sqlite_api::sqlite3_column_bytes(statement_.get(), column))};
  }
  void restart() noexcept override {
    sqlite_api::sqlite3_reset(statement_.get());
    bound_ = 0;
    bind_status_ = SQLITE_OK;
  }

 private:
  struct Finalize {
    void operator()(sqlite_api::sqlite3_stmt* statement) const noexcept {
      sqlite_api::sqlite3_finalize(statement);
    }
  };

  // The first that is no success.
  void note(int bind_status) noexcept {
    if (bind_status_ == SQLITE_OK) bind_status_ = bind_status;
  }
  std::unexpected<Error> failed(int status) noexcept {
    // Before the reset, which may forget it. It names tables and columns, never values.
    log(LogLevel::kError, "SQL failed",
        {{"error", sqlite_api::sqlite3_errmsg(sqlite_api::sqlite3_db_handle(statement_.get()))},
         {"sqlite_code", status}});
    restart();
    return fail(Code::kDatabase, "the database refused a statement; the log has its message");
  }

  std::unique_ptr<sqlite_api::sqlite3_stmt, Finalize> statement_;
  std::vector<long long> changed_;
  int bound_ = 0;
  int bind_status_ = SQLITE_OK;
};

}  // namespace

Result<std::unique_ptr<StatementBackend>> prepare_sqlite(soci::session& session,
                                                         const std::string& sql) {
  auto* connection = sqlite_connection_of(session);
  sqlite_api::sqlite3_stmt* statement = nullptr;
  const int status = sqlite_api::sqlite3_prepare_v2(
      connection, sql.c_str(), static_cast<int>(sql.size()) + 1, &statement, nullptr);
  if (status == SQLITE_OK) return std::make_unique<SqliteStatement>(statement);
  log(LogLevel::kError, "SQL failed",
      {{"error", sqlite_api::sqlite3_errmsg(connection)}, {"sqlite_code", status}});
  return fail(Code::kDatabase, "the database refused a statement; the log has its message");
}

}  // namespace tg::store
