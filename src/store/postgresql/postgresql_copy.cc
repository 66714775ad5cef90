// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_copy.h"

#include <utility>

#include "store/postgresql/postgresql_columns.h"
#include "store/postgresql/postgresql_session.h"
#include "store/postgresql/postgresql_wire.h"
#include "store/writing_backend.h"

namespace tg::store {
namespace {

// What is gathered before libpq gets it.
constexpr std::size_t kSendBytes = 64 << 10;

// PostgreSQL's manual, "COPY", Binary Format: the signature, no flags, nothing more.
constexpr std::string_view kHeader{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::int16_t kTrailer = -1;
constexpr std::int32_t kNull = -1;

class PostgresqlCopy final : public WritingBackend {
 public:
  PostgresqlCopy(PGconn* connection, std::string sql, std::vector<bool> may_be_null)
      : connection_{connection},
        sql_{std::move(sql)},
        may_be_null_{std::move(may_be_null)},
        columns_{static_cast<std::int16_t>(may_be_null_.size())} {}
  ~PostgresqlCopy() override {
    if (copying_) (void)end("given up");
  }

  void bind(std::int64_t value) noexcept override {
    if (value == 0 && may_be_null()) return begin_field(kNull);
    begin_field(sizeof value);
    put(value);
  }
  void bind(std::string_view text) noexcept override {
    if (text.empty() && may_be_null()) return begin_field(kNull);
    begin_field(static_cast<std::int32_t>(text.size()));
    data_.append(text);
  }
  void bind(std::span<const std::byte> bytes) noexcept override {
    bind(std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  Result<void> queue() noexcept override {
    const auto bound = std::exchange(bound_, std::int16_t{0});
    if (bound != columns_) {
      return fail(Code::kDatabase, "a row has another number of values than its columns");
    }
    ++rows_;
    if (!copying_) TG_TRY_DONE(begin());
    return data_.size() < kSendBytes ? Result<void>{} : send();
  }
  Result<std::vector<long long>> flush() noexcept override {
    if (!copying_) return std::vector<long long>{};
    put(kTrailer);
    const auto sent = send();
    TG_TRY_DONE(end(sent ? nullptr : "given up"));
    TG_TRY_DONE(sent);
    return std::vector<long long>(std::exchange(rows_, 0), 1);
  }

 private:
  template <class Number>
  void put(Number number) {
    append_big_endian(data_, number);
  }
  [[nodiscard]] bool may_be_null() const noexcept {
    return bound_ < columns_ && may_be_null_[static_cast<std::size_t>(bound_)];
  }
  void begin_field(std::int32_t bytes) {
    if (bound_++ == 0) put(columns_);
    put(bytes);
  }

  Result<void> begin() noexcept {
    const PgResult result{PQexec(connection_, sql_.c_str())};
    if (PQresultStatus(result.get()) != PGRES_COPY_IN) return failed(result.get());
    copying_ = true;
    data_.insert(0, kHeader);
    return {};
  }
  Result<void> send() noexcept {
    const auto data = std::exchange(data_, {});
    data_.reserve(data.capacity());
    if (PQputCopyData(connection_, data.data(), static_cast<int>(data.size())) == 1) return {};
    return failed(nullptr);
  }
  // All answers are read, so that the connection is left as it was found.
  Result<void> end(const char* given_up) noexcept {
    copying_ = false;
    Result<void> done;
    if (PQputCopyEnd(connection_, given_up) != 1) done = failed(nullptr);
    while (const PgResult result{PQgetResult(connection_)}) {
      if (done && PQresultStatus(result.get()) != PGRES_COMMAND_OK) done = failed(result.get());
    }
    return done;
  }
  std::unexpected<Error> failed(const PGresult* result) const noexcept {
    return std::unexpected(postgresql_failure(connection_, result));
  }

  PGconn* connection_;
  std::string sql_;
  const std::vector<bool> may_be_null_;  // each column
  const std::int16_t columns_;
  std::string data_;
  std::int16_t bound_ = 0;
  std::size_t rows_ = 0;
  bool copying_ = false;
};

}  // namespace

Result<std::unique_ptr<StatementBackend>> prepare_postgresql_copy(soci::session& session,
                                                                  const std::string& table,
                                                                  const std::string& columns) {
  TG_TRY(auto may_be_null, nullable_columns(session, table, columns));
  return std::make_unique<PostgresqlCopy>(
      postgresql_connection_of(session),
      "COPY " + table + " (" + columns + ") FROM STDIN (FORMAT binary)", std::move(may_be_null));
}

}  // namespace tg::store
