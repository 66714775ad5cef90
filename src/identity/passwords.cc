// SPDX-License-Identifier: Apache-2.0
#include "identity/passwords.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <future>

#include "identity/common_passwords.h"
#include "identity/text_rules.h"

namespace tg::identity {
namespace {

constexpr std::size_t kCharactersMin = 12;
constexpr std::size_t kBytesMax = 1024;

// The hash of 32 random bytes that nobody kept, with the parameters above: what is computed for a
// user who does not exist, so that the time taken says nothing.
constexpr const char* kNobodysHash =
    "$argon2id$v=19$m=65536,t=2,p=1$NSLM5Qa76nzU8g/"
    "4P9vyDQ$Ag0NXP9bXrOVk7foS5PZXoYKGjS1RZDwnrdO6+ECJbk";

// libsodium takes no null pointer, not even for nothing.
const char* text_of(const SecretBytes& password) {
  return password.empty() ? "" : password.reveal().data();
}

// As far as people count: bytes that continue a character of UTF-8 are none of their own.
std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80 ? 1 : 0;
  return count;
}

bool names_its_account(std::string_view password, std::string_view email) {
  const auto local = to_lower_ascii(email.substr(0, email.find('@')));
  // Shorter ones are in many good passwords by chance.
  return local.size() >= 4 && password.contains(local);
}

// The whole name, or a word of it that is long enough to be no chance.
bool names_its_organization(std::string_view password, std::string_view organization_name) {
  constexpr std::size_t kWordMin = 5;
  const auto name = to_lower_ascii(organization_name);
  if (name.size() >= 4 && password.contains(name)) return true;
  std::string_view rest = name;
  while (!rest.empty()) {
    const auto word = rest.substr(0, rest.find(' '));
    const bool telling = word.size() >= kWordMin && word != "organization" && word != "company";
    if (telling && password.contains(word)) return true;
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return false;
}

}  // namespace

Result<void> check_password_policy(std::string_view password, std::string_view email,
                                   std::string_view organization_name) {
  if (password.size() > kBytesMax) {
    return fail(Code::kFieldInvalid, "the password must have at most 1024 bytes");
  }
  if (count_characters(password) < kCharactersMin) {
    return fail(Code::kFieldInvalid, "the password must have at least 12 characters");
  }
  auto lower = to_lower_ascii(password);
  const bool names_account = names_its_account(lower, email);
  const bool names_product = lower.contains("tollgate");
  const bool names_organization = names_its_organization(lower, organization_name);
  const bool is_common = is_common_password(lower);
  wipe(lower);
  if (names_account) {
    return fail(Code::kFieldInvalid, "the password must not contain your e-mail address's name");
  }
  if (names_product) {
    return fail(Code::kFieldInvalid, "the password must not contain the word tollgate");
  }
  if (names_organization) {
    return fail(Code::kFieldInvalid, "the password must not contain your organization's name");
  }
  if (is_common) {
    return fail(Code::kFieldInvalid,
                "this password is among those that are guessed first; choose another");
  }
  return {};
}

PasswordHasher::PasswordHasher() : thread_{[this] { work(); }} {}

PasswordHasher::~PasswordHasher() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

Result<std::string> PasswordHasher::hash(const SecretBytes& password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  int status = -1;
  TG_TRY_DONE(run([&] {
    status = crypto_pwhash_str_alg(text.data(), text_of(password), password.size(), kPasses,
                                   kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13);
  }));
  if (status != 0) return fail(Code::kOverloaded, "no memory to hash a password");
  return std::string{text.data()};
}

Result<bool> PasswordHasher::verify(const SecretBytes& password, const std::string& hash) {
  const bool exists = !hash.empty();
  const char* expected = exists ? hash.c_str() : kNobodysHash;
  int status = -1;
  TG_TRY_DONE(run(
      [&] { status = crypto_pwhash_str_verify(expected, text_of(password), password.size()); }));
  return exists && status == 0;
}

// The caller waits until the job is done, so the job may refer to the caller's variables. The
// promise has two owners: set_value() may still be at work in it when the caller has woken up.
Result<void> PasswordHasher::run(const std::function<void()>& job) {
  const auto finished = std::make_shared<std::promise<void>>();
  const auto done = finished->get_future();
  {
    const std::scoped_lock lock{mutex_};
    if (stopping_) return fail(Code::kShuttingDown, "the server is stopping");
    if (queue_.size() >= kQueueMax) {
      return fail(Code::kTooManyAttempts, "too many people are signing in; try again");
    }
    queue_.push_back([&job, finished] {
      job();
      finished->set_value();
    });
  }
  arrived_.notify_one();
  done.wait();
  return {};
}

void PasswordHasher::work() {
  std::unique_lock lock{mutex_};
  while (true) {
    arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const auto job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace tg::identity
