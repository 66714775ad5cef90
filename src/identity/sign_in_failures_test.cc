// SPDX-License-Identifier: Apache-2.0
#include "identity/sign_in_failures.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "identity/audit.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using std::chrono::seconds;

class SignInFailuresTest : public TestInstance {
 protected:
  void fail_from(std::string_view address, WallTime now = kStart, bool was_refused = false,
                 std::string_view email = "ada@example.org") {
    ASSERT_TRUE(
        record_sign_in_failure(
            database(), {.email = email, .address = address, .was_refused = was_refused}, now)
            .has_value());
  }
  long long entries() {
    return count("SELECT count(*) FROM audit_log WHERE action = 'login.failed'");
  }
  nlohmann::json newest_detail() {
    return nlohmann::json::parse(list_audit(database()).value().front().entry.detail);
  }
};

TEST_F(SignInFailuresTest, AnEntryHasTheAddressAndTheAccountButNoEmail) {
  const auto owner = make_owner();
  fail_from("192.0.2.1");
  const auto record = list_audit(database(), 1).value().front();
  EXPECT_EQ(record.entry.action, "login.failed");
  EXPECT_EQ(record.actor.address, "192.0.2.1");
  EXPECT_EQ(record.entry.target, owner.id.text());
  EXPECT_EQ(record.entry.organization_id, owner.organization_id.text());
  EXPECT_EQ(record.entry.detail.find("ada"), std::string::npos);
  fail_from("192.0.2.2", kStart + seconds{1}, false, "eve@example.org");
  const auto unknown = list_audit(database(), 1).value().front();
  EXPECT_EQ(unknown.chain, "") << "nobody's organization";
  EXPECT_EQ(unknown.entry.target, "");
  EXPECT_EQ(unknown.entry.detail.find("eve"), std::string::npos);
}

TEST_F(SignInFailuresTest, GuessesOfOneAddressAreCountedAndNotEachWritten) {
  for (int i = 0; i < 100; ++i) fail_from("192.0.2.1");
  EXPECT_EQ(entries(), 3) << "the first, the tenth, the hundredth";
  EXPECT_EQ(newest_detail()["attempts_at_least"], 100);
  fail_from("192.0.2.1", kStart + kFailureWindow);
  EXPECT_EQ(entries(), 4) << "a new window";
  EXPECT_EQ(newest_detail()["attempts_at_least"], 1);
}

TEST_F(SignInFailuresTest, AFloodOfRefusedOnesIsCountedOnceASecond) {
  for (int i = 0; i < 50; ++i) fail_from("192.0.2.1", kStart, true);
  EXPECT_EQ(count("SELECT failures FROM sign_in_failures WHERE subject <> 'everyone'"), 1);
  EXPECT_EQ(newest_detail()["error_code"], "too_many_attempts");
  fail_from("192.0.2.1", kStart + seconds{1}, true);
  EXPECT_EQ(count("SELECT failures FROM sign_in_failures WHERE subject <> 'everyone'"), 2);
}

TEST_F(SignInFailuresTest, ManyAddressesDoNotWriteTheLogEither) {
  for (int i = 0; i < 300; ++i) fail_from(fmt::format("198.51.{}.{}", i / 200, i % 200));
  EXPECT_EQ(entries(), kFailureEntriesPerHour);
}

TEST_F(SignInFailuresTest, CountsAreDeletedWhenTheirWindowEnds) {
  for (int i = 0; i < 20; ++i) fail_from(fmt::format("192.0.2.{}", i));
  fail_from("192.0.2.99", kStart + kFailureWindow);
  EXPECT_EQ(count("SELECT count(*) FROM sign_in_failures"), 2);
}

}  // namespace
}  // namespace tg::identity
