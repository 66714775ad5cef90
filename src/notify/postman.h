// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "notify/mail_settings.h"
#include "store/database.h"

// The thread that brings the outbox to the mail server, one mail after the other.
//
// Threading:  wake() from any thread.
// Lifetime:   database and master key outlive it; the destructor ends what is being sent within a
//             second, and the mail stays in the outbox.
// Errors:     are logged and stand with the mail in the outbox; see outbox.h for when it is tried
//             again. The database being away is tried again after half a minute.
namespace tg::notify {

class Postman {
 public:
  Postman(store::Database& database, const SecretBytes& master_key,
          std::shared_ptr<const MailSettings> settings);
  ~Postman();
  Postman(const Postman&) = delete;
  Postman& operator=(const Postman&) = delete;

  // There may be a new mail.
  void wake();

 private:
  void run();
  [[nodiscard]] bool send_next();
  void wait_for_next();

  store::Database& database_;
  const SecretBytes& master_key_;
  const std::shared_ptr<const MailSettings> settings_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace tg::notify
