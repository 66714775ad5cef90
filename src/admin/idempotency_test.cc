// SPDX-License-Identifier: Apache-2.0
#include "admin/idempotency.h"

#include <soci/soci.h>

#include "admin/test_instance.h"

namespace tg::admin {
namespace {

class IdempotencyTest : public TestInstance {
 protected:
  static Idempotency::Request request(std::string_view key = "k1", std::string_view body = "{}") {
    return {.key = key,
            .caller = "user-1",
            .caller_secret = "the session's token",
            .operation = "POST /v1/tollgate/keys",
            .body = body};
  }
  ApiResult<Json> once(const Idempotency::Request& request) {
    return idempotency_.once(*database_, request, [this]() -> ApiResult<Json> {
      ++acts_;
      return Json{{"id", acts_}, {"api_key", {{"value", "sk-tg-secret"}}}};
    });
  }

  Idempotency idempotency_{folder_->pepper()};
  int acts_ = 0;
};

TEST_F(IdempotencyTest, TheSecondTimeGetsTheFirstAnswer) {
  const auto first = once(request()).value();
  EXPECT_EQ(once(request()).value(), first);
  EXPECT_EQ(acts_, 1);
  EXPECT_EQ(once(request("k2")).value()["id"], 2);
}

TEST_F(IdempotencyTest, AfterTenMinutesTheSecretIsGone) {
  auto now = std::chrono::steady_clock::now();
  idempotency_.set_clock([&now] { return now; });
  ASSERT_TRUE(once(request()));
  now += std::chrono::minutes{10} - std::chrono::seconds{1};
  EXPECT_EQ(once(request()).value()["api_key"]["value"], "sk-tg-secret");
  now += std::chrono::seconds{1};
  const auto late = once(request()).value();
  EXPECT_EQ(late["id"], 1);
  EXPECT_TRUE(late["api_key"]["value"].is_null());
  EXPECT_TRUE(late["advice"].get<std::string>().contains("rotate"));
  EXPECT_EQ(acts_, 1);
}

TEST_F(IdempotencyTest, NoLinkAndNoTokenOutlivesTheAnswer) {
  for (const auto* field : {"link", "csrf_token"}) {
    const auto act = [field]() -> ApiResult<Json> { return Json{{field, "once-shown"}}; };
    EXPECT_EQ(idempotency_.once(*database_, request(field), act).value()[field], "once-shown");
    Idempotency restarted{folder_->pepper()};
    const auto again = restarted.once(*database_, request(field), act).value();
    EXPECT_TRUE(again[field].is_null()) << again;
    EXPECT_FALSE(again["advice"].get<std::string>().empty());
  }
}

TEST_F(IdempotencyTest, WhoHasTheDatabaseAloneCannotTestAGuessOfTheBody) {
  ASSERT_TRUE(once(request()));
  const auto other_pepper = SecretBytes::random(keys::kPepperBytes);
  Idempotency elsewhere{other_pepper};
  const auto again = elsewhere.once(*database_, request(), [] { return Json::object(); });
  EXPECT_EQ(again.error().code, Code::kConflict) << "the hash does not depend on the pepper";
}

TEST_F(IdempotencyTest, ARestartForgetsTheSecretAndNotTheAct) {
  ASSERT_TRUE(once(request()));
  Idempotency restarted{folder_->pepper()};
  const auto again = restarted.once(*database_, request(), []() -> ApiResult<Json> {
    ADD_FAILURE() << "carried out twice";
    return Json::object();
  });
  EXPECT_EQ(again.value()["id"], 1);
  EXPECT_TRUE(again.value()["api_key"]["value"].is_null());
}

TEST_F(IdempotencyTest, OnlyTheSameSecretOpensTheAnswer) {
  ASSERT_TRUE(once(request()));
  auto other = request();
  other.caller_secret = "another session";
  EXPECT_TRUE(once(other).value()["api_key"]["value"].is_null());
  EXPECT_EQ(acts_, 1);
}

TEST_F(IdempotencyTest, AnotherCallersSameKeyIsAnotherRequest) {
  ASSERT_TRUE(once(request()));
  auto other = request();
  other.caller = "user-2";
  EXPECT_EQ(once(other).value()["id"], 2);
}

TEST_F(IdempotencyTest, TheSameKeyForAnotherRequestIsRefused) {
  ASSERT_TRUE(once(request()));
  const auto other = once(request("k1", R"({"name":"x"})"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kConflict);
  EXPECT_EQ(once(request("")).error().code, Code::kFieldInvalid);
  EXPECT_EQ(once(request(std::string(256, 'k'))).error().code, Code::kFieldInvalid);
}

TEST_F(IdempotencyTest, WhatWasRefusedMayComeAgain) {
  const auto refused = idempotency_.once(
      *database_, request(), []() -> ApiResult<Json> { return refuse(Code::kFieldInvalid, "no"); });
  EXPECT_FALSE(refused);
  EXPECT_TRUE(once(request()));
  EXPECT_EQ(acts_, 1);
}

TEST_F(IdempotencyTest, WhatWasCutOffIsNotGuessedAt) {
  ASSERT_TRUE(once(request()));
  TG_CHECK(database_->write([](soci::session& session) -> Result<void> {
    session << "UPDATE idempotent_creates SET answer = ''";
    return {};
  }));
  const auto again = once(request());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
}

}  // namespace
}  // namespace tg::admin
