// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// `content` is a certificate in PEM, by which callers' certificates are trusted once it is active;
// `fingerprint` its SHA-256, so that nobody uploads it twice. It is active in a project, or, where
// `project_id` is empty, in the whole organization.
const char kMigration0020Certificates[] = R"sql(
CREATE TABLE certificates (
  id TEXT NOT NULL PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  valid_unix_ms BIGINT NOT NULL,
  expires_unix_ms BIGINT NOT NULL,
  created_unix_ms BIGINT NOT NULL,
  UNIQUE (organization_id, fingerprint)
);
CREATE INDEX certificates_by_age ON certificates (organization_id, created_unix_ms, id);

CREATE TABLE active_certificates (
  certificate_id TEXT NOT NULL REFERENCES certificates (id),
  project_id TEXT NOT NULL,
  activated_unix_ms BIGINT NOT NULL,
  PRIMARY KEY (certificate_id, project_id)
);
)sql";

}  // namespace tg::store
