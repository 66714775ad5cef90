// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "admin/api_error.h"
#include "base/clock.h"
#include "base/secret_bytes.h"
#include "keys/digest.h"
#include "store/database.h"

// A change that is asked for twice with the same Idempotency-Key happens once. For ten minutes the
// second one gets the first one's answer, secrets and all; that is kept in memory only, sealed with
// a key that comes from the caller's own secret. After that, or after a restart, it gets the same
// answer without the secret and the advice to rotate it.
//
// Threading:  any control thread; one such request after the other.
// Limits:     1,000 sealed answers; more push out the oldest. Keys of 1 to 255 bytes. 24 hours.
// Errors:     kFieldInvalid (the key), kConflict (the same key with another request, or one whose
//             end is not known because the server stopped in the middle of it).
namespace tg::admin {

class Idempotency {
 public:
  struct Request {
    std::string_view key;            // the header's value
    std::string_view caller;         // a key's or user's id
    std::string_view caller_secret;  // what they showed
    std::string_view operation;      // method and path
    std::string_view body;
  };
  using Act = std::function<ApiResult<Json>()>;

  // `pepper` outlives it.
  explicit Idempotency(const SecretBytes& pepper) : pepper_{pepper} {}

  [[nodiscard]] ApiResult<Json> once(store::Database& database, const Request& request,
                                     const Act& act);

  // For tests.
  void set_clock(std::function<SteadyTime()> now) { now_ = std::move(now); }

 private:
  struct Sealed {
    std::string answer;
    SteadyTime until;
  };

  // Only who shows the same secret again can open what was sealed with it.
  [[nodiscard]] SecretBytes sealing_key(std::string_view caller_secret) const;
  void keep(const Request& request, const std::string& hash, const Json& answer);
  [[nodiscard]] ApiResult<Json> again(const Request& request, const std::string& hash,
                                      const std::string& stored);

  const SecretBytes& pepper_;
  const SecretBytes of_this_process_ = SecretBytes::random(keys::kPepperBytes);
  std::mutex mutex_;
  std::unordered_map<std::string, Sealed> sealed_;  // by the request's hash
  std::function<SteadyTime()> now_ = [] { return std::chrono::steady_clock::now(); };
};

}  // namespace tg::admin
