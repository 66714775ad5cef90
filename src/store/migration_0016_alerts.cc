// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// `amount` is a threshold in nano-dollars a calendar month (UTC); where a limit is named, it is 0,
// and `percents` of that limit count ("50,80,100"). `recipients` is a list in JSON; empty: the
// owners. `sequence` is the order in which alerts were made.
//
// A notice says that an alert was sent for a window, and is written with its mails. Of a limit,
// `percent` says which of them; else it is 0. `window_ms` is the window's beginning; of a rolling
// one, when it was sent. `credit_notices` are the same of credit, for each percentage that was
// left. `alert_mails` counts an organization's mails a day (UTC, since 1970), so that nobody can
// flood somebody else's inbox.
const char kMigration0016Alerts[] = R"sql(
CREATE TABLE alerts (
  id TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  target_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  limit_id TEXT REFERENCES limits (id) ON DELETE CASCADE,
  amount BIGINT NOT NULL,
  percents TEXT NOT NULL,
  recipients TEXT NOT NULL,
  subject_prefix TEXT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  armed_unix_ms BIGINT NOT NULL
);
CREATE INDEX alerts_by_target ON alerts (target_id, sequence);
CREATE INDEX alerts_by_organization ON alerts (organization_id, sequence);
CREATE INDEX alerts_by_limit ON alerts (limit_id);

CREATE TABLE alert_notices (
  alert_id TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  percent BIGINT NOT NULL,
  window_ms BIGINT NOT NULL,
  threshold BIGINT NOT NULL,
  spent BIGINT NOT NULL,
  sent_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (alert_id, percent, window_ms)
);

CREATE TABLE credit_notices (
  scope TEXT NOT NULL,
  target_id TEXT NOT NULL,
  percent BIGINT NOT NULL,
  sent_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (scope, target_id, percent)
);

CREATE TABLE alert_mails (
  organization_id TEXT NOT NULL,
  day BIGINT NOT NULL,
  mails BIGINT NOT NULL,
  PRIMARY KEY (organization_id, day)
);
)sql";

}  // namespace tg::store
