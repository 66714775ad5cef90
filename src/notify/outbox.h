// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "notify/mail.h"
#include "store/database.h"

namespace soci {
class session;
}

// Mails that wait in the database until the mail server has them, so that nothing that a person
// does waits for it, and a restart loses none. A mail may hold a one-time link: it is sealed with
// its address, and erased once it is sent or given up.
//
// Threading:  any control thread; one thread sends.
// Limits:     1,000 mails wait, 900 of them such as nobody waits for; one is tried for a day, after
// 10 s first, then ever more seldom. Errors:     kFieldInvalid as check_mail(), kOverloaded when
// the outbox is full.
namespace tg::notify {

[[nodiscard]] Result<void> queue_mail(store::Database& database, const SecretBytes& master_key,
                                      const Mail& mail, WallTime now = wall_now());

// The same inside a Database::write(), so that a mail stands or falls with what it tells of. What
// nobody waits for leaves room for those whom somebody does. May throw what SOCI throws.
enum class Urgency : std::uint8_t { kSomebodyWaits, kNobodyWaits };
[[nodiscard]] Result<void> queue_mail(soci::session& session, const SecretBytes& master_key,
                                      const Mail& mail, Urgency urgency, WallTime now);

struct QueuedMail {
  std::string id;
  Mail mail;
  int attempts = 0;
  WallTime created_at;
};
// The one that is due first. One that cannot be opened (another master.key) is given up here.
[[nodiscard]] Result<std::optional<QueuedMail>> next_mail(store::Database& database,
                                                          const SecretBytes& master_key,
                                                          WallTime now = wall_now());
// When the next one is due; nothing where none waits.
[[nodiscard]] Result<std::optional<WallTime>> next_mail_time(store::Database& database);

[[nodiscard]] Result<void> remove_sent_mail(store::Database& database, const std::string& id);
// Tried again later, unless the server will never take it or a day is over.
[[nodiscard]] Result<void> note_failed_mail(store::Database& database, const QueuedMail& mail,
                                            const Error& error, WallTime now = wall_now());

struct OutboxState {
  int waiting = 0;
  int given_up = 0;  // in the last 7 days
  std::string last_error;
};
[[nodiscard]] Result<OutboxState> outbox_state(store::Database& database);

}  // namespace tg::notify
