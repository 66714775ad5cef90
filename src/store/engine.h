// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret_bytes.h"

namespace soci {
class session;
}

// What Database and migrate() need of an SQL engine: connections, transactions, and whose database
// it is. SQLite's is in sqlite/, PostgreSQL's in postgresql/; every other text of SQL serves both.
//
// Threading:  connect() from any thread; the rest on the thread that has the session.
// Errors:     kDatabase; kConfiguration where only the operator can help; logged without values.
namespace tg::store {

class Engine {
 public:
  enum class Role : std::uint8_t { kWriter, kReader };
  enum class Owner : std::uint8_t {
    kNobody,  // it is empty
    kTollgate,
    kAnotherFolder,  // a Tollgate whose keys' files are others
    kAnotherProgram,
  };

  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  // A writer's session is the only one there is, in this process or another, while it lives.
  [[nodiscard]] virtual Result<std::unique_ptr<soci::session>> connect(Role role) = 0;
  // What may be set only once the database is known to be ours.
  [[nodiscard]] virtual Result<void> settle(soci::session& session, Role role) = 0;

  [[nodiscard]] virtual Result<void> begin(soci::session& session, Role role) = 0;
  [[nodiscard]] virtual Result<void> commit(soci::session& session) = 0;
  virtual void roll_back(soci::session& session) noexcept = 0;
  // Whether the session can never be used again.
  [[nodiscard]] virtual bool is_lost(soci::session& session) noexcept = 0;

  [[nodiscard]] virtual Result<Owner> owner_of(soci::session& session) = 0;
  // Says in the database itself whose it is.
  [[nodiscard]] virtual Result<void> mark_as_ours(soci::session& session) = 0;
  // A copy to go back to, before the first step to `newest`; where that is the engine's to make.
  [[nodiscard]] virtual Result<void> copy_before(soci::session& session, int newest) = 0;
  // Any number of statements of a migration, which need not end by a statement's usual deadline.
  [[nodiscard]] virtual Result<void> run_step(soci::session& session, const char* sql) = 0;

  // What is wrong with the database's pages, indexes and references, as far as the engine can tell;
  // empty: nothing.
  [[nodiscard]] virtual Result<std::string> find_damage(soci::session& session) = 0;
  // Whether the data folder holds the database's files.
  [[nodiscard]] virtual bool is_in_folder() const noexcept = 0;

  // "SQLite 3.40.1 (./data/tollgate.db)", for people; no secret.
  [[nodiscard]] virtual Result<std::string> describe(soci::session& session) = 0;
};

// SQLite's, in the data folder.
inline constexpr const char* kDatabaseFileName = "tollgate.db";

struct DatabasePlace {
  std::filesystem::path data_folder;
  const SecretBytes* address = nullptr;  // the setting `database`; null is empty
  std::string key_fingerprint{};         // of the data folder; "": whoever has the database may
};
[[nodiscard]] constexpr bool is_postgresql_address(std::string_view address) {
  return !address.empty() && address != "sqlite";
}

// By the address: empty or "sqlite", or postgresql://… kConfiguration: it is neither.
[[nodiscard]] Result<std::unique_ptr<Engine>> make_engine(const DatabasePlace& place);

}  // namespace tg::store
