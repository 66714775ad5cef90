// SPDX-License-Identifier: Apache-2.0
#include "admin/idempotency.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "admin/arguments.h"
#include "base/keyed_hash.h"
#include "identity/idempotency.h"
#include "store/sealed.h"

namespace tg::admin {
namespace {

constexpr std::chrono::minutes kAnswerAgeMax{10};
constexpr std::size_t kAnswersMax = 1000;
constexpr std::size_t kKeyBytesMax = 255;

// Who asks for what, under which name: no two read the same. Keyed, since a body may hold a
// password, which a plain hash in the database would let a thief of it guess.
std::string hash_of(const Idempotency::Request& request, const SecretBytes& pepper) {
  std::string text;
  for (const auto part : {request.caller, request.key, request.operation, request.body}) {
    text.append(std::to_string(part.size())).append(":").append(part);
  }
  auto hash = keyed_hash(pepper, text);
  wipe(text);
  return hash;
}

// A field that shows a secret once, and what to do where it comes too late.
struct OnceShown {
  std::string_view field;
  std::string_view advice;
};
constexpr auto kOnceShown = std::to_array<OnceShown>({
    {"value",
     "The secret was shown once and is not kept. If you do not have it, rotate the key, or revoke "
     "it and create another."},
    {"link",
     "The link was shown once and is not kept. If you do not have it, invite again: the newer "
     "invitation voids this one."},
    {"csrf_token",
     "The session went on under another token. If you do not have it, sign in again."},
});

// The advice for what it has removed; empty: nothing.
std::string_view remove_secrets(Json& answer) {
  std::string_view advice;
  for (auto& [field, value] : answer.items()) {
    const auto* secret = std::ranges::find(kOnceShown, field, &OnceShown::field);
    if (secret != kOnceShown.end() && value.is_string()) {
      value = nullptr;
      advice = secret->advice;
    } else if (value.is_object()) {
      if (const auto inner = remove_secrets(value); !inner.empty()) advice = inner;
    }
  }
  return advice;
}

}  // namespace

ApiResult<Json> Idempotency::once(store::Database& database, const Request& request,
                                  const Act& act) {
  if (request.key.empty() || request.key.size() > kKeyBytesMax) {
    return refuse(Code::kFieldInvalid, "An Idempotency-Key has 1 to 255 bytes.");
  }
  const identity::IdempotentRequest row{.caller = std::string{request.caller},
                                        .key = std::string{request.key},
                                        .request_hash = hash_of(request, pepper_)};
  const std::scoped_lock lock{mutex_};
  TG_API_TRY(const auto known, identity::begin_request(database, row));
  if (known && known->request_hash != row.request_hash) {
    return refuse(Code::kConflict,
                  "This Idempotency-Key was used for another request; take a new one.");
  }
  if (known) return again(request, row.request_hash, known->answer);

  auto answer = act();
  if (!answer) {
    TG_API_TRY_DONE(identity::forget_request(database, row));
    return answer;
  }
  auto stored = *answer;
  if (const auto advice = remove_secrets(stored); !advice.empty()) stored["advice"] = advice;
  TG_API_TRY_DONE(identity::end_request(database, row, stored.dump()));
  keep(request, row.request_hash, *answer);
  return answer;
}

SecretBytes Idempotency::sealing_key(std::string_view caller_secret) const {
  auto digest = keys::digest_key(caller_secret, of_this_process_);
  SecretBytes key{digest.size()};
  std::ranges::copy(digest, key.data());
  wipe({reinterpret_cast<char*>(digest.data()), digest.size()});
  return key;
}

void Idempotency::keep(const Request& request, const std::string& hash, const Json& answer) {
  const auto now = now_();
  std::erase_if(sealed_, [now](const auto& kept) { return kept.second.until <= now; });
  if (sealed_.size() >= kAnswersMax) {
    sealed_.erase(
        std::ranges::min_element(sealed_, {}, [](const auto& kept) { return kept.second.until; }));
  }
  auto text = answer.dump();
  sealed_[hash] = {.answer = store::seal(sealing_key(request.caller_secret), hash, text),
                   .until = now + kAnswerAgeMax};
  wipe(text);
}

ApiResult<Json> Idempotency::again(const Request& request, const std::string& hash,
                                   const std::string& stored) {
  if (stored.empty()) {
    return refuse(Code::kConflict,
                  "The first request with this Idempotency-Key was cut off by a stop of the "
                  "server, and may or may not have been carried out. Look for what it should have "
                  "made, then take a new key.");
  }
  const auto kept = sealed_.find(hash);
  if (kept != sealed_.end() && kept->second.until > now_()) {
    const auto opened =
        store::open_sealed(sealing_key(request.caller_secret), hash, kept->second.answer);
    // Another session of the same user has another secret.
    if (opened) return Json::parse(opened->reveal(), nullptr, /*allow_exceptions=*/false);
  }
  return Json::parse(stored, nullptr, /*allow_exceptions=*/false);
}

}  // namespace tg::admin
