// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sqlite_api {
struct sqlite3_stmt;
}
namespace soci {
class session;
}

// A prepared statement for the few places that write or read rows by the million: the ledger's
// transfer and its verification. SOCI copies each text twice and allocates for each value, which is
// two thirds of what it costs to write a call down (ledger_writer_bench); everything else goes
// through SOCI.
//
// Threading:  that of its session.
// Lifetime:   not longer than the session's transaction. A text that is bound is not copied: it
//             stays valid until the next run(). A text that is read is valid until the next step().
// Errors:     kDatabase, logged without values. A bind that fails is told by what follows it.
namespace tg::store {

class Statement {
 public:
  // A `?` stands for each value.
  [[nodiscard]] static Result<Statement> prepare(soci::session& session, const std::string& sql);

  // In the order of the question marks, from the first again after run() or restart().
  void bind(std::int64_t value) noexcept;
  void bind(std::string_view text) noexcept;

  // For one that changes rows: how many.
  [[nodiscard]] Result<long long> run() noexcept;

  // For a query: true while there is a row.
  [[nodiscard]] Result<bool> step() noexcept;
  [[nodiscard]] long long number(int column) const noexcept;  // from 0
  [[nodiscard]] std::string_view text(int column) const noexcept;
  void restart() noexcept;

 private:
  struct Finalize {
    void operator()(sqlite_api::sqlite3_stmt* statement) const noexcept;
  };

  explicit Statement(sqlite_api::sqlite3_stmt* statement) : statement_{statement} {}
  [[nodiscard]] std::unexpected<Error> failed(int status) noexcept;

  std::unique_ptr<sqlite_api::sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  int bind_status_ = 0;
};

}  // namespace tg::store
