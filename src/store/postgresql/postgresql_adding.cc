// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_adding.h"

#include <array>
#include <utility>

#include "store/adding_sql.h"
#include "store/postgresql/postgresql_session.h"
#include "store/postgresql/postgresql_wire.h"
#include "store/writing_backend.h"

namespace tg::store {
namespace {

// So many rows are gathered before the server gets them.
constexpr std::int32_t kRowsAtOnce = 16'384;

// PostgreSQL's catalog, pg_type.dat.
constexpr std::int32_t kBigint = 20;
constexpr std::int32_t kText = 25;

class PostgresqlAdding final : public WritingBackend {
 public:
  PostgresqlAdding(PGconn* connection, AddingTable table)
      : connection_{connection}, table_{std::move(table)}, columns_(table_.columns()) {}

  void bind(std::int64_t value) noexcept override {
    if (auto* const column = next(kBigint)) {
      append_big_endian(column->data, static_cast<std::int32_t>(sizeof value));
      append_big_endian(column->data, value);
    }
  }
  void bind(std::string_view text) noexcept override {
    if (auto* const column = next(kText)) {
      append_big_endian(column->data, static_cast<std::int32_t>(text.size()));
      column->data.append(text);
    }
  }
  void bind(std::span<const std::byte> /*bytes*/) noexcept override { is_wrong_ = true; }

  Result<void> queue() noexcept override {
    if (is_wrong_ || bound_ != columns_.size()) {
      return fail(Code::kDatabase, "a row has other values than its columns");
    }
    bound_ = 0;
    return ++rows_ < kRowsAtOnce ? Result<void>{} : send();
  }
  Result<std::vector<long long>> flush() noexcept override {
    if (rows_ > 0) TG_TRY_DONE(send());
    return std::vector<long long>(std::exchange(sent_, 0), 1);
  }

 private:
  struct Column {
    std::int32_t type = 0;  // that of its first value
    std::string data;       // an array's elements, each with its length before it
  };

  Column* next(std::int32_t type) noexcept {
    if (bound_ == columns_.size()) {
      is_wrong_ = true;
      return nullptr;
    }
    auto& column = columns_[bound_++];
    if (column.type == 0) column.type = type;
    is_wrong_ = is_wrong_ || column.type != type;
    return &column;
  }

  // As array_send() makes it: one dimension, no NULL, the first element has number 1.
  [[nodiscard]] std::string array_of(const Column& column) const {
    std::string array;
    array.reserve(column.data.size() + 20);
    for (const auto each : {1, 0, column.type, rows_, 1}) append_big_endian(array, each);
    return array += column.data;
  }

  [[nodiscard]] std::string sql() const {
    std::string source{"SELECT * FROM unnest("};
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      source.append(i == 0 ? "$" : ",$").append(std::to_string(i + 1));
      source.append(columns_[i].type == kText ? "::text[]" : "::bigint[]");
    }
    return adding_sql(table_, source + ")");
  }

  Result<void> send() noexcept {
    std::vector<std::string> arrays;
    std::vector<const char*> values;
    std::vector<int> lengths;
    arrays.reserve(columns_.size());
    for (auto& column : columns_) {
      const auto& array = arrays.emplace_back(array_of(column));
      values.push_back(array.data());
      lengths.push_back(static_cast<int>(array.size()));
      column.data.clear();
    }
    const std::vector<int> formats(columns_.size(), 1);
    const PgResult result{PQexecParams(connection_, sql().c_str(), static_cast<int>(values.size()),
                                       nullptr, values.data(), lengths.data(), formats.data(), 0)};
    sent_ += static_cast<std::size_t>(std::exchange(rows_, 0));
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return {};
    return std::unexpected(postgresql_failure(connection_, result.get()));
  }

  PGconn* connection_;
  const AddingTable table_;
  std::vector<Column> columns_;
  std::size_t bound_ = 0;
  bool is_wrong_ = false;
  std::int32_t rows_ = 0;
  std::size_t sent_ = 0;
};

}  // namespace

Result<std::unique_ptr<StatementBackend>> prepare_postgresql_adding(soci::session& session,
                                                                    const std::string& table,
                                                                    const std::string& keys,
                                                                    const std::string& sums) {
  return std::make_unique<PostgresqlAdding>(postgresql_connection_of(session),
                                            AddingTable{.name = table, .keys = keys, .sums = sums});
}

}  // namespace tg::store
