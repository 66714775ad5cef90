// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "base/secret_bytes.h"

// Passwords: what we accept, and their Argon2id hashes.
//
// Threading:  hash() and verify() from any control thread; they wait for the one thread that
// hashes,
//             so that a flood of sign-ins takes one core and 64 MiB, never more.
// Limits:     16 wait; who comes later gets kTooManyAttempts at once.
// Lifetime:   outlives its callers; the destructor lets waiting ones finish.
namespace tg::identity {

// kFieldInvalid, and the text says why: 12 characters at least, 1024 bytes at most, not one of the
// common ones, and neither the e-mail's local part nor the names of the product and of the
// organization in it. Nothing about capitals or digits: that makes passwords worse. The bytes are
// hashed as they come.
[[nodiscard]] Result<void> check_password_policy(std::string_view password, std::string_view email,
                                                 std::string_view organization_name = {});

class PasswordHasher {
 public:
  // OWASP's least for Argon2id is 19 MiB and two passes.
  static constexpr unsigned long long kPasses = 2;
  static constexpr std::size_t kMemoryBytes = 64 << 20;
  static constexpr std::size_t kQueueMax = 16;

  PasswordHasher();
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  [[nodiscard]] Result<std::string> hash(const SecretBytes& password);
  // An empty hash stands for a user who does not exist: takes as long as any other and is false.
  [[nodiscard]] Result<bool> verify(const SecretBytes& password, const std::string& hash);

 private:
  Result<void> run(const std::function<void()>& job);
  void work();

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tg::identity
