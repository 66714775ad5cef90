// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "identity/limits.h"
#include "identity/project_models.h"
#include "keys/key_table.h"
#include "ledger/credits.h"
#include "ledger/journal_position.h"
#include "ledger/verify.h"
#include "limits/limit.h"

// What a change means for a server that is running: operations write the database first, then tell
// it here. The gateway's wiring implements this; on a stopped folder there is none.
//
// Threading:  called on control threads; an implementation posts to the workers what they must see.
// Errors:     none: what stands in the database holds, and the next start would read it there.
namespace tg::admin {

// Who stands behind a secret that was presented.
struct LiveKey {
  KeyId id;
  keys::KeyKind kind = keys::KeyKind::kProject;
  OrganizationId organization_id;
  ProjectId project_id;  // empty for admin keys
  std::string owner_id;
  KeyId parent_id;
};

struct LiveUse {
  std::int64_t unix_ms = 0;
  std::string address;
  std::string client;
};

class LiveState {
 public:
  virtual ~LiveState() = default;

  // Made, or changed in any way but by revocation.
  virtual void on_key_changed(const keys::KeyRecord& record) = 0;
  // Cuts the key's running streams.
  virtual void on_key_revoked(const KeyId& id) = 0;
  // Returns once the limit holds, with what was spent before on it. kDatabase where that could not
  // be read: the limit then counts from now on, and holds with the next start.
  [[nodiscard]] virtual Result<void> on_limit_set(const identity::LimitChange& change) = 0;
  virtual void on_limit_removed(const identity::LimitRecord& record) = 0;
  // `act` writes the change into the database; calls see it once this returns. kConflict: the grant
  // has ended meanwhile, or calls hold what would be taken back; kDatabase, what `act` returns.
  // Then nothing has changed.
  [[nodiscard]] virtual Result<void> on_credit_changed(
      const ledger::CreditChange& change, const std::function<Result<void>()>& act) = 0;
  // Nothing: it has none, and is billed.
  [[nodiscard]] virtual std::optional<limits::Reading> read_credit(
      const ledger::CreditOwner& owner) const = 0;
  // Providers, routes, successors or default models: build and publish a new snapshot.
  virtual void on_routes_changed() = 0;

  // Nothing where no call counts on it: its key is revoked, its target unknown.
  [[nodiscard]] virtual std::optional<limits::Reading> read_limit(
      const identity::LimitRecord& record) const = 0;
  // Notes the use. kKeyInvalid, kKeyExpired, kKeyPaused, kAddressNotAllowed.
  [[nodiscard]] virtual Result<LiveKey> use_key(const keys::Digest& digest,
                                                std::string_view address,
                                                std::string_view client) = 0;
  // Of its present secret; nothing when that has not been used since this server started.
  [[nodiscard]] virtual std::optional<LiveUse> last_use(const KeyId& id) const = 0;
  // Null: all models.
  virtual void on_models_changed(const identity::ProjectModels& models) = 0;
  // `act` runs while the ledger stands exactly where each worker's journal was cut, and nothing
  // beyond it is in the database. kDatabase: SQL is away; what `act` returns.
  using ActAtCut = std::function<Result<void>(const std::vector<ledger::JournalPosition>& cut)>;
  [[nodiscard]] virtual Result<void> at_cut(const ActAtCut& act) = 0;
  // At a cut through all workers, their limits and their journals. kDatabase: SQL is away.
  [[nodiscard]] virtual Result<ledger::VerifyReport> verify_ledger() = 0;
};

}  // namespace tg::admin
