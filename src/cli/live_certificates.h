// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/result.h"
#include "config/published.h"
#include "gateway/client_trusts.h"
#include "identity/certificates.h"
#include "store/database.h"

// The active certificates of the database (mutual TLS), as calls look at them.
//
// Threading:  load() before the workers start; set() on control threads, one at a time, as changes
//             of the control plane come.
// Errors:     one that cannot be read any more lets nobody in, and is told in the log.
namespace tg::cli {

class LiveCertificates {
 public:
  explicit LiveCertificates(store::Database& database) : database_{database} {}

  [[nodiscard]] Result<void> load();
  // All that are active in an organization now.
  void set(const identity::ActiveCertificates& active);

  [[nodiscard]] const config::Published<gateway::ClientTrusts>& trusts() const noexcept {
    return trusts_;
  }
  // As load() found it: whether any organization has one, active or not.
  [[nodiscard]] bool any() const noexcept { return any_; }

 private:
  store::Database& database_;
  config::Published<gateway::ClientTrusts> trusts_{std::make_shared<gateway::ClientTrusts>()};
  bool any_ = false;
};

}  // namespace tg::cli
