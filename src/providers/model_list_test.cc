// SPDX-License-Identifier: Apache-2.0
#include "providers/model_list.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tg::providers {
namespace {

using Names = std::vector<std::string>;

TEST(ModelList, ReadsOpenAisFormInItsOrder) {
  const auto models = parse_model_list(
      R"({"object":"list","data":[{"id":"gpt-4o","object":"model","created":1,"owned_by":"x"},
          {"id":"meta-llama/Llama-3:free"}]})");
  ASSERT_TRUE(models);
  EXPECT_EQ(*models, (Names{"gpt-4o", "meta-llama/Llama-3:free"}));
}

TEST(ModelList, ReadsABareArray) {
  EXPECT_EQ(*parse_model_list(R"([{"id":"a"},{"name":"b"}])"), (Names{"a", "b"}));
}

TEST(ModelList, MayBeEmpty) { EXPECT_TRUE(parse_model_list(R"({"data":[]})")->empty()); }

TEST(ModelList, NamesEachModelOnce) {
  EXPECT_EQ(*parse_model_list(R"([{"id":"a"},{"id":"b"},{"id":"a"}])"), (Names{"a", "b"}));
}

TEST(ModelList, RefusesWhatIsNoList) {
  for (const auto* body :
       {"", "<html>", "{}", R"({"data":{}})", R"({"data":[1]})", R"({"data":[{"id":1}]})",
        R"([{"id":""}])", R"([{"id":"a b"}])", R"([{"id":"a\n"}])", R"({"data":null})"}) {
    const auto models = parse_model_list(body);
    ASSERT_FALSE(models) << body;
    EXPECT_EQ(models.error().code, Code::kUpstreamProtocol);
  }
}

TEST(ModelList, RefusesMoreThanItsLimitInsteadOfCutting) {
  std::string body = "[";
  for (std::size_t i = 0; i < kListedModelsMax; ++i) body += fmt::format("{{\"id\":\"m{}\"}},", i);
  body.back() = ']';
  ASSERT_TRUE(parse_model_list(body));
  body.back() = ',';
  body += "{\"id\":\"one-more\"}]";
  EXPECT_FALSE(parse_model_list(body));
}

TEST(ModelList, RefusesANameBeyondItsLimit) {
  EXPECT_TRUE(is_model_name(std::string(kModelNameBytesMax, 'm')));
  EXPECT_FALSE(is_model_name(std::string(kModelNameBytesMax + 1, 'm')));
}

}  // namespace
}  // namespace tg::providers
