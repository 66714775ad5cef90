// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <sys/stat.h>

#include <cerrno>

#include "store/migrations.h"
#include "store/sqlite_session.h"

namespace tg::store {
namespace {

// After the file is known to be ours: write-ahead logging changes its header. Temporary tables stay
// in memory, so that nothing of the database lies outside the data folder.
constexpr const char* kWriterPragmas =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA secure_delete = ON;"
    // 64 MiB: the rollups of ten thousand keys stay in memory between two transactions.
    "PRAGMA cache_size = -65536;"
    // 32 MiB of log: each page is carried into the database once for many transactions.
    "PRAGMA wal_autocheckpoint = 8192;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;";
constexpr const char* kReaderPragmas =
    "PRAGMA query_only = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;";

Result<void> in_transaction(soci::session& session, const char* begin, const char* end,
                            const Database::Work& work) {
  TG_TRY_DONE(run_script(session, begin));
  auto done = guarded([&] { return work(session); });
  if (done) done = run_script(session, end);
  if (!done) roll_back(session);
  return done;
}

// Functions inside a write() have its session only, and a session knows nothing of ours.
thread_local const SecretBytes* write_seal_key = nullptr;

class SealKeyScope {
 public:
  explicit SealKeyScope(const SecretBytes& key) { write_seal_key = key.empty() ? nullptr : &key; }
  ~SealKeyScope() { write_seal_key = nullptr; }
  SealKeyScope(const SealKeyScope&) = delete;
  SealKeyScope& operator=(const SealKeyScope&) = delete;
};

}  // namespace

// One reader's session, given back when the loan ends.
class Database::ReaderLoan {
 public:
  explicit ReaderLoan(Database& database) : database_{database} {
    std::unique_lock lock{database_.readers_mutex_};
    database_.reader_returned_.wait(lock, [&] { return !database_.idle_readers_.empty(); });
    session_ = database_.idle_readers_.back();
    database_.idle_readers_.pop_back();
  }
  ReaderLoan(const ReaderLoan&) = delete;
  ReaderLoan& operator=(const ReaderLoan&) = delete;
  ~ReaderLoan() {
    {
      const std::scoped_lock lock{database_.readers_mutex_};
      database_.idle_readers_.push_back(session_);
    }
    database_.reader_returned_.notify_one();
  }

  [[nodiscard]] soci::session& session() const { return *session_; }

 private:
  Database& database_;
  soci::session* session_ = nullptr;
};

Database::Database() = default;
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& data_folder) {
  const auto file = data_folder / kDatabaseFileName;
  std::unique_ptr<Database> database{new Database};
  TG_TRY(database->writer_, open_session(file));
  TG_TRY_DONE(migrate(*database->writer_, file, migrations()));
  // The log's files take over the mode of the database's.
  if (::chmod(file.c_str(), 0600) != 0) {
    return fail(Code::kIo, "cannot make the database readable by its owner only", errno);
  }
  TG_TRY_DONE(run_script(*database->writer_, kWriterPragmas));
  for (auto& reader : database->readers_) {
    TG_TRY(reader, open_session(file));
    TG_TRY_DONE(run_script(*reader, kReaderPragmas));
    database->idle_readers_.push_back(reader.get());
  }
  return database;
}

Result<void> Database::write(const Work& work) {
  const std::scoped_lock lock{writer_mutex_};
  const auto fault = fault_.load(std::memory_order_relaxed);
  if (fault == Fault::kAway) return fail(Code::kDatabase, "simulated: away");
  const SealKeyScope scope{seal_key_};
  TG_TRY_DONE(in_transaction(*writer_, "BEGIN IMMEDIATE", "COMMIT", work));
  if (fault == Fault::kAnswerLost) return fail(Code::kDatabase, "simulated: no answer to COMMIT");
  return {};
}

void Database::set_seal_key(const SecretBytes& key) {
  const std::scoped_lock lock{writer_mutex_};
  if (seal_key_.empty()) seal_key_ = key.clone();
}

const SecretBytes& Database::seal_key() {
  const std::scoped_lock lock{writer_mutex_};
  return seal_key_;
}

const SecretBytes* Database::seal_key_of_write() noexcept { return write_seal_key; }

Result<void> Database::read(const Work& work) {
  if (fault_.load(std::memory_order_relaxed) == Fault::kAway) {
    return fail(Code::kDatabase, "simulated: away");
  }
  const ReaderLoan loan{*this};
  return in_transaction(loan.session(), "BEGIN", "COMMIT", work);
}

}  // namespace tg::store
