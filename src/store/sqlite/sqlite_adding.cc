// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_adding.h"

#include <utility>
#include <variant>

#include "base/give_way.h"
#include "store/adding_sql.h"
#include "store/sqlite/sqlite_statement.h"
#include "store/writing_backend.h"

namespace tg::store {
namespace {

constexpr std::size_t kRowsAtOnce = 64;
// So many rows are gathered before they are written.
constexpr std::size_t kRowsMax = 16'384;

class SqliteAdding final : public WritingBackend {
 public:
  SqliteAdding(soci::session& session, AddingTable table)
      : session_{session}, table_{std::move(table)}, columns_{table_.columns()} {}

  void bind(std::int64_t value) noexcept override { values_.emplace_back(value); }
  void bind(std::string_view text) noexcept override { values_.emplace_back(text); }
  void bind(std::span<const std::byte> /*bytes*/) noexcept override { is_wrong_ = true; }

  Result<void> queue() noexcept override {
    if (is_wrong_ || values_.size() != ++rows_ * columns_) {
      return fail(Code::kDatabase, "a row has other values than its columns");
    }
    return rows_ < kRowsMax ? Result<void>{} : write();
  }
  Result<std::vector<long long>> flush() noexcept override {
    TG_TRY_DONE(write());
    return std::vector<long long>(std::exchange(written_, 0), 1);
  }

 private:
  [[nodiscard]] std::string sql(std::size_t rows) const {
    std::string row{"(?"};
    for (std::size_t i = 1; i < columns_; ++i) row += ",?";
    row += ")";
    auto source = "VALUES " + row;
    for (std::size_t i = 1; i < rows; ++i) source.append(",").append(row);
    return adding_sql(table_, source);
  }

  Result<void> write() noexcept {
    std::span rest{values_};
    for (const std::size_t at_once : {kRowsAtOnce, std::size_t{1}}) {
      const auto values = at_once * columns_;
      if (rest.size() < values) continue;
      TG_TRY(auto insert, prepare_sqlite(session_, sql(at_once)));
      for (; rest.size() >= values; rest = rest.subspan(values)) {
        for (const auto& value : rest.first(values)) {
          std::visit([&insert](const auto& each) { insert->bind(each); }, value);
        }
        TG_TRY_DONE(insert->run());
        give_way(at_once);
      }
    }
    values_.clear();
    written_ += std::exchange(rows_, 0);
    return {};
  }

  soci::session& session_;
  const AddingTable table_;
  const std::size_t columns_;
  std::vector<std::variant<std::int64_t, std::string_view>> values_;
  bool is_wrong_ = false;
  std::size_t rows_ = 0;
  std::size_t written_ = 0;
};

}  // namespace

Result<std::unique_ptr<StatementBackend>> prepare_sqlite_adding(soci::session& session,
                                                                const std::string& table,
                                                                const std::string& keys,
                                                                const std::string& sums) {
  return std::make_unique<SqliteAdding>(session,
                                        AddingTable{.name = table, .keys = keys, .sums = sums});
}

}  // namespace tg::store
