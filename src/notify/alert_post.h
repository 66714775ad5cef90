// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "identity/limits.h"
#include "notify/mail.h"

// Who is told of spending, and how their mails get into the outbox. For this room only; inside a
// transaction, and may throw what SOCI throws.
namespace tg::notify {

struct Recipient {
  std::string email;
  std::string name;
};

// Who is told where nobody was named: the user themselves or a key's, the owners of a project or,
// where it has none, of the organization. At most kRecipientsMax.
[[nodiscard]] std::vector<Recipient> owners_of(soci::session& session, identity::LimitScope scope,
                                               const std::string& target_id,
                                               const std::string& organization_id);

// Who runs this instance. At most kRecipientsMax.
[[nodiscard]] std::vector<Recipient> operators(soci::session& session);

// To each by a mail of their own: nobody learns who else is told.
struct Posting {
  Mail mail;  // without a recipient
  std::vector<Recipient> recipients;
  std::string organization_id;  // whose mails are counted
};
// The number of mails. kOverloaded: the outbox is full; kRateLimit: the organization has sent as
// many as it may today; then nothing of the transaction may stay.
[[nodiscard]] Result<int> post_to_all(soci::session& session, const SecretBytes& master_key,
                                      const Posting& posting, WallTime now);

}  // namespace tg::notify
