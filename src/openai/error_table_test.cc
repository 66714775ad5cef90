// SPDX-License-Identifier: Apache-2.0
#include "openai/error_table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tg::openai {
namespace {

using nlohmann::json;

constexpr int kCodeCount = static_cast<int>(Code::kCancelled) + 1;

TEST(ErrorTable, EveryCodeHasARowThatSaysWhatToDo) {
  EXPECT_STREQ(name(static_cast<Code>(kCodeCount)), "unknown") << "a code after kCancelled";
  for (int i = 0; i < kCodeCount; ++i) {
    const auto& row = error_row(static_cast<Code>(i));
    EXPECT_EQ(row.code, static_cast<Code>(i));
    EXPECT_GE(row.status, 400);
    EXPECT_LT(row.status, 600);
    EXPECT_FALSE(row.type.empty());
    EXPECT_GT(row.message.size(), 20U) << name(row.code);
  }
}

TEST(ErrorTable, BodyAlwaysHasItsFourMembers) {
  const auto missing = json::parse(error_body(Code::kKeyMissing))["error"];
  EXPECT_EQ(missing["type"], "invalid_request_error");
  EXPECT_TRUE(missing["param"].is_null());
  EXPECT_TRUE(missing["code"].is_null());
  const auto model = json::parse(error_body(Code::kModelMissing))["error"];
  EXPECT_EQ(model["param"], "model");
}

TEST(ErrorTable, RevokedKeyGetsOpenAisWrongKeyError) {
  EXPECT_EQ(error_row(Code::kKeyInvalid).status, 401);
  EXPECT_EQ(error_row(Code::kKeyInvalid).openai_code, "invalid_api_key");
}

TEST(ErrorTable, SpendLimitTellsClientsNotToRetry) {
  for (const auto code :
       {Code::kKeySpendLimit, Code::kProjectSpendLimit, Code::kOrganizationSpendLimit}) {
    EXPECT_EQ(error_row(code).status, 429);
    EXPECT_EQ(error_row(code).type, "insufficient_quota");
    EXPECT_EQ(error_row(code).should_retry, false);
  }
}

TEST(ErrorTable, OnlyTheAdminApisConflictAnswers409) {
  for (int i = 0; i < kCodeCount; ++i) {
    const auto code = static_cast<Code>(i);
    EXPECT_EQ(error_row(code).status == 409, code == Code::kConflict) << name(code);
  }
}

TEST(ErrorTable, MessageWithAnyBytesIsStillJson) {
  const std::string message = "quote \" slash \\ line \n zero \x01 broken \xff\xfe";
  const auto error = json::parse(error_body(Code::kModelNotFound, message, "model"))["error"];
  EXPECT_EQ(error["message"], "quote \" slash \\ line \n zero \x01 broken ??");
  EXPECT_EQ(error["param"], "model");
}

TEST(ErrorTable, StreamEndsWithAnEventOfItsDialect) {
  const auto chat = error_event(false, Code::kUpstreamTruncated, "broke");
  ASSERT_TRUE(chat.starts_with("data: {") && chat.ends_with("}\n\n"));
  EXPECT_EQ(json::parse(chat.substr(6))["error"]["code"], "upstream_truncated");

  const auto responses = error_event(true, Code::kInternal, "broke\nhere");
  constexpr std::string_view kHead = "event: error\ndata: ";
  ASSERT_TRUE(responses.starts_with(kHead) && responses.ends_with("}\n\n"));
  const auto data = json::parse(responses.substr(kHead.size()));
  EXPECT_EQ(data["type"], "error");
  EXPECT_EQ(data["message"], "broke\nhere");
  EXPECT_TRUE(data["param"].is_null());
}

TEST(MaskKey, ShowsTheKindAndTheLastFourOnly) {
  const std::string secret(45, 'S');
  EXPECT_EQ(mask_key("sk-tg-proj-" + secret + "WXYZ"),
            "sk-tg-proj-" + std::string(40, '*') + "WXYZ");
  EXPECT_EQ(mask_key("sk-" + std::string(20, 'a') + "WXYZ"), "sk-" + std::string(20, '*') + "WXYZ");
}

TEST(MaskKey, ShortOrStrangeTextIsHiddenWhole) {
  EXPECT_EQ(mask_key("hunter2"), "*******");
  EXPECT_EQ(mask_key("sk-tg-proj-short"), "sk-tg-proj-*****");
  EXPECT_EQ(mask_key(""), "");
  EXPECT_EQ(mask_key(std::string(30, '\n')), std::string(30, '*'));
  EXPECT_LT(mask_key(std::string(100'000, 'a')).size(), 100U);
}

}  // namespace
}  // namespace tg::openai
