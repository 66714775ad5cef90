// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "admin/live_state.h"
#include "base/result.h"
#include "config/settings.h"
#include "gateway/control_pool.h"
#include "ledger/transfer.h"
#include "net/server_tls.h"
#include "providers/catalogue.h"
#include "store/data_folder.h"
#include "store/database.h"

// The running half of `serve`: recovers the journals, fills the key table and the limits, publishes
// the snapshot, runs workers and transfer; and hears of changes that operations make.
//
// Threading:  open(), start(), set_tls() and stop() on the thread of `serve`; the LiveState on
//             control threads.
// Lifetime:   database and folder outlive it.
// Order:      recover → keys → limits with what was spent → snapshot → journals → listeners. Nobody
//             can call before what they spent earlier is on the limits.
namespace tg::cli {

// The names of those settings that a running server takes up.
[[nodiscard]] std::span<const std::string_view> live_settings() noexcept;

class DataPlane final : public admin::LiveState {
 public:
  struct Parts {
    const config::Settings& settings;
    store::Database& database;
    const store::DataFolder& folder;
    std::shared_ptr<const providers::Catalogue> catalogue;
    std::shared_ptr<const net::ServerTls> tls{};  // null: plain HTTP
  };
  [[nodiscard]] static Result<std::unique_ptr<DataPlane>> open(const Parts& parts);
  ~DataPlane() override;

  // Listens; `handler` answers everything that is not the data plane's. Calls begin with start().
  // Who knows `metrics_token` may read /metrics; nobody where it is empty.
  [[nodiscard]] Result<std::uint16_t> listen(gateway::ControlPool::Handler handler,
                                             SecretBytes metrics_token);
  // Who hears of calls that stand in the ledger now (ledger::Transfer); between listen() and
  // start().
  void set_listener(ledger::Transfer::Listener listener);
  // Who hears whose credit was booked as ended; before start().
  void set_on_credit_ended(
      std::function<void(const std::vector<ledger::CreditOwner>& owners)> on_ended);
  void start();
  // For connections from now on.
  void set_tls(const std::shared_ptr<const net::ServerTls>& tls);
  // The limits and timeouts among the settings (live_settings()), for what happens from now on.
  void apply(const config::Settings& settings);
  // Finishes what runs, up to the drain time, and brings all of it into the ledger.
  void stop();

  void on_key_changed(const keys::KeyRecord& record) override;
  void on_key_revoked(const KeyId& id) override;
  [[nodiscard]] Result<void> on_limit_set(const identity::LimitChange& change) override;
  void on_limit_removed(const identity::LimitRecord& record) override;
  void on_routes_changed() override;
  [[nodiscard]] Result<void> on_credit_changed(const ledger::CreditChange& change,
                                               const std::function<Result<void>()>& act) override;
  [[nodiscard]] std::optional<limits::Reading> read_credit(
      const ledger::CreditOwner& owner) const override;
  [[nodiscard]] std::optional<limits::Reading> read_limit(
      const identity::LimitRecord& record) const override;
  [[nodiscard]] Result<admin::LiveKey> use_key(const keys::Digest& digest, std::string_view address,
                                               std::string_view client) override;
  [[nodiscard]] std::optional<admin::LiveUse> last_use(const KeyId& id) const override;
  void on_models_changed(const identity::ProjectModels& models) override;
  [[nodiscard]] Result<void> at_cut(const ActAtCut& act) override;
  [[nodiscard]] Result<ledger::VerifyReport> verify_ledger() override;

 private:
  class Impl;
  explicit DataPlane(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::cli
