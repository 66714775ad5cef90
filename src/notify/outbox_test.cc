// SPDX-License-Identifier: Apache-2.0
#include "notify/outbox.h"

#include <soci/soci.h>

#include "identity/test_instance.h"

namespace tg::notify {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class OutboxTest : public identity::TestInstance {
 protected:
  Result<void> queue(WallTime now = kStart) { return queue_mail(database(), key_, kMail, now); }
  std::optional<QueuedMail> next(WallTime now = kStart) {
    return next_mail(database(), key_, now).value();
  }

  const SecretBytes key_{std::string_view{"0123456789abcdef0123456789abcdef"}};
  const Mail kMail{.to = "ada@example.org", .subject = "s", .text = "token=SECRET-TOKEN"};
};

TEST_F(OutboxTest, MailIsKeptSealedAndGoneOnceSent) {
  ASSERT_TRUE(queue().has_value());
  for (const auto* word : {"ada", "SECRET"}) {
    EXPECT_EQ(count(std::string{"SELECT count(*) FROM outbox WHERE sealed LIKE '%"} + word + "%'"),
              0);
  }
  const auto due = next();
  ASSERT_TRUE(due.has_value());
  EXPECT_EQ(due->mail.text, kMail.text);
  ASSERT_TRUE(remove_sent_mail(database(), due->id).has_value());
  EXPECT_FALSE(next().has_value());
  EXPECT_EQ(count("SELECT count(*) FROM outbox"), 0);
}

TEST_F(OutboxTest, FailedMailIsTriedLaterAndEverMoreSeldom) {
  ASSERT_TRUE(queue().has_value());
  auto due = next();
  const Error error{Code::kUpstreamTimeout, "the mail server did not answer in time"};
  ASSERT_TRUE(note_failed_mail(database(), *due, error, kStart).has_value());
  EXPECT_FALSE(next(kStart + seconds{9}).has_value());
  due = next(kStart + seconds{10});
  ASSERT_TRUE(due.has_value());
  EXPECT_EQ(due->attempts, 1);
  ASSERT_TRUE(note_failed_mail(database(), *due, error, kStart + seconds{10}).has_value());
  EXPECT_EQ(next_mail_time(database()).value().value(), kStart + seconds{70});
  EXPECT_EQ(outbox_state(database()).value().last_error, error.detail);
}

TEST_F(OutboxTest, MailIsErasedWhenItIsGivenUp) {
  ASSERT_TRUE(queue().has_value());
  ASSERT_TRUE(
      note_failed_mail(database(), *next(), {Code::kFieldInvalid, "refused"}, kStart).has_value());
  ASSERT_TRUE(queue().has_value());
  ASSERT_TRUE(note_failed_mail(database(), *next(), {Code::kUpstreamTimeout, "no answer"},
                               kStart + hours{24})
                  .has_value());
  EXPECT_EQ(count("SELECT count(*) FROM outbox WHERE sealed <> ''"), 0);
  EXPECT_EQ(outbox_state(database()).value().given_up, 2);
  EXPECT_FALSE(next(kStart + hours{48}).has_value());
  ASSERT_TRUE(queue(kStart + hours{9 * 24}).has_value());
  EXPECT_EQ(outbox_state(database()).value().given_up, 0) << "forgotten after a week";
}

TEST_F(OutboxTest, OutboxIsBounded) {
  run_sql(
      "INSERT INTO outbox (id, sealed, created_unix_ms, next_unix_ms)"
      " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
      " SELECT 'mail_' || i, 'x', 0, 9999999999999 FROM n");
  const auto refused = queue();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kOverloaded);
}

TEST_F(OutboxTest, MailOfAnotherMasterKeyIsGivenUpAndBlocksNothing) {
  const SecretBytes other{std::string_view{"another-key-of-exactly-32-bytes!"}};
  ASSERT_TRUE(queue_mail(database(), other, kMail, kStart - seconds{1}).has_value());
  ASSERT_TRUE(queue().has_value());
  EXPECT_FALSE(next().has_value());
  EXPECT_TRUE(next().has_value());
}

}  // namespace
}  // namespace tg::notify
