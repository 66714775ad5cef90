// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_statement.h"

#include <array>
#include <atomic>
#include <charconv>
#include <utility>

#include "store/postgresql/postgresql_session.h"

namespace tg::store {
namespace {

// So many answers wait in the server or in libpq before they are read: at 40 bytes each, less than
// a socket's buffer holds.
constexpr std::size_t kQueueMax = 512;

// Numbers are sent as texts, which the server makes into what the column is; texts as they are,
// with their length ("binary"), because libpq would want a zero at their end.
constexpr int kAsText = 0;
constexpr int kAsBytes = 1;

class PostgresqlStatement final : public StatementBackend {
 public:
  PostgresqlStatement(PGconn* connection, std::string name, int parameters, bool rows_have_bytes)
      : connection_{connection},
        name_{std::move(name)},
        count_{parameters},
        rows_format_{rows_have_bytes ? kAsBytes : kAsText} {
    const auto size = static_cast<std::size_t>(parameters);
    values_.resize(size);
    lengths_.resize(size);
    formats_.resize(size);
    numbers_.resize(size);
  }
  // The statement itself is dropped when the next transaction begins.
  ~PostgresqlStatement() override {
    if (in_pipeline_) (void)flush();
    restart();
  }

  void bind(std::int64_t value) noexcept override {
    if (bound_ >= values_.size()) return too_many();
    auto& digits = numbers_[bound_];
    *std::to_chars(digits.data(), digits.data() + digits.size() - 1, value).ptr = '\0';
    set(digits.data(), 0, kAsText);
  }
  void bind(std::string_view text) noexcept override {
    if (bound_ >= values_.size()) return too_many();
    // A null pointer would bind NULL, and no column takes that.
    set(text.data() == nullptr ? "" : text.data(), static_cast<int>(text.size()), kAsBytes);
  }
  void bind(std::span<const std::byte> bytes) noexcept override {
    bind(std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  Result<long long> run() noexcept override {
    TG_TRY_DONE(all_bound());
    const PgResult result{PQexecPrepared(connection_, name_.c_str(), count_, values_.data(),
                                         lengths_.data(), formats_.data(), kAsText)};
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return failed(result.get());
    return rows_changed(result.get());
  }

  Result<void> queue() noexcept override;
  Result<std::vector<long long>> flush() noexcept override;

  Result<bool> step() noexcept override {
    if (!in_rows_) TG_TRY_DONE(ask());
    row_.reset(PQgetResult(connection_));
    const auto status = PQresultStatus(row_.get());
    if (status == PGRES_SINGLE_TUPLE) return true;
    if (status != PGRES_TUPLES_OK) {
      const auto refused = failed(row_.get());
      restart();
      return refused;
    }
    restart();
    return false;
  }
  [[nodiscard]] long long number(int column) const noexcept override {
    const auto digits = text(column);
    if (rows_format_ == kAsBytes) return from_big_endian(digits);
    long long value = 0;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  [[nodiscard]] std::string_view text(int column) const noexcept override {
    if (PQgetisnull(row_.get(), 0, column) != 0) return {};
    return {PQgetvalue(row_.get(), 0, column),
            static_cast<std::size_t>(PQgetlength(row_.get(), 0, column))};
  }
  [[nodiscard]] std::span<const std::byte> bytes(int column) const noexcept override {
    return std::as_bytes(std::span{text(column)});
  }
  void restart() noexcept override {
    row_.reset();
    bound_ = 0;
    bound_too_many_ = false;
    if (!in_rows_) return;
    in_rows_ = false;
    while (PgResult{PQgetResult(connection_)}) {
    }
  }

 private:
  void set(const char* value, int length, int format) noexcept {
    values_[bound_] = value;
    lengths_[bound_] = length;
    formats_[bound_] = format;
    ++bound_;
  }
  void too_many() noexcept { bound_too_many_ = true; }
  Result<void> all_bound() noexcept {
    const bool right = !bound_too_many_ && bound_ == values_.size();
    bound_ = 0;
    bound_too_many_ = false;
    if (right) return {};
    return fail(Code::kDatabase, "a statement has another number of values than it asks for");
  }
  std::unexpected<Error> failed(const PGresult* result) const noexcept {
    return std::unexpected(postgresql_failure(connection_, result));
  }
  // As the server sends a BIGINT.
  static long long from_big_endian(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<long long>(value);
  }
  static long long rows_changed(PGresult* result) noexcept {
    const std::string_view digits{PQcmdTuples(result)};
    long long changed = 0;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), changed);
    return changed;
  }

  Result<void> send() noexcept {
    TG_TRY_DONE(all_bound());
    if (PQsendQueryPrepared(connection_, name_.c_str(), count_, values_.data(), lengths_.data(),
                            formats_.data(), rows_format_) == 1) {
      return {};
    }
    return failed(nullptr);
  }
  Result<void> ask() noexcept {
    TG_TRY_DONE(send());
    in_rows_ = true;
    if (PQsetSingleRowMode(connection_) == 1) return {};
    restart();
    return failed(nullptr);
  }
  Result<void> read_answers() noexcept;

  PGconn* connection_;
  std::string name_;
  int count_;
  int rows_format_;
  // As PQexecPrepared() wants them.
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::array<char, 24>> numbers_;  // -9223372036854775808 and a zero
  std::size_t bound_ = 0;
  bool bound_too_many_ = false;

  PgResult row_;
  bool in_rows_ = false;

  bool in_pipeline_ = false;
  std::size_t queued_ = 0;
  std::vector<long long> changed_;
};

Result<void> PostgresqlStatement::queue() noexcept {
  if (!in_pipeline_) {
    if (PQenterPipelineMode(connection_) != 1) return failed(nullptr);
    in_pipeline_ = true;
  }
  TG_TRY_DONE(send());
  if (++queued_ < kQueueMax) return {};
  return read_answers();
}

// After a failure the server skips what else was queued, up to the sync; it is all read, so that
// the connection is left as it was found.
Result<void> PostgresqlStatement::read_answers() noexcept {
  if (PQpipelineSync(connection_) != 1) return failed(nullptr);
  Result<void> done;
  for (; queued_ > 0; --queued_) {
    const PgResult result{PQgetResult(connection_)};
    const auto status = PQresultStatus(result.get());
    if (done && status != PGRES_COMMAND_OK) done = failed(result.get());
    if (done) changed_.push_back(rows_changed(result.get()));
    if (!result) break;
    // Each answer ends with a null.
    const PgResult end{PQgetResult(connection_)};
  }
  queued_ = 0;
  const PgResult sync{PQgetResult(connection_)};
  if (done && PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) return failed(sync.get());
  return done;
}

Result<std::vector<long long>> PostgresqlStatement::flush() noexcept {
  if (!in_pipeline_) return std::vector<long long>{};
  in_pipeline_ = false;
  const auto done = read_answers();
  const bool left = PQexitPipelineMode(connection_) == 1;
  auto changed = std::exchange(changed_, {});
  if (!done) return std::unexpected(done.error());
  if (!left) return failed(nullptr);
  return changed;
}

}  // namespace

NumberedSql number_parameters(std::string_view sql) {
  NumberedSql numbered;
  numbered.text.reserve(sql.size() + 64);
  char quote = '\0';
  for (const char each : sql) {
    if (each == '?' && quote == '\0') {
      numbered.text.append("$").append(std::to_string(++numbered.parameters));
      continue;
    }
    if (quote == '\0' && (each == '\'' || each == '"')) {
      quote = each;
    } else if (each == quote) {
      quote = '\0';
    }
    numbered.text += each;
  }
  return numbered;
}

Result<std::unique_ptr<StatementBackend>> prepare_postgresql(soci::session& session,
                                                             const std::string& sql,
                                                             bool rows_have_bytes) {
  static std::atomic<std::uint64_t> number{0};
  auto* connection = postgresql_connection_of(session);
  const auto numbered = number_parameters(sql);
  auto name = "tollgate_" + std::to_string(number.fetch_add(1, std::memory_order_relaxed));
  const PgResult result{PQprepare(connection, name.c_str(), numbered.text.c_str(), 0, nullptr)};
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    return std::unexpected(postgresql_failure(connection, result.get()));
  }
  return std::make_unique<PostgresqlStatement>(connection, std::move(name), numbered.parameters,
                                               rows_have_bytes);
}

}  // namespace tg::store
