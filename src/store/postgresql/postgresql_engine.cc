// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_engine.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/log.h"
#include "store/postgresql/postgresql_address.h"
#include "store/postgresql/postgresql_columns.h"
#include "store/postgresql/postgresql_session.h"
#include "store/session.h"

namespace tg::store {
namespace {

using namespace std::chrono_literals;

constexpr int kServerVersionLeast = 120'000;  // 12

// The server ends what takes longer, and a transaction whose client stands still. What a client
// that vanished holds, the lock above all, is free again after 25 s. A commit is on disk before it
// is answered, whatever the server's default is.
constexpr const char* kSettings =
    "SET statement_timeout = '60s';"
    "SET lock_timeout = '10s';"
    "SET idle_in_transaction_session_timeout = '60s';"
    "SET tcp_keepalives_idle = 10;"
    "SET tcp_keepalives_interval = 5;"
    "SET tcp_keepalives_count = 3;"
    "SET standard_conforming_strings = on;"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off';";
// A reader may go through the whole ledger, and do its sums between two rows.
constexpr const char* kReaderSettings =
    "SET statement_timeout = '30min';"
    "SET idle_in_transaction_session_timeout = '30min';";

// The lock of one that was killed is free when the server notices, which takes it milliseconds.
constexpr auto kLockTime = 2s;
constexpr auto kBetweenTries = 20ms;

// Says whose the schema is; the keys' fingerprint follows it. The number before the schema's hash
// is "Toll" in ASCII.
constexpr std::string_view kMark = "Tollgate ";
constexpr const char* kTakeLock =
    "SELECT CASE WHEN pg_try_advisory_lock(1416588396, hashtext(current_schema()))"
    " THEN 1 ELSE 0 END";

class PostgresqlEngine final : public Engine {
 public:
  PostgresqlEngine(SecretBytes uri, std::string place, std::string key_fingerprint)
      : uri_{std::move(uri)},
        place_{std::move(place)},
        key_fingerprint_{std::move(key_fingerprint)} {}

  Result<std::unique_ptr<soci::session>> connect(Role role) override {
    std::string uri{uri_.reveal()};
    auto session = open_postgresql(uri);
    wipe(uri);
    if (!session) return session;
    TG_TRY_DONE(check_server(**session));
    TG_TRY_DONE(run_postgresql_script(**session, kSettings));
    if (role == Role::kReader) TG_TRY_DONE(run_postgresql_script(**session, kReaderSettings));
    if (role == Role::kWriter) TG_TRY_DONE(take_lock(**session));
    return session;
  }

  Result<void> settle(soci::session& /*session*/, Role /*role*/) override { return {}; }

  // What the last transaction prepared is dropped by the way.
  Result<void> begin(soci::session& session, Role role) override {
    return run_postgresql_script(
        session, role == Role::kWriter
                     ? "BEGIN; DEALLOCATE ALL"
                     : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; DEALLOCATE ALL");
  }

  // Of a transaction that failed, PostgreSQL makes a ROLLBACK and no error.
  Result<void> commit(soci::session& session) override {
    auto* connection = postgresql_connection_of(session);
    if (PQtransactionStatus(connection) == PQTRANS_INERROR) {
      return fail(Code::kDatabase, "a statement of the transaction failed");
    }
    return run_postgresql_script(session, "COMMIT");
  }

  void roll_back(soci::session& session) noexcept override {
    auto* connection = postgresql_connection_of(session);
    forget_columns(session);
    const auto status = PQtransactionStatus(connection);
    if (status == PQTRANS_IDLE || status == PQTRANS_UNKNOWN) return;
    (void)run_postgresql_script(session, "ROLLBACK");
  }

  bool is_lost(soci::session& session) noexcept override {
    return PQstatus(postgresql_connection_of(session)) == CONNECTION_BAD;
  }

  Result<Owner> owner_of(soci::session& session) override {
    int tables = 0;
    std::string mark;
    soci::indicator marked = soci::i_null;
    session << "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()",
        soci::into(tables);
    session << "SELECT obj_description(c.oid, 'pg_class') FROM pg_class c"
               " JOIN pg_namespace n ON n.oid = c.relnamespace"
               " WHERE n.nspname = current_schema() AND c.relname = 'schema_version'",
        soci::into(mark, marked);
    if (marked == soci::i_ok && mark.starts_with(kMark)) {
      const bool same = key_fingerprint_.empty() || mark.substr(kMark.size()) == key_fingerprint_;
      return same ? Owner::kTollgate : Owner::kAnotherFolder;
    }
    return tables == 0 ? Owner::kNobody : Owner::kAnotherProgram;
  }

  Result<void> mark_as_ours(soci::session& session) override {
    const auto sql =
        fmt::format("COMMENT ON TABLE schema_version IS '{}{}'", kMark, key_fingerprint_);
    return run_postgresql_script(session, sql.c_str());
  }

  // pg_dump is the operator's.
  Result<void> copy_before(soci::session& /*session*/, int /*newest*/) override { return {}; }

  Result<void> run_step(soci::session& session, const char* sql) override {
    forget_columns(session);
    TG_TRY_DONE(run_postgresql_script(session, "SET LOCAL statement_timeout = '6h'"));
    return run_postgresql_script(session, with_byte_order(sql).c_str());
  }

  // The server's own tools (pg_amcheck, data checksums) look after its pages.
  Result<std::string> find_damage(soci::session& /*session*/) override { return std::string{}; }

  bool is_in_folder() const noexcept override { return false; }

  Result<std::string> describe(soci::session& session) override {
    const char* version = PQparameterStatus(postgresql_connection_of(session), "server_version");
    return fmt::format("PostgreSQL {} ({})", version == nullptr ? "" : version, place_);
  }

 private:
  static Result<void> check_server(soci::session& session) {
    auto* connection = postgresql_connection_of(session);
    if (PQserverVersion(connection) < kServerVersionLeast) {
      return fail(Code::kConfiguration, "the PostgreSQL server is older than 12");
    }
    const char* encoding = PQparameterStatus(connection, "server_encoding");
    if (encoding == nullptr || std::string_view{encoding} != "UTF8") {
      return fail(Code::kConfiguration,
                  "the PostgreSQL database has another encoding than UTF8; make one with "
                  "'createdb --template template0 --encoding UTF8'");
    }
    return guarded([&]() -> Result<void> {
      std::string schema;
      soci::indicator is_there = soci::i_null;
      session << "SELECT current_schema()", soci::into(schema, is_there);
      if (is_there == soci::i_ok) return {};
      return fail(Code::kConfiguration,
                  "the PostgreSQL database has no schema for Tollgate's tables: its search_path "
                  "names none that is there");
    });
  }

  static Result<void> take_lock(soci::session& session) {
    const auto give_up_at = std::chrono::steady_clock::now() + kLockTime;
    for (;;) {
      int taken = 0;
      TG_TRY_DONE(guarded([&]() -> Result<void> {
        session << kTakeLock, soci::into(taken);
        return {};
      }));
      if (taken != 0) return {};
      if (std::chrono::steady_clock::now() > give_up_at) break;
      std::this_thread::sleep_for(kBetweenTries);
    }
    return fail(Code::kConflict,
                "another Tollgate runs on this database (or was cut off from it less than half a "
                "minute ago). Stop that one, or name another in the setting 'database'");
  }

  SecretBytes uri_;
  std::string place_;
  std::string key_fingerprint_;
};

bool is_word(char each) {
  return (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z') ||
         (each >= '0' && each <= '9') || each == '_';
}

}  // namespace

Result<std::unique_ptr<Engine>> make_postgresql_engine(const SecretBytes& address,
                                                       std::string key_fingerprint) {
  TG_TRY(auto parsed, parse_postgresql_address(address));
  SecretBytes uri{parsed.uri};
  wipe(parsed.uri);
  return std::make_unique<PostgresqlEngine>(std::move(uri), std::move(parsed.place),
                                            std::move(key_fingerprint));
}

std::string with_byte_order(std::string_view sql) {
  constexpr std::string_view kType{"TEXT"};
  std::string ordered;
  for (std::size_t at = 0; at < sql.size();) {
    const bool begins = at == 0 || !is_word(sql[at - 1]);
    const auto end = at + kType.size();
    if (begins && sql.substr(at).starts_with(kType) && (end == sql.size() || !is_word(sql[end]))) {
      ordered.append("TEXT COLLATE \"C\"");
      at = end;
    } else {
      ordered += sql[at++];
    }
  }
  return ordered;
}

}  // namespace tg::store
