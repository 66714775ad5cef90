// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/money.h"
#include "keys/key_table.h"
#include "limits/meter.h"

// What a change means for a server that is running: operations write the database first, then tell
// it here. The gateway's wiring implements this; on a stopped folder there is none.
//
// Threading:  called on control threads; an implementation posts to the workers what they must see.
// Errors:     none: what stands in the database holds, and the next start would read it there.
namespace tg::admin {

class LiveState {
 public:
  virtual ~LiveState() = default;

  virtual void on_key_created(const keys::KeyRecord& record) = 0;
  // Cuts the key's running streams.
  virtual void on_key_revoked(const KeyId& id) = 0;
  // `scope` is key, project or organization; no limit: removed.
  virtual void on_limit_set(const std::string& scope, const std::string& id,
                            std::optional<NanoUsd> limit) = 0;
  // Providers, routes, successors or default models: build and publish a new snapshot.
  virtual void on_routes_changed() = 0;

  // Nothing when the scope's table does not know the id.
  [[nodiscard]] virtual std::optional<limits::Meter::Reading> read_meter(
      const std::string& scope, const std::string& id) const = 0;
  // Nothing when the key has not been used since this server started.
  [[nodiscard]] virtual std::optional<std::int64_t> last_used_unix_ms(const KeyId& id) const = 0;
};

}  // namespace tg::admin
