// SPDX-License-Identifier: Apache-2.0
#include "identity/throttle.h"

#include <arpa/inet.h>
#include <soci/soci.h>

#include <array>
#include <cstring>

#include "identity/people.h"
#include "identity/token.h"

namespace tg::identity {
namespace {

std::string account_subject(std::string_view email) {
  const auto folded = fold_email(email);
  return hash_text("account " + (folded ? *folded : std::string{email}));
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

}  // namespace

// Who has one IPv6 address has its whole /64.
std::string address_subject(std::string_view address) {
  const std::string text{address};
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return hash_text("address " + text);
  constexpr std::string_view kMappedPrefix{"\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12};
  const std::string_view all{bytes.data(), bytes.size()};
  if (!all.starts_with(kMappedPrefix)) {
    return hash_text("network " + std::string{all.substr(0, 8)});
  }
  std::array<char, INET_ADDRSTRLEN> plain{};
  ::inet_ntop(AF_INET, bytes.data() + kMappedPrefix.size(), plain.data(), plain.size());
  return hash_text(std::string{"address "} + plain.data());
}

Result<void> count_attempt(store::Database& database, std::string_view email,
                           std::string_view address, WallTime now) {
  const auto account = account_subject(email);
  const auto network = address_subject(address);
  const long long now_ms = to_unix_ms(now);
  const long long window_start = to_unix_ms(now - kAttemptWindow);
  return database.write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM sign_in_attempts WHERE at_unix_ms <= :start", soci::use(window_start);
    if (count_attempts(session, account) >= kAttemptsPerAccount ||
        count_attempts(session, network) >= kAttemptsPerAddress) {
      return fail(Code::kTooManyAttempts, "too many attempts to sign in; wait 15 minutes");
    }
    insert_attempt(session, account, now_ms);
    insert_attempt(session, network, now_ms);
    return {};
  });
}

Result<void> forget_attempts(store::Database& database, std::string_view email) {
  const auto account = account_subject(email);
  return database.write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM sign_in_attempts WHERE subject = :subject", soci::use(account);
    return {};
  });
}

}  // namespace tg::identity
