// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "base/secret_bytes.h"
#include "ledger/usage_event.h"
#include "notify/alert_pass.h"
#include "notify/unpriced_notices.h"
#include "store/database.h"

// The thread that looks at alerts: at all of them once it starts, then, a second at most after
// calls were settled, at those whose key, owner, project or organization has spent.
//
// Threading:  on_settled() from the transfer's thread, which it never holds up.
// Lifetime:   database and master key outlive it; stop() or the destructor ends it.
// Limits:     remembers 10,000 that have spent between two looks; where there are more, it looks at
//             all alerts. Of models without a price it remembers 100.
// Errors:     are logged, and looked at again after half a minute.
namespace tg::notify {

class AlertWatch {
 public:
  // `on_mail_queued` wakes whoever sends.
  AlertWatch(AlertDesk desk, std::function<void()> on_mail_queued);
  ~AlertWatch();
  AlertWatch(const AlertWatch&) = delete;
  AlertWatch& operator=(const AlertWatch&) = delete;

  void on_settled(std::span<const ledger::UsageEvent> events);
  // At those whose credit is less without a call of theirs; from any thread.
  void look_at(std::span<const std::string> ids);
  void stop();

 private:
  // What was settled since the last look.
  struct Pending {
    Spending spending;
    bool all = false;
    UnpricedCalls unpriced;

    [[nodiscard]] bool any() const { return all || !spending.empty() || !unpriced.empty(); }
    void add_unpriced(const std::string& model, const std::string& organization_id);
    void add(const std::string& id, WallTime admitted);
    void add(const Pending& others);
  };

  void run();
  [[nodiscard]] bool wait_for_pending();
  // False: something is left.
  [[nodiscard]] bool look(const Pending& pending);

  const AlertDesk desk_;
  const std::function<void()> on_mail_queued_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Pending pending_;
  std::chrono::milliseconds pause_{};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tg::notify
