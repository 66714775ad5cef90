// SPDX-License-Identifier: Apache-2.0
#include "store/instance_check.h"

#include <soci/soci.h>

#include "base/keyed_hash.h"

namespace tg::store {
namespace {

Result<SecretChecks> read_checks(Database& database) {
  SecretChecks noted;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT pepper_check, master_key_check FROM instance_check WHERE id = 1",
        soci::into(noted.pepper), soci::into(noted.master_key);
    return {};
  }));
  return noted;
}

Result<void> note_checks(Database& database, const SecretChecks& checks) {
  return database.write([&](soci::session& session) -> Result<void> {
    session << "INSERT INTO instance_check (id, pepper_check, master_key_check)"
               " VALUES (1, :pepper, :master_key) ON CONFLICT (id) DO NOTHING",
        soci::use(checks.pepper), soci::use(checks.master_key);
    return {};
  });
}

}  // namespace

SecretChecks checks_of(const DataFolder& folder) {
  return {.pepper = keyed_hash(folder.pepper(), "tollgate pepper check 1"),
          .master_key = keyed_hash(folder.master_key(), "tollgate master key check 1")};
}

Result<void> check_instance(Database& database, const DataFolder& folder) {
  const auto present = checks_of(folder);
  TG_TRY(const auto noted, read_checks(database));
  if (noted.pepper.empty()) return note_checks(database, present);
  if (noted.pepper != present.pepper) {
    return fail(Code::kConfiguration,
                "the file pepper is not the one that this tollgate.db was made with: no key in it "
                "would be recognized. Put the right pepper back from your backup");
  }
  if (noted.master_key != present.master_key) {
    return fail(Code::kConfiguration,
                "the file master.key is not the one that this tollgate.db was made with: no "
                "provider's credential in it could be opened. Put the right master.key back from "
                "your backup");
  }
  return {};
}

}  // namespace tg::store
