// SPDX-License-Identifier: Apache-2.0
#include "notify/outbox.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "store/sealed.h"

namespace tg::notify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kWaitingMax = 1000;
constexpr int kWaitingForNobodyMax = 900;
constexpr hours kAgeMax{24};
constexpr hours kGivenUpKept{7 * 24};
constexpr std::array<seconds, 6> kPauses{seconds{10}, minutes{1}, minutes{5},
                                         minutes{15}, hours{1},   hours{3}};

std::string context_of(const std::string& id) { return "outbox:" + id; }

std::string seal_mail(const SecretBytes& master_key, const std::string& id, const Mail& mail) {
  auto plain = nlohmann::json{
      {"to", mail.to},
      {"to_name", mail.to_name},
      {"subject", mail.subject},
      {"text",
       mail.text}}.dump();
  auto sealed = store::seal(master_key, context_of(id), plain);
  wipe(plain);
  return sealed;
}

Result<Mail> open_mail(const SecretBytes& master_key, const std::string& id,
                       const std::string& sealed) {
  TG_TRY(const auto plain, store::open_sealed(master_key, context_of(id), sealed));
  const auto json = nlohmann::json::parse(plain.reveal(), nullptr, false);
  if (!json.is_object()) return fail(Code::kCorrupt, "a mail in the outbox is damaged");
  return Mail{.to = json.value("to", ""),
              .to_name = json.value("to_name", ""),
              .subject = json.value("subject", ""),
              .text = json.value("text", "")};
}

void give_up(soci::session& session, const std::string& id, const std::string& error,
             WallTime now) {
  const long long now_ms = to_unix_ms(now);
  session << "UPDATE outbox SET sealed = '', given_up_unix_ms = :now, last_error = :error"
             " WHERE id = :id",
      soci::use(now_ms), soci::use(error), soci::use(id);
}

}  // namespace

Result<void> queue_mail(soci::session& session, const SecretBytes& master_key, const Mail& mail,
                        Urgency urgency, WallTime now) {
  TG_TRY_DONE(check_mail(mail));
  const auto id = make_id("mail_");
  const auto sealed = seal_mail(master_key, id, mail);
  const long long now_ms = to_unix_ms(now);
  const long long kept_from = to_unix_ms(now - kGivenUpKept);
  session << "DELETE FROM outbox WHERE given_up_unix_ms > 0 AND given_up_unix_ms < :from",
      soci::use(kept_from);
  int waiting = 0;
  session << "SELECT count(*) FROM outbox WHERE given_up_unix_ms = 0", soci::into(waiting);
  if (waiting >= (urgency == Urgency::kSomebodyWaits ? kWaitingMax : kWaitingForNobodyMax)) {
    return fail(Code::kOverloaded, "too many mails wait to be sent");
  }
  session << "INSERT INTO outbox (id, sealed, created_unix_ms, next_unix_ms)"
             " VALUES (:id, :sealed, :now, :next)",
      soci::use(id), soci::use(sealed), soci::use(now_ms), soci::use(now_ms);
  return {};
}

Result<void> queue_mail(store::Database& database, const SecretBytes& master_key, const Mail& mail,
                        WallTime now) {
  return database.write([&](soci::session& session) {
    return queue_mail(session, master_key, mail, Urgency::kSomebodyWaits, now);
  });
}

Result<std::optional<QueuedMail>> next_mail(store::Database& database,
                                            const SecretBytes& master_key, WallTime now) {
  QueuedMail due;
  std::string sealed;
  const long long now_ms = to_unix_ms(now);
  long long created_unix_ms = 0;
  bool found = false;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT id, sealed, attempts, created_unix_ms FROM outbox"
               " WHERE given_up_unix_ms = 0 AND next_unix_ms <= :now"
               " ORDER BY next_unix_ms, id LIMIT 1",
        soci::use(now_ms), soci::into(due.id), soci::into(sealed), soci::into(due.attempts),
        soci::into(created_unix_ms);
    found = session.got_data();
    return {};
  }));
  if (!found) return std::nullopt;
  due.created_at = from_unix_ms(created_unix_ms);
  auto mail = open_mail(master_key, due.id, sealed);
  if (!mail) {
    TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
      give_up(session, due.id, mail.error().detail, now);
      return {};
    }));
    return std::nullopt;
  }
  due.mail = *std::move(mail);
  return due;
}

Result<std::optional<WallTime>> next_mail_time(store::Database& database) {
  long long next_unix_ms = 0;
  bool found = false;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT next_unix_ms FROM outbox WHERE given_up_unix_ms = 0"
               " ORDER BY next_unix_ms LIMIT 1",
        soci::into(next_unix_ms);
    found = session.got_data();
    return {};
  }));
  return found ? std::optional{from_unix_ms(next_unix_ms)} : std::nullopt;
}

Result<void> remove_sent_mail(store::Database& database, const std::string& id) {
  return database.write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM outbox WHERE id = :id", soci::use(id);
    return {};
  });
}

Result<void> note_failed_mail(store::Database& database, const QueuedMail& mail, const Error& error,
                              WallTime now) {
  const auto pause = kPauses[std::min(static_cast<std::size_t>(mail.attempts), kPauses.size() - 1)];
  const bool is_over =
      error.code == Code::kFieldInvalid || now + pause >= mail.created_at + kAgeMax;
  const std::string text = error.detail;
  return database.write([&](soci::session& session) -> Result<void> {
    if (is_over) {
      give_up(session, mail.id, text, now);
      return {};
    }
    const long long next_unix_ms = to_unix_ms(now + pause);
    session << "UPDATE outbox SET attempts = attempts + 1, next_unix_ms = :next,"
               " last_error = :error WHERE id = :id",
        soci::use(next_unix_ms), soci::use(text), soci::use(mail.id);
    return {};
  });
}

Result<OutboxState> outbox_state(store::Database& database) {
  OutboxState state;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT count(*) FROM outbox WHERE given_up_unix_ms = 0", soci::into(state.waiting);
    session << "SELECT count(*) FROM outbox WHERE given_up_unix_ms > 0", soci::into(state.given_up);
    session << "SELECT last_error FROM outbox WHERE last_error <> ''"
               " ORDER BY given_up_unix_ms DESC, next_unix_ms DESC LIMIT 1",
        soci::into(state.last_error);
    return {};
  }));
  return state;
}

}  // namespace tg::notify
