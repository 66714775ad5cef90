// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret_bytes.h"
#include "store/engine.h"

namespace soci {
class session;
}

// The SQL database of one data folder, through SOCI: SQLite in its `tollgate.db`, or PostgreSQL.
// open() brings an older schema to the newest and refuses a newer or foreign one before it touches
// anything.
//
// Threading:  write() and read() from any control thread, never from a worker: they wait for the
//             one writer, or for one of three readers. Do not nest them.
// Lifetime:   the session and whatever was made from it are valid until the function returns.
// Durability: what write() has committed is on disk (each commit is synced: 10 a second at most
//             come from the ledger, so this costs nothing that is felt).
// Errors:     kDatabase; what the function passed returns is handed on as it is. An exception of
//             SOCI ends here, is logged without parameter values, and rolls back. A connection that
//             was lost is made anew by the next call, which fails at once where the last try was a
//             moment ago; write() may have committed where COMMIT's answer was lost, and says
//             kDatabase.
namespace tg::store {

class Database {
 public:
  using Work = std::function<Result<void>(soci::session&)>;

  // kConfiguration: the database is not this Tollgate's, or comes from a newer one. kConflict:
  // another Tollgate runs on it.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const DatabasePlace& place);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One transaction: nobody else writes between its first read and its commit.
  [[nodiscard]] Result<void> write(const Work& work);
  // One transaction that sees the database as it was at its first read. It cannot write.
  [[nodiscard]] Result<void> read(const Work& work);
  // As Engine says.
  [[nodiscard]] Result<std::string> find_damage();
  [[nodiscard]] bool is_in_folder() const noexcept { return engine_->is_in_folder(); }
  // The engine, its version and where it is, for people.
  [[nodiscard]] Result<std::string> describe();

  // A key outside of the database under which what is written can be sealed, so that an edit of the
  // file shows (identity/audit.h): the pepper. The first one stays.
  void set_seal_key(const SecretBytes& key);
  // Empty where none was set.
  [[nodiscard]] const SecretBytes& seal_key();
  // Of the database whose write() this thread is in; null outside of one, and where none was set.
  [[nodiscard]] static const SecretBytes* seal_key_of_write() noexcept;

  // For the simulation only, until it is set again: away, everything fails before it begins; where
  // COMMIT's answer is lost, write() commits and then says kDatabase.
  enum class Fault : std::uint8_t { kNone, kAway, kAnswerLost };
  void set_fault(Fault fault) noexcept { fault_ = fault; }

 private:
  static constexpr std::size_t kReaders = 3;
  class ReaderLoan;

  // A connection's place, which is empty while the connection is lost.
  struct Seat {
    explicit Seat(Engine::Role its_role = Engine::Role::kReader);
    ~Seat();

    Engine::Role role;
    std::unique_ptr<soci::session> session;
    std::chrono::milliseconds pause{};
    std::chrono::steady_clock::time_point next_try;
  };

  explicit Database(std::unique_ptr<Engine> engine);
  [[nodiscard]] Result<void> connect(Seat& seat);
  [[nodiscard]] Result<void> begin(Seat& seat);
  [[nodiscard]] Result<void> transact(Seat& seat, const Work& work);

  std::unique_ptr<Engine> engine_;
  std::atomic<Fault> fault_ = Fault::kNone;
  std::mutex writer_mutex_;
  SecretBytes seal_key_;
  Seat writer_{Engine::Role::kWriter};
  std::mutex readers_mutex_;
  std::condition_variable reader_returned_;
  std::array<Seat, kReaders> readers_;
  std::vector<Seat*> idle_readers_;
};

}  // namespace tg::store
