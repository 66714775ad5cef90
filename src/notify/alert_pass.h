// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "store/database.h"

// One look at what was spent, and at the alerts and the credit that are about it. What is reached
// and was not told in its window is written down as told in the transaction that puts its mails
// into the outbox: so a crash tells nothing twice, and the next look after a restart tells what was
// missed.
//
// Threading:  any control thread, any number at once.
// Limits:     900 mails wait in the outbox, 1,000 a day go out for an organization; what is more is
//             told by a later look.
// Errors:     kDatabase, kOverloaded, kRateLimit: something is left to tell; look again later.
namespace tg::notify {

struct AlertDesk {
  store::Database& database;
  const SecretBytes& master_key;
  std::string console_url;
};

// Keys, owners, projects and organizations that have spent, each with the earliest admission of
// what was settled: a call belongs to the month in which it was let in, though that may be over.
using Spending = std::map<std::string, WallTime>;

// The number of mails that it queued.
[[nodiscard]] Result<int> look_at_alerts(const AlertDesk& desk, const Spending& spending,
                                         WallTime now = wall_now());
// As if everybody had spent, also in the window before this one: after a start.
[[nodiscard]] Result<int> look_at_all_alerts(const AlertDesk& desk, WallTime now = wall_now());

}  // namespace tg::notify
