// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "openai/request_peek.h"

namespace tg::openai {
namespace {

using nlohmann::ordered_json;

std::string rewritten(std::string_view body, const Rewrite& rewrite) {
  const auto peek = peek_json(Endpoint::kChatCompletions, body);
  EXPECT_TRUE(peek) << body;
  return peek ? rewrite_json(body, *peek, rewrite) : std::string{};
}

TEST(RewriteJson, ReplacesTheModelAndNoOtherByte) {
  EXPECT_EQ(
      rewritten(R"({ "a" : [1, {"model":"x"}] , "model" : "old\"}" , "b":{} })", {.model = "new"}),
      R"({ "a" : [1, {"model":"x"}] , "model" : "new" , "b":{} })");
  EXPECT_EQ(rewritten("{\"model\":null\t}", {.model = "new"}), "{\"model\":\"new\"\t}");
}

TEST(RewriteJson, ModelThatIsMissingBecomesTheFirstMember) {
  EXPECT_EQ(rewritten(R"({"n":1})", {.model = "m"}), R"({"model":"m","n":1})");
  EXPECT_EQ(rewritten("  {} ", {.model = "m"}), R"(  {"model":"m"} )");
  EXPECT_EQ(rewritten("{ \n}", {.model = "m", .include_usage = true}),
            "{\"model\":\"m\",\"stream_options\":{\"include_usage\":true} \n}");
}

TEST(RewriteJson, AskingForUsageKeepsTheOtherStreamOptions) {
  const Rewrite usage{.include_usage = true};
  EXPECT_EQ(rewritten(R"({"n":1})", usage), R"({"stream_options":{"include_usage":true},"n":1})");
  EXPECT_EQ(rewritten(R"({"stream_options":null})", usage),
            R"({"stream_options":{"include_usage":true}})");
  EXPECT_EQ(rewritten(R"({"stream_options":{ }})", usage),
            R"({"stream_options":{"include_usage":true }})");
  EXPECT_EQ(rewritten(R"({"stream_options":{"a":[1,2]}})", usage),
            R"({"stream_options":{"include_usage":true,"a":[1,2]}})");
  EXPECT_EQ(rewritten(R"({"stream_options":{"a":{},"include_usage": false ,"b":0}})", usage),
            R"({"stream_options":{"a":{},"include_usage": true ,"b":0}})");
}

TEST(RewriteJson, CapTakesThePlaceOfEveryFieldThatLimitsTheOutput) {
  const Rewrite cap{.output_tokens_max = 300, .output_limit_name = "max_tokens"};
  EXPECT_EQ(rewritten(R"({"max_tokens":9000,"n":1,"max_completion_tokens":null})", cap),
            R"({"max_tokens":300,"n":1,"max_completion_tokens":300})");
  EXPECT_EQ(rewritten(R"({"n":1})", cap), R"({"max_tokens":300,"n":1})");
  EXPECT_EQ(rewritten("{}", cap), R"({"max_tokens":300})");
}

TEST(RewriteJson, ATierAndStoreAreReplacedOrPutFirst) {
  const Rewrite forced{.service_tier = "priority", .store_nothing = true};
  EXPECT_EQ(rewritten(R"({"n":1})", forced), R"({"service_tier":"priority","store":false,"n":1})");
  EXPECT_EQ(rewritten(R"({"store": true ,"service_tier":null})", forced),
            R"({"store": false ,"service_tier":"priority"})");
  EXPECT_EQ(rewritten(R"({"service_tier":"auto"})", {.service_tier = "default"}),
            R"({"service_tier":"default"})");
  EXPECT_FALSE(Rewrite{}.changes());
  EXPECT_TRUE(Rewrite{.service_tier = "flex"}.changes() &&
              Rewrite{.store_nothing = true}.changes());
}

TEST(RewriteJson, ModelNameIsEscaped) {
  const auto out = rewritten(R"({"model":"m"})", {.model = "a\"b\\c\nd"});
  EXPECT_EQ(ordered_json::parse(out)["model"], "a\"b\\c\nd");
}

TEST(RewriteJson, NothingToChangeLeavesEveryByte) {
  constexpr std::string_view kBody = " { \"model\" : \"m\" } ";
  EXPECT_EQ(rewritten(kBody, {}), kBody);
}

class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_{seed} {}

  std::string body() {
    std::vector<std::string> members;
    for (int i = pick(4); i > 0; --i) members.push_back(quote("k" + std::to_string(i)) + value(0));
    if (pick(2) == 0) members.push_back(quote("model") + (pick(4) == 0 ? "null" : text()));
    if (pick(2) == 0) members.push_back(quote("stream_options") + options());
    std::ranges::shuffle(members, random_);
    return wrap('{', members, '}') + space();
  }

 private:
  int pick(int below) { return std::uniform_int_distribution{0, below - 1}(random_); }
  std::string space() { return std::string(static_cast<std::size_t>(pick(3)), " \n\t"[pick(3)]); }
  std::string quote(std::string_view key) {
    return space() + "\"" + std::string{key} + "\"" + space() + ":" + space();
  }
  std::string text() {
    static constexpr const char* kTexts[] = {
        R"("")",        R"("plain")",         R"("\"}],{")",
        R"("\\")",      R"("model\":\"x")",   R"("é\u00e9\\\"")",
        R"("\\\\\"{")", R"("stream_options")"};
    return kTexts[pick(8)];
  }
  std::string options() {
    if (pick(4) == 0) return "null";
    std::vector<std::string> members;
    if (pick(2) == 0) members.push_back(quote("x") + value(0));
    if (pick(2) == 0) members.push_back(quote("include_usage") + (pick(2) ? "true" : "false"));
    if (pick(2) == 0) members.push_back(quote("y") + value(0));
    return wrap('{', members, '}');
  }
  std::string value(int depth) {
    const int kind = depth > 3 ? pick(4) : pick(6);
    if (kind == 0) return text();
    if (kind == 1) return "-1.5e3";
    if (kind == 2) return "true";
    if (kind == 3) return "null";
    std::vector<std::string> items;
    for (int i = pick(4); i > 0; --i) {
      items.push_back((kind == 4 ? quote("model" + std::to_string(i)) : "") + value(depth + 1));
    }
    return kind == 4 ? wrap('{', items, '}') : wrap('[', items, ']');
  }
  std::string wrap(char open, const std::vector<std::string>& items, char close) {
    std::string out = space() + open;
    for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "" : ",") + items[i] + space();
    return out + close;
  }

  std::mt19937_64 random_;
};

TEST(RewriteJson, OtherMembersOfAnyBodyStayEqual) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomJson random{seed};
  for (int round = 0; round < 5000; ++round) {
    const auto body = random.body();
    const auto out = rewritten(body, {.model = "to", .include_usage = true});
    auto before = ordered_json::parse(body);
    auto after = ordered_json::parse(out);
    ASSERT_EQ(after["model"], "to") << body;
    ASSERT_EQ(after["stream_options"]["include_usage"], true) << body;
    if (before.contains("stream_options") && before["stream_options"].is_object()) {
      before["stream_options"].erase("include_usage");
      after["stream_options"].erase("include_usage");
      ASSERT_EQ(before["stream_options"], after["stream_options"]) << body;
    }
    for (const auto* name : {"model", "stream_options"}) {
      before.erase(name);
      after.erase(name);
    }
    ASSERT_EQ(before, after) << body;
  }
}

}  // namespace
}  // namespace tg::openai
