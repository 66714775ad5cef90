// SPDX-License-Identifier: Apache-2.0
#include "providers/catalogue.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tg::providers {
namespace {

std::shared_ptr<const Catalogue> embedded() {
  static const auto kCatalogue = Catalogue::load_embedded();
  return kCatalogue ? *kCatalogue : nullptr;
}

std::int64_t standard_price(const config::Model& model, config::Unit unit) {
  for (const auto& price : model.prices) {
    if (price.unit == unit && price.tier.empty() && price.above_input_tokens == 0) {
      return price.nanousd_per_million;
    }
  }
  return -1;
}

TEST(Catalogue, HoldsEveryModelThatShips) {
  ASSERT_TRUE(embedded());
  EXPECT_EQ(embedded()->size(), 2'559U);
  EXPECT_EQ(embedded()->models_of("openai").size(), 172U);
  EXPECT_TRUE(embedded()->models_of("nobody").empty());
}

TEST(Catalogue, LoadsWithinTheTimeThatAStartHas) {
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(Catalogue::load_embedded());
  const auto took = std::chrono::steady_clock::now() - start;
  RecordProperty(
      "microseconds",
      static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  // Ten times what a start may spend on it (40 ms): sanitizers and busy machines are slower.
  EXPECT_LT(took, std::chrono::milliseconds{400});
}

TEST(Catalogue, ReadsPricesLimitsAndTheDayAModelRetires) {
  const auto model = embedded()->find("openai", "gpt-4");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->retires_on, "2026-10-23");
  EXPECT_EQ(model->mode, "chat");
  EXPECT_FALSE(model->reasons);
  EXPECT_TRUE(is_retired(*model, "2026-10-23"));
  EXPECT_FALSE(is_retired(*model, "2026-10-22"));

  const auto mini = embedded()->find("openai", "gpt-5.4-mini");
  ASSERT_TRUE(mini);
  EXPECT_TRUE(mini->reasons);
  EXPECT_EQ(standard_price(*mini, config::Unit::kInputTextToken), 750'000'000);
  EXPECT_EQ(standard_price(*mini, config::Unit::kOutputTextToken), 4'500'000'000);
}

TEST(Catalogue, TellsWhatIsKeptLongerFromWhatIsKeptAsUsual) {
  const auto model = embedded()->find("openai", "gpt-6-luna");
  ASSERT_TRUE(model);
  int cache_writes = 0;
  for (const auto& price : model->prices) {
    cache_writes += price.unit == config::Unit::kCacheWriteTextToken && price.tier.empty() &&
                    price.above_input_tokens == 0;
  }
  EXPECT_EQ(cache_writes, 1);
  EXPECT_EQ(standard_price(*model, config::Unit::kCacheWriteTextToken), 125'000'000);
  EXPECT_EQ(standard_price(*model, config::Unit::kCacheWrite12hTextToken), 250'000'000);
  const auto claude = embedded()->find("anthropic", "claude-haiku-4-5");
  ASSERT_TRUE(claude);
  EXPECT_EQ(standard_price(*claude, config::Unit::kCacheWriteTextToken), 1'250'000'000);
  EXPECT_EQ(standard_price(*claude, config::Unit::kCacheWrite1hTextToken), 2'000'000'000);
  EXPECT_LT(embedded()->skipped_prices(), 100U);
}

TEST(Catalogue, PricesWhatToolsDoWithoutTakingItForAModelsPrice) {
  const auto model = embedded()->find("openai", "gpt-4.1");
  ASSERT_TRUE(model);
  const auto searches = model->prices.of(config::Unit::kWebSearchCall);
  ASSERT_EQ(searches.size(), 3U);
  EXPECT_EQ(searches[0].nanousd_per_million, 25'000'000'000'000);  // 2.5 cents each
  const auto sessions = model->prices.of(config::Unit::kCodeInterpreterSession);
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].nanousd_per_million, 30'000'000'000'000);
  EXPECT_FALSE(is_priced(*embedded()->find("openai", "container")));
  EXPECT_FALSE(model->searches);
  EXPECT_TRUE(embedded()->find("openai", "gpt-4o-search-preview")->searches);
}

TEST(Catalogue, FindsOpenAiCompletionModelsUnderOpenAi) {
  EXPECT_TRUE(embedded()->find("openai", "gpt-3.5-turbo-instruct"));
  EXPECT_FALSE(embedded()->find("groq", "gpt-3.5-turbo-instruct"));
}

TEST(Catalogue, PricesADatedNameByItsBase) {
  EXPECT_EQ(embedded()->price_for("openai", "gpt-4o-mini-2031-01-02"),
            embedded()->find("openai", "gpt-4o-mini"));
  EXPECT_EQ(embedded()->price_for("openai", "gpt-4o-2024-08-06")->name, "gpt-4o-2024-08-06");
  EXPECT_EQ(embedded()->price_for("openai", "ft:gpt-4.1-2025-04-14:acme::9x")->name,
            "ft:gpt-4.1-2025-04-14");
  EXPECT_FALSE(embedded()->price_for("openai", "acme-1"));
}

TEST(Catalogue, PricesAnUnknownUpstreamsModelAsTheDearestThatSellsIt) {
  const auto json = R"({"models":[
    {"provider":"a","model":"m","prices":[{"unit":"input_text_token","nanousd_per_million":5}]},
    {"provider":"b","model":"m","prices":[{"unit":"input_text_token","nanousd_per_million":9}]}]})";
  const auto catalogue = Catalogue::load(json);
  ASSERT_TRUE(catalogue);
  EXPECT_EQ((*catalogue)->price_for("openai", "m"), (*catalogue)->find("b", "m"));
  EXPECT_EQ((*catalogue)->price_for("a", "m"), (*catalogue)->find("a", "m"));
}

TEST(Catalogue, TakesAPriceOfZeroForNone) {
  const auto json = R"({"models":[{"provider":"a","model":"m","prices":[
    {"unit":"input_text_token","nanousd_per_million":0}]}]})";
  const auto catalogue = Catalogue::load(json);
  ASSERT_TRUE(catalogue);
  EXPECT_FALSE(is_priced(*(*catalogue)->find("a", "m")));
}

TEST(Catalogue, SkipsAndCountsUnitsOfNoKnownName) {
  const auto json = R"({"models":[{"provider":"a","model":"m","prices":[
    {"unit":"smile","nanousd_per_million":7}]}]})";
  const auto catalogue = Catalogue::load(json);
  ASSERT_TRUE(catalogue);
  EXPECT_EQ((*catalogue)->skipped_prices(), 1U);
  EXPECT_TRUE((*catalogue)->find("a", "m")->prices.empty());
}

TEST(Catalogue, RefusesWhatIsNotOne) {
  for (const auto* json :
       {"", "[]", "{", R"({"models":[1]})", R"({"models":[{"model":"m"}]})",
        R"({"models":[{"provider":"a","model":"m","prices":[{"unit":"request"}]}]})",
        R"({"models":[{"provider":"a","model":"m","prices":[
                             {"unit":"request","nanousd_per_million":0.5}]}]})",
        R"({"models":[{"provider":"a","model":"m","input_tokens_max":-1}]})"}) {
    const auto catalogue = Catalogue::load(json);
    ASSERT_FALSE(catalogue) << json;
    EXPECT_EQ(catalogue.error().code, Code::kCorrupt);
  }
}

TEST(BaseName, TakesOffADateAndAFineTuningOnly) {
  EXPECT_EQ(base_name("gpt-4o-2024-08-06"), "gpt-4o");
  EXPECT_EQ(base_name("gpt-4-0613"), "gpt-4");
  EXPECT_EQ(base_name("ft:gpt-4o:acme::9x"), "ft:gpt-4o");
  EXPECT_EQ(base_name("gpt-4o"), "");
  EXPECT_EQ(base_name("-2024-08-06"), "");
  EXPECT_EQ(base_name(""), "");
}

TEST(CatalogueProvider, KnowsWhoStandsBehindAHost) {
  EXPECT_EQ(catalogue_provider("api.groq.com"), "groq");
  EXPECT_EQ(catalogue_provider("acme.openai.azure.com"), "azure");
  EXPECT_EQ(catalogue_provider("notapi.groq.com"), "openai");
  EXPECT_EQ(catalogue_provider("127.0.0.1"), "openai");
}

}  // namespace
}  // namespace tg::providers
