// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <gtest/gtest.h>

namespace tg::http {
namespace {

Request with_fields(std::vector<OwnedField> fields) {
  Request request;
  request.fields = std::move(fields);
  return request;
}

Request with_cookies(std::string value) { return with_fields({{"Cookie", std::move(value)}}); }

Request with_query(std::string query) {
  Request request;
  request.query = std::move(query);
  return request;
}

TEST(Request, FieldIsTheFirstOfItsNameInAnyCase) {
  const Request request = with_fields({{"X-A", "1"}, {"x-a", "2"}, {"X-AB", "3"}});
  EXPECT_EQ(request.field("x-A"), "1");
  EXPECT_EQ(request.field("X-AB"), "3");
  EXPECT_EQ(request.field("X-"), "");
  EXPECT_EQ(request.field(""), "");
}

TEST(Request, CookieIsFoundByItsWholeName) {
  const Request request = with_cookies("a=1; session=x=y ;b=2; __Host-session=z;empty=");
  EXPECT_EQ(request.cookie("a"), "1");
  EXPECT_EQ(request.cookie("session"), "x=y");
  EXPECT_EQ(request.cookie("b"), "2");
  EXPECT_EQ(request.cookie("__Host-session"), "z");
  EXPECT_EQ(request.cookie("empty"), "");
  EXPECT_EQ(request.cookie("Session"), "") << "names are case-sensitive";
  EXPECT_EQ(request.cookie("sessio"), "");
  EXPECT_EQ(request.cookie("absent"), "");
}

TEST(Request, CookieIsFoundInEveryCookieField) {
  const Request request = with_fields({{"Cookie", "a=1"}, {"X", "b=3"}, {"cookie", "b=2"}});
  EXPECT_EQ(request.cookie("a"), "1");
  EXPECT_EQ(request.cookie("b"), "2");
}

TEST(Request, CookieThatStandsThereTwiceWithDifferentValuesIsNeither) {
  EXPECT_EQ(with_cookies("a=1; a=2").cookie("a"), "");
  EXPECT_EQ(with_cookies("a=; a=2").cookie("a"), "");
  EXPECT_EQ(with_cookies("a=2; a=").cookie("a"), "");
  EXPECT_EQ(with_fields({{"Cookie", "a=1"}, {"Cookie", "a=2"}}).cookie("a"), "");
  EXPECT_EQ(with_cookies("a=1; a=1").cookie("a"), "1");
}

TEST(Request, CookieFieldsOfAnyShapeAreSurvived) {
  for (const char* value : {"", ";", ";;a", "a", "=", "=1", " ; = ; ", "a;=a;"}) {
    EXPECT_EQ(with_cookies(value).cookie("a"), "") << value;
  }
}

TEST(Request, ParameterIsDecodedAndTheFirstOfItsName) {
  const Request request = with_query("a=1&b%20c=x%2By+z&a=2&empty=&bare");
  EXPECT_EQ(request.parameter("a"), "1");
  EXPECT_EQ(request.parameter("b c"), "x+y z");
  EXPECT_EQ(request.parameter("empty"), "");
  EXPECT_EQ(request.parameter("bare"), "");
  EXPECT_EQ(request.parameter("A"), std::nullopt);
  EXPECT_EQ(with_query("").parameter("a"), std::nullopt);
}

}  // namespace
}  // namespace tg::http
