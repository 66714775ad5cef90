// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace soci {
class session;
}

// A prepared statement for the few places that write or read rows by the million: the ledger's
// transfer and its verification. SOCI copies and allocates for each value of each row. Without it,
// and with sums made from numbers instead of texts, a call costs 18 µs to write down in SQLite
// instead of 36 (ledger_writer_bench). All else goes through SOCI.
//
// Threading:  that of its session.
// Lifetime:   not longer than the session's transaction. What is bound, a text or bytes, is not
// copied:
//             it stays valid until the next run() or queue(). What is read is valid until the next
//             step(). Rows come as they are read, so a query is read to its end or restarted
//             before another statement of the session begins.
// Errors:     kDatabase, logged without values. A bind that fails is told by what follows it.
namespace tg::store {

// What an engine has beneath a Statement, which says what each of these does.
class StatementBackend {
 public:
  StatementBackend() = default;
  StatementBackend(const StatementBackend&) = delete;
  StatementBackend& operator=(const StatementBackend&) = delete;
  virtual ~StatementBackend() = default;

  virtual void bind(std::int64_t value) noexcept = 0;
  virtual void bind(std::string_view text) noexcept = 0;
  virtual void bind(std::span<const std::byte> bytes) noexcept = 0;
  virtual Result<long long> run() noexcept = 0;
  virtual Result<void> queue() noexcept = 0;
  virtual Result<std::vector<long long>> flush() noexcept = 0;
  virtual Result<bool> step() noexcept = 0;
  [[nodiscard]] virtual long long number(int column) const noexcept = 0;
  [[nodiscard]] virtual std::string_view text(int column) const noexcept = 0;
  [[nodiscard]] virtual std::span<const std::byte> bytes(int column) const noexcept = 0;
  virtual void restart() noexcept = 0;
};

// "INSERT INTO <table> (<columns>) VALUES (?,…)<rest>"; `columns` are "a,b,c".
[[nodiscard]] std::string insert_sql(std::string_view table, std::string_view columns,
                                     std::string_view rest = {});

class Statement {
 public:
  // A `?` stands for each value. Rows that have bytes in them are asked for with kBytes; their
  // numbers are then columns of type BIGINT, and no sums.
  enum class Rows : std::uint8_t { kPlain, kBytes };
  [[nodiscard]] static Result<Statement> prepare(soci::session& session, const std::string& sql,
                                                 Rows rows = Rows::kPlain);

  // Adds rows to a table, many at a time, by queue() and flush(): `columns` are "a,b,c", of types
  // BIGINT, TEXT and BYTEA. A row that is there already fails it. On PostgreSQL a column that may
  // be NULL is, where it would be 0 or an empty text: it then takes no room.
  [[nodiscard]] static Result<Statement> prepare_insert(soci::session& session,
                                                        const std::string& table,
                                                        const std::string& columns);

  // Adds to rows of sums, many at a time, by queue() and flush(); a row that is not there yet
  // begins with what is bound. `keys` and `sums` are "a,b,c", of types BIGINT and TEXT, and `keys`
  // the table's. A text stays valid until flush(), and no two rows of one have the same key.
  [[nodiscard]] static Result<Statement> prepare_add(soci::session& session,
                                                     const std::string& table,
                                                     const std::string& keys,
                                                     const std::string& sums);

  // In the order of the question marks, from the first again after run(), queue() or restart().
  void bind(std::int64_t value) noexcept { backend_->bind(value); }
  void bind(std::string_view text) noexcept { backend_->bind(text); }
  void bind(std::span<const std::byte> bytes) noexcept { backend_->bind(bytes); }

  // For one that changes rows: how many.
  [[nodiscard]] Result<long long> run() noexcept { return backend_->run(); }
  // The same for many rows: none waits for the answer to the one before it. flush() says how many
  // rows each changed, in their order; until then the session does nothing else.
  [[nodiscard]] Result<void> queue() noexcept { return backend_->queue(); }
  [[nodiscard]] Result<std::vector<long long>> flush() noexcept { return backend_->flush(); }

  // For a query: true while there is a row. NULL reads as 0, and as an empty text.
  [[nodiscard]] Result<bool> step() noexcept { return backend_->step(); }
  [[nodiscard]] long long number(int column) const noexcept {  // from 0
    return backend_->number(column);
  }
  [[nodiscard]] std::string_view text(int column) const noexcept { return backend_->text(column); }
  [[nodiscard]] std::span<const std::byte> bytes(int column) const noexcept {
    return backend_->bytes(column);
  }
  void restart() noexcept { backend_->restart(); }

 private:
  explicit Statement(std::unique_ptr<StatementBackend> backend) : backend_{std::move(backend)} {}

  std::unique_ptr<StatementBackend> backend_;
};

}  // namespace tg::store
