// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "admin/operations.h"
#include "base/clock.h"
#include "http/message.h"
#include "oidc/issuers.h"

// POST /oauth/token: a subject token of a trusted issuer for an access token of a service account
// (RFC 8693), as OpenAI's SDKs ask for it. Nobody is asked for a key here: the token is the proof.
//
// Threading:  answer() from any control thread; `done` is called before it returns, or on a thread
//             of Issuers where keys had to be fetched.
// Lifetime:   operations outlive it.
// Limits:     64 KiB of body; 100 refusals a minute from one network, then 429 without a look;
//             what Issuers and federation_tokens.h have.
// Errors:     RFC 6749's form, which the SDKs read: 400 with invalid_request,
//             unsupported_grant_type, invalid_subject_token (it does not hold) or invalid_grant (it
//             holds, and opens nothing here); 429 and 503 where it is worth trying again.
namespace tg::admin {

// How often those who come from one network were refused lately. In memory: what is refused here
// cannot be guessed, so this guards the server's time alone.
class RefusalCount {
 public:
  [[nodiscard]] bool is_full(const std::string& network, SteadyTime now);
  void add(const std::string& network, SteadyTime now);

 private:
  struct Window {
    SteadyTime began;
    int refusals = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Window> windows_;
};

class TokenExchange {
 public:
  using Done = std::move_only_function<void(http::Response)>;

  TokenExchange(Operations& operations, oidc::FetchOptions options);
  // With issuers of its own, for tests.
  TokenExchange(Operations& operations, oidc::Issuers::Fetch&& fetch);

  [[nodiscard]] static bool has(std::string_view path) noexcept { return path == "/oauth/token"; }
  void answer(http::Request request, Done done);

 private:
  struct Asked;

  void exchange(Asked asked, Done done);
  [[nodiscard]] http::Response issue(const Asked& asked, const oidc::KeySet& keys);
  [[nodiscard]] http::Response refuse_exchange(const Asked& asked, std::string_view why,
                                               std::string_view description);

  OperationContext& context_;
  RefusalCount refusals_;
  oidc::Issuers issuers_;
};

}  // namespace tg::admin
