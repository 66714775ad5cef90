// SPDX-License-Identifier: Apache-2.0
#include "identity/throttle.h"

#include <arpa/inet.h>
#include <soci/soci.h>

#include <array>
#include <string>
#include <vector>

#include "identity/people.h"
#include "identity/token.h"

namespace tg::identity {
namespace {

struct Counter {
  std::string subject;
  int most = 0;
};

std::string folded(std::string_view email) {
  return fold_email(email).value_or(std::string{email});
}

Counter account_counter(const Attempt& attempt) {
  return {hash_text("account " + folded(attempt.email)), kAttemptsPerAccount};
}

Counter narrow_counter(const Attempt& attempt) {
  const auto network = network_of(attempt.address);
  return {hash_text("account " + folded(attempt.email) + " from " + network),
          kAttemptsPerAccountAndAddress};
}

Counter device_counter(const Attempt& attempt) {
  return {hash_text("device " + std::string{attempt.known_device}), kAttemptsPerDevice};
}

std::vector<Counter> counters_of(const Attempt& attempt) {
  if (!attempt.known_device.empty()) return {device_counter(attempt)};
  return {account_counter(attempt),
          narrow_counter(attempt),
          {hash_text("address " + network_of(attempt.address)), kAttemptsPerAddress}};
}

int count_attempts(soci::session& session, const std::string& subject) {
  int count = 0;
  session << "SELECT count(*) FROM sign_in_attempts WHERE subject = :subject", soci::use(subject),
      soci::into(count);
  return count;
}

void insert_attempt(soci::session& session, const std::string& subject, long long now_ms) {
  session << "INSERT INTO sign_in_attempts (subject, at_unix_ms) VALUES (:subject, :now)",
      soci::use(subject), soci::use(now_ms);
}

Result<void> count(store::Database& database, const std::vector<Counter>& counters, WallTime now) {
  const long long now_ms = to_unix_ms(now);
  const long long window_start = to_unix_ms(now - kAttemptWindow);
  return database.write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM sign_in_attempts WHERE at_unix_ms <= :start", soci::use(window_start);
    for (const auto& counter : counters) {
      if (count_attempts(session, counter.subject) >= counter.most) {
        return fail(Code::kTooManyAttempts, "too many attempts; wait 15 minutes");
      }
    }
    for (const auto& counter : counters) insert_attempt(session, counter.subject, now_ms);
    return {};
  });
}

Result<void> forget(store::Database& database, const std::vector<Counter>& counters) {
  return database.write([&](soci::session& session) -> Result<void> {
    for (const auto& counter : counters) {
      session << "DELETE FROM sign_in_attempts WHERE subject = :subject",
          soci::use(counter.subject);
    }
    return {};
  });
}

std::vector<Counter> counters_of(const Use& use) {
  return {{hash_text(std::string{use.purpose} + " " + std::string{use.subject}), use.most}};
}

}  // namespace

std::string address_subject(std::string_view address) {
  return hash_text("address " + network_of(address));
}

std::string network_of(std::string_view address) {
  std::string text{address};
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  constexpr std::string_view kMappedPrefix{"\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12};
  const std::string_view all{bytes.data(), bytes.size()};
  // Who has one IPv6 address has its whole /64.
  if (!all.starts_with(kMappedPrefix)) return "network " + std::string{all.substr(0, 8)};
  std::array<char, INET_ADDRSTRLEN> plain{};
  ::inet_ntop(AF_INET, bytes.data() + kMappedPrefix.size(), plain.data(), plain.size());
  return plain.data();
}

Result<void> count_attempt(store::Database& database, const Attempt& attempt, WallTime now) {
  return count(database, counters_of(attempt), now);
}

Result<void> forget_attempts(store::Database& database, const Attempt& attempt) {
  auto counters = std::vector{account_counter(attempt), narrow_counter(attempt)};
  if (!attempt.known_device.empty()) counters.push_back(device_counter(attempt));
  return forget(database, counters);
}

Result<void> count_use(store::Database& database, const Use& use, WallTime now) {
  return count(database, counters_of(use), now);
}

Result<void> forget_uses(store::Database& database, const Use& use) {
  return forget(database, counters_of(use));
}

}  // namespace tg::identity
