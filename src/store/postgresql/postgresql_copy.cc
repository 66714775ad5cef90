// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_copy.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "store/postgresql/postgresql_session.h"

namespace tg::store {
namespace {

// What is gathered before libpq gets it.
constexpr std::size_t kSendBytes = 64 << 10;

// PostgreSQL's manual, "COPY", Binary Format: the signature, no flags, nothing more.
constexpr std::string_view kHeader{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::int16_t kTrailer = -1;

class PostgresqlCopy final : public StatementBackend {
 public:
  PostgresqlCopy(PGconn* connection, std::string sql, std::int16_t columns)
      : connection_{connection}, sql_{std::move(sql)}, columns_{columns} {}
  ~PostgresqlCopy() override {
    if (copying_) (void)end("given up");
  }

  void bind(std::int64_t value) noexcept override {
    begin_field(sizeof value);
    put(value);
  }
  void bind(std::string_view text) noexcept override {
    begin_field(text.size());
    data_.append(text);
  }
  void bind(std::span<const std::byte> bytes) noexcept override {
    bind(std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  Result<long long> run() noexcept override {
    TG_TRY_DONE(queue());
    TG_TRY_DONE(flush());
    return 1;
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

  // It asks nothing.
  Result<bool> step() noexcept override { return fail(Code::kDatabase, "a COPY has no rows"); }
  [[nodiscard]] long long number(int /*column*/) const noexcept override { return 0; }
  [[nodiscard]] std::string_view text(int /*column*/) const noexcept override { return {}; }
  [[nodiscard]] std::span<const std::byte> bytes(int /*column*/) const noexcept override {
    return {};
  }
  void restart() noexcept override {}

 private:
  // As the network has it: the most significant byte first.
  template <class Number>
  void put(Number number) {
    number = std::byteswap(number);
    data_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void begin_field(std::size_t bytes) {
    if (bound_++ == 0) put(columns_);
    put(static_cast<std::int32_t>(bytes));
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
  static_assert(std::endian::native == std::endian::little);
  const auto count = static_cast<std::int16_t>(1 + std::ranges::count(columns, ','));
  return std::make_unique<PostgresqlCopy>(
      postgresql_connection_of(session),
      "COPY " + table + " (" + columns + ") FROM STDIN (FORMAT binary)", count);
}

}  // namespace tg::store
