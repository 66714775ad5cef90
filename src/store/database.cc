// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "store/migrations.h"
#include "store/session.h"

namespace tg::store {
namespace {

using namespace std::chrono_literals;

// Between two tries of one seat to connect again.
constexpr auto kPauseFirst = 100ms;
constexpr auto kPauseMost = 5'000ms;

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

// One reader's seat, given back when the loan ends.
class Database::ReaderLoan {
 public:
  explicit ReaderLoan(Database& database) : database_{database} {
    std::unique_lock lock{database_.readers_mutex_};
    database_.reader_returned_.wait(lock, [&] { return !database_.idle_readers_.empty(); });
    seat_ = database_.idle_readers_.back();
    database_.idle_readers_.pop_back();
  }
  ReaderLoan(const ReaderLoan&) = delete;
  ReaderLoan& operator=(const ReaderLoan&) = delete;
  ~ReaderLoan() {
    {
      const std::scoped_lock lock{database_.readers_mutex_};
      database_.idle_readers_.push_back(seat_);
    }
    database_.reader_returned_.notify_one();
  }

  [[nodiscard]] Seat& seat() const { return *seat_; }

 private:
  Database& database_;
  Seat* seat_ = nullptr;
};

Database::Seat::Seat(Engine::Role its_role) : role{its_role} {}
Database::Seat::~Seat() = default;

Database::Database(std::unique_ptr<Engine> engine) : engine_{std::move(engine)} {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const DatabasePlace& place) {
  TG_TRY(auto engine, make_engine(place));
  std::unique_ptr<Database> database{new Database{std::move(engine)}};
  auto& writer = database->writer_;
  TG_TRY(writer.session, database->engine_->connect(writer.role));
  TG_TRY_DONE(migrate(*database->engine_, *writer.session, migrations()));
  TG_TRY_DONE(database->engine_->settle(*writer.session, writer.role));
  for (auto& reader : database->readers_) {
    TG_TRY_DONE(database->connect(reader));
    database->idle_readers_.push_back(&reader);
  }
  return database;
}

Result<void> Database::connect(Seat& seat) {
  if (std::chrono::steady_clock::now() < seat.next_try) {
    return fail(Code::kDatabase, "the database is away; it will be asked again");
  }
  auto connected = [&]() -> Result<void> {
    TG_TRY(auto session, engine_->connect(seat.role));
    TG_TRY_DONE(engine_->settle(*session, seat.role));
    seat.session = std::move(session);
    return {};
  }();
  seat.pause = connected ? 0ms : std::clamp(seat.pause * 2, kPauseFirst + 0ms, kPauseMost + 0ms);
  seat.next_try = std::chrono::steady_clock::now() + seat.pause;
  return connected;
}

// A connection that was lost while nobody used it is noticed here, where nothing has been done yet.
Result<void> Database::begin(Seat& seat) {
  const bool was_there = seat.session != nullptr;
  if (!was_there) TG_TRY_DONE(connect(seat));
  const auto begun = engine_->begin(*seat.session, seat.role);
  if (begun || !engine_->is_lost(*seat.session)) return begun;
  seat.session.reset();
  if (!was_there) return begun;
  TG_TRY_DONE(connect(seat));
  log(LogLevel::kWarning, "connected to the database again");
  return engine_->begin(*seat.session, seat.role);
}

Result<void> Database::transact(Seat& seat, const Work& work) {
  TG_TRY_DONE(begin(seat));
  auto& session = *seat.session;
  auto done = guarded([&] { return work(session); });
  if (done) done = engine_->commit(session);
  if (!done) engine_->roll_back(session);
  if (engine_->is_lost(session)) seat.session.reset();
  return done;
}

Result<void> Database::write(const Work& work) {
  const std::scoped_lock lock{writer_mutex_};
  const auto fault = fault_.load(std::memory_order_relaxed);
  if (fault == Fault::kAway) return fail(Code::kDatabase, "simulated: away");
  const SealKeyScope scope{seal_key_};
  TG_TRY_DONE(transact(writer_, work));
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
  return transact(loan.seat(), work);
}

Result<std::string> Database::find_damage() {
  std::string damage;
  TG_TRY_DONE(read([&](soci::session& session) -> Result<void> {
    TG_TRY(damage, engine_->find_damage(session));
    return {};
  }));
  return damage;
}

Result<std::string> Database::describe() {
  std::string description;
  TG_TRY_DONE(read([&](soci::session& session) -> Result<void> {
    TG_TRY(description, engine_->describe(session));
    return {};
  }));
  return description;
}

}  // namespace tg::store
