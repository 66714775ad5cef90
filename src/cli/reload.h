// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "cli/data_plane.h"
#include "cli/invocation.h"
#include "net/server_tls.h"

// What a running server takes up without a restart, by SIGHUP: the certificate and its key, the log
// level, timeouts and limits (live_settings()); all of it or nothing. Other settings that were
// changed are named in the log and wait for a restart. A mistake in any file leaves all as it was,
// and is told in the log.
//
// Threading:  the main thread.
namespace tg::cli {

using LoadedTls = std::expected<std::shared_ptr<const net::ServerTls>, std::string>;

// Null where the settings name no certificate.
[[nodiscard]] LoadedTls load_tls(const config::Settings& settings);

class Reload {
 public:
  // All of them outlive it; `running` is what the server was started with.
  Reload(const Invocation& invocation, const config::LoadedSettings& running, DataPlane& plane,
         std::shared_ptr<const net::ServerTls> tls);

  void read_again();
  // Tickets of before cost their holders a full handshake; what was recorded is safe from the keys
  // of today.
  void renew_ticket_keys();

 private:
  [[nodiscard]] bool read_certificate_again(const config::LoadedSettings& read);
  void use(std::shared_ptr<const net::ServerTls> tls);

  const Invocation& invocation_;
  const config::LoadedSettings& running_;
  DataPlane& plane_;
  std::vector<config::SettingValue> last_;  // that were taken up
  std::shared_ptr<const net::ServerTls> tls_;
};

}  // namespace tg::cli
